package wsconn_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// host accepts connections, over TCP or in memory. Each is served by the function that
// the host was made with.
type host struct {
	address string
	client  *http.Client // Nil if the default one reaches the host.
	serve   func(net.Conn)

	serving sync.WaitGroup
	mu      sync.Mutex
	closed  bool
	conns   []net.Conn
	count   int
}

// listen accepts on a free TCP port until the test ends.
func listen(t testing.TB, serve func(net.Conn)) *host {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listenOn(t, listener, serve)
}

func listenOn(t testing.TB, listener net.Listener, serve func(net.Conn)) *host {
	h := &host{address: listener.Addr().String(), serve: serve}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			h.take(conn)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		accepting.Wait()
		h.close()
	})
	return h
}

// inMemory accepts connections made with net.Pipe until the test ends.
func inMemory(t testing.TB, serve func(net.Conn)) *host {
	h := &host{address: "server.test:5002", serve: serve}
	h.client = &http.Client{Transport: &http.Transport{DialContext: h.dial}}
	t.Cleanup(h.close)
	return h
}

func (h *host) dial(ctx context.Context, network, address string) (net.Conn, error) {
	client, server := net.Pipe()
	if !h.take(server) {
		return nil, syscall.ECONNREFUSED
	}
	return client, nil
}

func (h *host) take(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		_ = conn.Close()
		return false
	}
	h.conns = append(h.conns, conn)
	h.count++
	h.serving.Go(func() {
		defer conn.Close()
		h.serve(conn)
	})
	return true
}

// connections returns how many connections were accepted.
func (h *host) connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

func (h *host) close() {
	h.mu.Lock()
	h.closed = true
	for _, conn := range h.conns {
		_ = conn.Close()
	}
	h.mu.Unlock()
	h.serving.Wait()
}

func (h *host) endpoint(scheme string) wsconn.Endpoint {
	return wsconn.Endpoint{Name: h.address, URL: scheme + "://" + h.address + "/socket"}
}

// config is for connections to the host, with an empty handshake.
func (h *host) config() wsconn.Config {
	return wsconn.Config{
		Endpoints:  []wsconn.Endpoint{h.endpoint("ws")},
		Token:      always("development"),
		Handshake:  func(*wsconn.Socket, string) error { return nil },
		HTTPClient: h.client,
	}
}

func always(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

// dial connects and closes the connection when the test ends.
func dial(t testing.TB, cfg wsconn.Config) *wsconn.Conn {
	t.Helper()
	conn, err := wsconn.Dial(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// reconnect calls Retry until it succeeds or says that there is no use.
func reconnect(conn *wsconn.Conn) error {
	for {
		if again, err := conn.Retry(); !again {
			return err
		}
	}
}

// silent reads and sends nothing until the client has gone.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// overTLS serves over TLS.
func overTLS(config *tls.Config, serve func(net.Conn)) func(net.Conn) {
	return func(conn net.Conn) { serve(tls.Server(conn, config)) }
}

// answering reads a request and writes a response, whatever the request is.
func answering(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		_, _ = io.WriteString(conn, answer)
	}
}

// acceptKey returns a server's response to a key (RFC 6455, section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// upgraded upgrades each connection to a WebSocket and passes it to script, which is
// the server, byte by byte.
func upgraded(script func(*peer)) func(net.Conn) {
	return func(conn net.Conn) {
		in := bufio.NewReader(conn)
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\n"+
			"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			acceptKey(request.Header.Get("Sec-WebSocket-Key")))
		if err == nil {
			script(&peer{Conn: conn, in: in, request: request})
		}
	}
}
