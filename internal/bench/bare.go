package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// bareReader reads what the sender sends and discards it. It shows how fast the
// sender can be.
type bareReader struct {
	conn    net.Conn
	release func() bool // From the context.
	frames  frames
	buffer  []byte
}

// connectBare knows the frames that will come, and so how many bytes they are.
func connectBare(f frames) connect {
	return func(ctx context.Context, address string) (receiver, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		b := &bareReader{
			conn:    conn,
			release: context.AfterFunc(ctx, func() { _ = conn.Close() }),
			frames:  f,
			buffer:  make([]byte, 256<<10),
		}
		if err := b.open(address); err != nil {
			b.close()
			return nil, err
		}
		return b, nil
	}
}

// open upgrades the connection and shakes hands. It reads nothing of what comes
// afterwards, since nothing comes before it is asked for.
func (b *bareReader) open(address string) error {
	reader := bufio.NewReader(b.conn)
	if err := b.upgrade(address, reader); err != nil {
		return err
	}
	for _, request := range handshakeRequests(pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION) {
		if _, err := b.conn.Write(clientFrame(request)); err != nil {
			return err
		}
		var head [2]byte
		if _, err := io.ReadFull(reader, head[:]); err != nil {
			return err
		}
		if _, err := reader.Discard(int(head[1])); err != nil {
			return err
		}
	}
	return nil
}

func (b *bareReader) upgrade(address string, reader *bufio.Reader) error {
	request, err := http.NewRequest(http.MethodGet, "http://"+address+socketPath, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "websocket")
	request.Header.Set("Sec-WebSocket-Version", "13")
	request.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	if err := request.Write(b.conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("upgrade: %s", response.Status)
	}
	return nil
}

func (b *bareReader) receive(n int, p *pace) (tally, error) {
	step := n
	if p.window > 0 {
		step = p.step()
	}
	var seen tally
	for seen.received < n {
		next := min(seen.received+step, n)
		if err := b.discard(b.frames.start(next) - b.frames.start(seen.received)); err != nil {
			return seen, err
		}
		if err := p.received(next - seen.received); err != nil {
			return seen, err
		}
		seen.received = next
	}
	return seen, b.discard(len(endFrame()))
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
	_ = b.conn.Close()
}
