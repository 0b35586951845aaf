package main

//lint:file-ignore SA1019 the deprecated path is the baseline

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	"nhooyr.io/websocket"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// The programs here don't use package stream, and guarantee nothing of what it does:
// they ignore lost connections, slow consumers and unknown messages.

// event is a notification as in a program without the library.
type event struct{ roomID, peerID, trackID, text string }

func flatten(message *pb.ServerMessage) event {
	switch content := message.Content.(type) {
	case *pb.ServerMessage_PeerConnected:
		m := content.PeerConnected
		return event{roomID: m.RoomId, peerID: m.PeerId}
	case *pb.ServerMessage_TrackAdded:
		m := content.TrackAdded
		return event{
			roomID: m.RoomId, peerID: m.GetPeerId(),
			trackID: m.GetTrack().GetId(), text: m.GetTrack().GetMetadata(),
		}
	case *pb.ServerMessage_MetricsReport:
		return event{text: content.MetricsReport.Metrics}
	}
	return event{}
}

// loop is such a program: a goroutine that reads and decodes, with channels of 1,024 to
// its consumers.
type loop[T any] struct {
	channels []chan T
	end      func() // Ends the connection.
	err      error  // Why the loop ended, once the channels are closed.
}

// startLoop starts a loop that ends with its context. Read sends into the channels
// until there is an error.
func startLoop[T any](ctx context.Context, consumers int, end func(), read func(*loop[T]) error) *loop[T] {
	l := &loop[T]{}
	release := context.AfterFunc(ctx, end)
	l.end = func() { release(); end() }
	for range consumers {
		l.channels = append(l.channels, make(chan T, 1024))
	}
	go func() {
		l.err = read(l)
		for _, c := range l.channels {
			close(c)
		}
	}()
	return l
}

func (l *loop[T]) send(e T) {
	for _, c := range l.channels {
		c <- e
	}
}

// receive receives n messages with each consumer.
func (l *loop[T]) receive(n int, p *pace) (int, error) {
	together := &slowest{reached: make([]int, len(l.channels)), tell: p.tell}
	var group errgroup.Group
	for i, c := range l.channels {
		own := p
		if len(l.channels) > 1 {
			own = together.paceOf(i, p)
		}
		group.Go(func() error {
			for range n {
				if _, ok := <-c; !ok {
					return fmt.Errorf("%w: %w", errEnded, l.err)
				}
				if err := own.received(1); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return 0, group.Wait()
}

// close ends the connection and returns when the loop has ended.
func (l *loop[T]) close() {
	l.end()
	for _, c := range l.channels {
		for range c {
		}
	}
}

// dialPlain connects the plain loop: a straightforward first version, with the
// WebSocket library's old import path and the generated protobuf code.
func dialPlain(ctx context.Context, address string, consumers int, types ...pb.EventType) (*loop[event], error) {
	conn, _, err := websocket.Dial(ctx, "ws://"+address+socketPath, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(16 << 20)
	for _, request := range handshakeRequests(types...) {
		if err := conn.Write(ctx, websocket.MessageBinary, request); err != nil {
			_ = conn.CloseNow()
			return nil, err
		}
		if _, _, err := conn.Read(ctx); err != nil {
			_ = conn.CloseNow()
			return nil, err
		}
	}
	return startLoop(ctx, consumers, func() { _ = conn.CloseNow() }, func(l *loop[event]) error {
		for { // The context can't be cancelled, which would cost more.
			_, data, err := conn.Read(context.Background())
			if err != nil {
				return err
			}
			var message pb.ServerMessage
			if err := proto.Unmarshal(data, &message); err != nil {
				return err
			}
			l.send(flatten(&message))
		}
	}), nil
}

// plainLoop is the plain loop with one consumer.
type plainLoop struct{ *loop[event] }

func dialPlainLoop(ctx context.Context, address string) (plainLoop, error) {
	l, err := dialPlain(ctx, address, 1, pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION)
	return plainLoop{l}, err
}

func connectPlain(ctx context.Context, address string) (receiver, error) {
	return orNil(dialPlainLoop(ctx, address))
}

func connectPlainBroadcast(ctx context.Context, address string, consumers int) (receiver, error) {
	return orNil(dialPlain(ctx, address, consumers, pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION))
}

// orNil returns no receiver if there is an error.
func orNil(r receiver, err error) (receiver, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (p plainLoop) take(n int, record func(stamp string)) error {
	return takeInTurn(n, p.stamp, record)
}

// stamp returns the stamp of the next message.
func (p plainLoop) stamp() (string, error) {
	e, ok := <-p.channels[0]
	if !ok {
		return "", fmt.Errorf("%w: %w", errEnded, p.err)
	}
	return e.peerID, nil
}

// plainMetrics is the same loop with a consumer of metrics.
type plainMetrics struct{ *loop[event] }

func connectPlainMetrics(ctx context.Context, address string) (receiver, error) {
	l, err := dialPlain(ctx, address, 1, pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION, pb.EventType_EVENT_TYPE_METRICS)
	return orNil(plainMetrics{l}, err)
}

func (m plainMetrics) receive(n int, p *pace) (int, error) {
	for range n {
		e, ok := <-m.channels[0]
		if !ok {
			return 0, fmt.Errorf("%w: %w", errEnded, m.err)
		}
		if err := checkReportText(e.text); err != nil {
			return 0, err
		}
		if err := p.received(1); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// checkReportText reads the number in a report and compares it. It lets encoding/json
// skip the other rooms and peers, which is the best that a program without its own
// parser can do.
func checkReportText(report string) error {
	var rooms, peers, tracks map[string]json.RawMessage
	var track struct {
		BytesReceived int64 `json:"inbound-rtp.bytes_received"`
	}
	if err := json.Unmarshal([]byte(report), &rooms); err != nil {
		return err
	}
	if err := json.Unmarshal(rooms["room_id="+metricsRoom], &peers); err != nil {
		return err
	}
	if err := json.Unmarshal(peers["endpoint_id="+metricsPeer], &tracks); err != nil {
		return err
	}
	if err := json.Unmarshal(tracks["track_id="+metricsTrack], &track); err != nil {
		return err
	}
	return checkNumber(track.BytesReceived)
}
