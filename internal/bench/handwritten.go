package main

import (
	"bufio"
	"context"
	"fmt"
	"net"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// frameReader reads with a WebSocket library that provides only frames: the basis of
// the fastest loop one would write by hand.
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
	if reader != nil { // The server sends nothing unasked.
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

func (a appendLoop) take(n int, record func(stamp string)) error {
	return takeInTurn(n, a.stamp, record)
}

// stamp returns the stamp of the next message.
func (a appendLoop) stamp() (string, error) {
	n := <-a.channels[0]
	peer, ok := n.(decode.PeerConnected)
	if !ok {
		return "", fmt.Errorf("received %v", n)
	}
	return peer.PeerID, nil
}

// bareReader reads what the sender sends and discards it. It shows how fast the sender
// can be.
type bareReader struct {
	*frameReader
	release func() bool // From the context.
	coming  frames
	buffer  []byte
}

// connectBare knows the frames to expect, and so their size in bytes.
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
