package stream

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// refusedToken is part of the reason with which the server closes a connection whose
// token it doesn't accept. The close code is the normal one.
const refusedToken = "invalid token"

// handshake authenticates a new connection and subscribes it to events. It holds
// everything else that the server sends, in order.
type handshake struct {
	socket      *wsconn.Socket
	held        queue
	size        int // Size in bytes of what is held.
	unsolicited uint64

	confirmed bool // Notifications are confirmed.

	wants filter // Of the subscription that begins with this handshake, if any.
	lost  Gap    // What that lost before the first entry held.
}

func (h *handshake) run(token string, events []pb.EventType) error {
	if err := h.authenticate(token); err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	for _, event := range events {
		if err := h.socket.Send(subscribeRequest(event)); err != nil {
			return fmt.Errorf("subscribe to %s: %w", eventName(event), err)
		}
	}
	for len(events) > 0 {
		confirmed, err := h.nextConfirmation()
		if err != nil {
			return fmt.Errorf("subscribe to %s: %w", eventName(events[0]), err)
		}
		h.confirmed = h.confirmed || confirmed == pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION
		events = without(events, confirmed)
	}
	return nil
}

// refusedMetrics reports whether a handshake failed because the server has no metrics:
// it confirmed notifications, and closed the connection instead of confirming metrics.
func (h *handshake) refusedMetrics(err error) bool {
	return h.confirmed && closedDeliberately(err)
}

// closedDeliberately reports whether the server ended a connection with a close frame
// that says neither that it is going away nor that it restarts. A connection that was
// cut says nothing about the request.
func closedDeliberately(err error) bool {
	var closed *wsconn.CloseError
	if !errors.As(err, &closed) {
		return false
	}
	switch closed.Code {
	case 1001, 1012, 1013: // Going away, service restart, try again later.
		return false
	}
	return true
}

func (h *handshake) authenticate(token string) error {
	request, err := proto.Marshal(&pb.ServerMessage{Content: &pb.ServerMessage_AuthRequest{
		AuthRequest: &pb.AuthRequest{Token: token},
	}})
	if err != nil {
		return errors.New("token is not valid UTF-8")
	}
	if err := h.socket.Send(request); err != nil {
		return h.refused(err)
	}
	for {
		control, err := h.nextControl()
		if err != nil {
			return h.refused(err)
		}
		if control.GetAuthenticated() != nil {
			return nil
		}
		h.unsolicited++
	}
}

func (h *handshake) nextConfirmation() (pb.EventType, error) {
	for {
		control, err := h.nextControl()
		if err != nil {
			return 0, err
		}
		if response := control.GetSubscribeResponse(); response != nil {
			return response.GetEventType(), nil
		}
		h.unsolicited++
	}
}

// nextControl returns the next message that isn't a notification, and holds the
// notifications before it.
func (h *handshake) nextControl() (*pb.ServerMessage, error) {
	for {
		message, err := h.socket.Receive()
		if err != nil {
			return nil, err
		}
		if control := h.hold(message); control != nil {
			return control, nil
		}
	}
}

// hold keeps a message's notifications for later, within the bound of a mailbox, and
// returns a control message.
func (h *handshake) hold(message wsconn.Message) *pb.ServerMessage {
	notifications, err := decodeMessage(nil, message)
	if err != nil {
		notifications = []decode.Notification{decode.Undecodable{Reason: err.Error()}}
	}
	if len(notifications) == 0 {
		return parseControl(message)
	}
	for _, n := range notifications {
		size := sizeOf(n, message, len(notifications))
		h.held.push(entry{n, size})
		h.size += size
	}
	for h.held.count > queuedItems || h.size > queuedBytes && h.held.count > 1 {
		h.giveUp(h.held.pop())
	}
	return nil
}

// giveUp counts what is lost by a subscription that begins now. The others get a Gap
// that says that the number is unknown.
func (h *handshake) giveUp(e entry) {
	h.size -= e.size
	switch n := e.n.(type) {
	case decode.Undecodable:
		h.lost.Undecodable++
	case decode.MetricsReport:
	default:
		if h.wants.accepts(n) {
			h.lost.Dropped++
		}
	}
}

// refused marks the token as rejected if the server said so.
func (h *handshake) refused(err error) error {
	if h.socket.ClosedSaying(refusedToken) {
		return wsconn.Reject(err)
	}
	return err
}

func eventName(event pb.EventType) string {
	if event == pb.EventType_EVENT_TYPE_METRICS {
		return "metrics"
	}
	return "notifications"
}

func without(events []pb.EventType, confirmed pb.EventType) []pb.EventType {
	var left []pb.EventType
	for _, event := range events {
		if event != confirmed {
			left = append(left, event)
		}
	}
	return left
}

var errText = errors.New("stream: text message in a binary protocol")

func decodeMessage(dst []decode.Notification, message wsconn.Message) ([]decode.Notification, error) {
	if message.Text {
		return dst, errText
	}
	return decode.Append(dst, message.Data)
}

// parseControl returns a message that holds no notifications.
func parseControl(message wsconn.Message) *pb.ServerMessage {
	control := &pb.ServerMessage{}
	if err := proto.Unmarshal(message.Data, control); err != nil {
		return nil
	}
	return control
}

// subscribeRequest has no fields that could fail to be encoded.
func subscribeRequest(event pb.EventType) []byte {
	encoded, _ := proto.Marshal(&pb.ServerMessage{Content: &pb.ServerMessage_SubscribeRequest{
		SubscribeRequest: &pb.SubscribeRequest{EventType: event},
	}})
	return encoded
}
