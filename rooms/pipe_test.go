package rooms_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReader(r) }

// pipes is a server reached through in-memory pipes, for testing/synctest.
type pipes struct {
	t      *testing.T
	handle func(net.Conn) // Must return when the connection ends.
	mu     sync.Mutex
	dialed []net.Conn
	wait   sync.WaitGroup
	live   atomic.Int32 // How many connections are being handled.
}

// overPipes starts a server whose connections end with the test.
func overPipes(t *testing.T, handle func(net.Conn)) *pipes {
	p := &pipes{t: t, handle: handle}
	t.Cleanup(func() {
		p.mu.Lock()
		for _, conn := range p.dialed {
			_ = conn.Close()
		}
		p.mu.Unlock()
		p.wait.Wait()
	})
	return p
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialed = append(p.dialed, server)
	p.live.Add(1)
	p.wait.Go(func() {
		defer p.live.Add(-1)
		p.handle(server)
	})
	return client, nil
}

// connections returns how many connections there have been.
func (p *pipes) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.dialed)
}

// client returns a client for the server.
func (p *pipes) client(change ...func(*rooms.Config)) *rooms.Client {
	cfg := rooms.Config{
		ServerAddress:  "jellyfish.test:5002",
		ServerAPIToken: rooms.NewSecret("development"),
		HTTPClient:     &http.Client{Transport: &http.Transport{DialContext: p.dial}},
	}
	for _, c := range change {
		c(&cfg)
	}
	return newClient(p.t, cfg)
}

// saying responds to each request with the same text and then stays silent.
func saying(text string) func(net.Conn) {
	return func(conn net.Conn) {
		requests := bufio.NewReader(conn)
		for {
			request, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, request.Body)
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
		}
	}
}
