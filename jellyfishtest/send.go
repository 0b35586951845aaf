package jellyfishtest

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// message is something to send to those who subscribed to its event.
type message struct {
	event   proto.EventType
	payload []byte
	frames  []byte
}

// Send sends notifications, a message each, to every connection that subscribed
// to notifications. A [decode.MetricsReport] goes to those that subscribed to
// metrics, a [decode.Unknown] is sent as its number and payload.
//
// If there is an error, nothing is sent. It is an error to send a notification
// without a wire form, such as a gap, a [decode.Undecodable] or a pointer to a
// notification, or text that isn't UTF-8. It is not an error if nobody has
// subscribed.
//
// The webhook of the notification's room, or else [Webhooks.URL], is called too.
// Nothing else happens: the server's rooms and their webhook URLs don't change, and
// the other nodes of a cluster aren't notified.
func (s *Server) Send(ns ...decode.Notification) error {
	messages, err := newMessages(ns)
	if err != nil {
		return err
	}
	s.rooms.mu.Lock() // What happens in rooms comes before or after, for everybody.
	defer s.rooms.mu.Unlock()
	s.deliver(messages...)
	for i, n := range ns {
		s.webhooks.notify(n, messages[i].payload)
	}
	return nil
}

// SendBatch sends notifications as one NotificationBatch, as Fishjam does, to
// every connection that subscribed to notifications. Webhooks get batches too,
// whether [Webhooks.Batch] is set or not: one for each webhook URL, with what
// goes to it. The errors are those of [Server.Send].
func (s *Server) SendBatch(ns ...decode.Notification) error {
	payload, err := encodeBatch(ns)
	if err != nil {
		return err
	}
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	s.deliver(message{notificationEvent, payload, frame(opBinary, payload)})
	s.webhooks.notifyBatch(ns)
	return nil
}

// SendMetrics sends a metrics report now to every connection that subscribed to
// metrics, in addition to the one every second. A real report is a JSON object,
// but any UTF-8 text can be sent.
func (s *Server) SendMetrics(json string) error {
	return s.Send(decode.MetricsReport{JSON: json})
}

// SendFragmented sends a notification as [Server.Send] does, as one message in
// the given number of WebSocket frames.
func (s *Server) SendFragmented(n decode.Notification, pieces int) error {
	if pieces < 1 {
		return fmt.Errorf("jellyfishtest: send a message in %d pieces: at least 1 is needed", pieces)
	}
	payload, err := encode(n)
	if err != nil {
		return err
	}
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	s.deliver(message{eventOf(n), payload, fragments(payload, pieces)})
	s.webhooks.notify(n, payload)
	return nil
}

// SendMessage sends any bytes as one binary message to every authenticated
// connection, subscribed or not: garbage, half a message, an unsolicited control
// message.
func (s *Server) SendMessage(binary []byte) {
	s.sendAll(outgoing{frames: frame(opBinary, binary)})
}

// SendText sends a text message, which a Jellyfish server never does, to every
// authenticated connection.
func (s *Server) SendText(text string) {
	s.sendAll(outgoing{frames: frame(opText, []byte(text))})
}

// SendOversized sends a binary message of the given number of bytes, all zero,
// to every authenticated connection. It takes no memory of that size.
func (s *Server) SendOversized(size int) {
	s.sendAll(outgoing{frames: frameHeader(finalBit|opBinary, size), zeros: size})
}

// Connections returns how many connections are authenticated now.
func (s *Server) Connections() int {
	count := 0
	s.eachAuthenticated(func(*subscriber) { count++ })
	return count
}

// deliver queues messages for those who subscribed to them.
func (s *Server) deliver(messages ...message) {
	s.eachAuthenticated(func(sub *subscriber) {
		for _, m := range messages {
			sub.deliver(m)
		}
	})
}

// sendAll queues o for every authenticated connection.
func (s *Server) sendAll(o outgoing) {
	s.eachAuthenticated(func(sub *subscriber) { sub.push(o) })
}

// eachAuthenticated calls f with every authenticated subscriber while it holds
// the server's mutex, so that all get everything in one order, and the
// subscriber's.
func (s *Server) eachAuthenticated(f func(*subscriber)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.subscriber != nil {
			c.subscriber.ifAuthenticated(f)
		}
	}
}

func (s *subscriber) ifAuthenticated(f func(*subscriber)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.authenticated {
		f(s)
	}
}

// newMessages encodes notifications, a message each.
func newMessages(ns []decode.Notification) ([]message, error) {
	messages := make([]message, 0, len(ns))
	for _, n := range ns {
		payload, err := encode(n)
		if err != nil {
			return nil, err
		}
		messages = append(messages, message{eventOf(n), payload, frame(opBinary, payload)})
	}
	return messages, nil
}

func eventOf(n decode.Notification) proto.EventType {
	if n.Kind() == decode.KindMetricsReport {
		return metricsEvent
	}
	return notificationEvent
}

// batchNumber is the number of NotificationBatch in ServerMessage.
const batchNumber = 33

// cutMessage is a room_created to be cut in half.
const cutMessage = "\x52\x05\x0a\x03cut"

// encode returns the bytes of a notification, a whole ServerMessage.
func encode(n decode.Notification) ([]byte, error) {
	if unknown, ok := n.(decode.Unknown); ok { // Of any number, also one that is known.
		number := protowire.Number(unknown.Number)
		if !number.IsValid() {
			return nil, fmt.Errorf("jellyfishtest: send: %d is no field number of a %T", number, n)
		}
		return member(number, []byte(unknown.Payload)), nil
	}
	message, err := decode.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("jellyfishtest: send: %w", err)
	}
	return message, nil
}

// encodeBatch returns the bytes of a batch, a whole ServerMessage.
func encodeBatch(ns []decode.Notification) ([]byte, error) {
	var messages [][]byte
	for _, n := range ns {
		message, err := encode(n)
		if err != nil {
			return nil, err
		}
		messages = append(messages, message)
	}
	return batchOf(messages), nil
}

// batchOf returns a batch of messages.
func batchOf(messages [][]byte) []byte {
	var batch []byte
	for _, message := range messages {
		batch = append(batch, member(1, message)...)
	}
	return member(batchNumber, batch)
}

// member returns a field that holds a message.
func member(number protowire.Number, payload []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), payload)
}
