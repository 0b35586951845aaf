package main

//lint:file-ignore SA1019 the deprecated path is the baseline

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	"nhooyr.io/websocket"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// The programs here do without package stream. They promise nothing of what it
// does: a lost connection, a slow consumer, an unknown message are not their
// concern.

// event is a notification as a program without the library would have it.
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

// loop is such a program: a goroutine that reads and decodes, and channels of
// 1,024 to its consumers.
type loop[T any] struct {
	channels []chan T
	end      func() // Ends the connection.
	err      error  // Why the loop ended, once the channels are closed.
}

// startLoop starts one that ends with its context. Read sends into the channels
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

// receive has each consumer receive n messages.
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

// dialPlain connects the plain loop: what one would write at first, with the
// WebSocket library of the old address and the generated protobuf.
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

// orNil returns no receiver where there is an error.
func orNil(r receiver, err error) (receiver, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// stamp returns that of the next message.
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

// checkReportText takes the number out of a report and compares it. It lets
// encoding/json pass over the other rooms and peers, which is the best that a
// program without a parser of its own can do.
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

// frameReader reads with a WebSocket library that has nothing but frames: the
// beginning of the fastest loop that one would write by hand.
type frameReader struct {
	conn   net.Conn
	source *bufio.Reader
	heads  wsutil.Reader // Of frames; reads from the source.
}

// dialFrames connects and subscribes to notifications.
func dialFrames(ctx context.Context, address string) (*frameReader, error) {
	conn, reader, _, err := ws.Dial(ctx, "ws://"+address+socketPath)
	if err != nil {
		return nil, err
	}
	if reader != nil { // Nothing comes before it is asked for.
		_ = conn.Close()
		return nil, fmt.Errorf("%d bytes came unasked", reader.Buffered())
	}
	source := bufio.NewReaderSize(conn, 64<<10)
	f := &frameReader{conn, source, wsutil.Reader{Source: source, State: ws.StateClientSide, SkipHeaderCheck: true}}
	for _, request := range handshakeRequests(pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION) {
		err := wsutil.WriteClientBinary(conn, request)
		if err == nil {
			_, err = f.next()
		}
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	return f, nil
}

func (f *frameReader) end() { _ = f.conn.Close() }

// next returns the next message, which is valid until the next call, without
// copying it. The sender sends whole and short messages, and no pings.
func (f *frameReader) next() ([]byte, error) {
	head, err := f.heads.NextFrame()
	if err != nil {
		return nil, err
	}
	message, err := f.source.Peek(int(head.Length))
	if err == nil {
		_, err = f.source.Discard(len(message))
	}
	return message, err
}

func connectHandWritten(ctx context.Context, address string) (receiver, error) {
	frames, err := dialFrames(ctx, address)
	if err != nil {
		return nil, err
	}
	return startLoop(ctx, 1, frames.end, func(l *loop[event]) error {
		var message pb.ServerMessage
		for {
			data, err := frames.next()
			if err != nil {
				return err
			}
			if err := proto.Unmarshal(data, &message); err != nil {
				return err
			}
			l.channels[0] <- flatten(&message)
		}
	}), nil
}

// appendLoop is the hand-written loop with this library's decoder.
type appendLoop struct{ *loop[decode.Notification] }

func dialAppendLoop(ctx context.Context, address string) (appendLoop, error) {
	frames, err := dialFrames(ctx, address)
	if err != nil {
		return appendLoop{}, err
	}
	return appendLoop{startLoop(ctx, 1, frames.end, func(l *loop[decode.Notification]) error {
		var decoded []decode.Notification
		for {
			data, err := frames.next()
			if err != nil {
				return err
			}
			if decoded, err = decode.Append(decoded[:0], data); err != nil {
				return err
			}
			for _, n := range decoded {
				l.channels[0] <- n
			}
		}
	})}, nil
}

func connectHandWrittenAppend(ctx context.Context, address string) (receiver, error) {
	return orNil(dialAppendLoop(ctx, address))
}

// stamp returns that of the next message.
func (a appendLoop) stamp() (string, error) {
	n := <-a.channels[0]
	peer, ok := n.(decode.PeerConnected)
	if !ok {
		return "", fmt.Errorf("received %v", n)
	}
	return peer.PeerID, nil
}

// bareReader reads what the sender sends and discards it. It shows how fast the
// sender can be.
type bareReader struct {
	*frameReader
	release func() bool // From the context.
	coming  frames
	buffer  []byte
}

// connectBare knows the frames that will come, and so how many bytes they are.
func connectBare(f frames) connect {
	return func(ctx context.Context, address string) (receiver, error) {
		reader, err := dialFrames(ctx, address)
		if err != nil {
			return nil, err
		}
		return &bareReader{reader, context.AfterFunc(ctx, reader.end), f, make([]byte, 256<<10)}, nil
	}
}

func (b *bareReader) receive(n int, p *pace) (int, error) {
	step := n
	if p.window > 0 {
		step = p.step()
	}
	for received := 0; received < n; {
		next := min(received+step, n)
		if err := b.discard(b.coming.start(next) - b.coming.start(received)); err != nil {
			return 0, err
		}
		if err := p.received(next - received); err != nil {
			return 0, err
		}
		received = next
	}
	return 0, nil
}

func (b *bareReader) discard(bytes int) error {
	for bytes > 0 {
		n, err := b.conn.Read(b.buffer[:min(bytes, len(b.buffer))])
		if err != nil {
			return err
		}
		bytes -= n
	}
	return nil
}

func (b *bareReader) close() {
	b.release()
	b.end()
}
