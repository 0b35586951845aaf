package jellyfishtest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// client is what both WebSocket libraries have in common.
type client interface {
	read(context.Context) ([]byte, error)
	write(context.Context, []byte) error
	ping(context.Context) error
	close() error
}

type newClient struct{ *websocket.Conn }

func (c newClient) read(ctx context.Context) ([]byte, error) {
	_, message, err := c.Read(ctx)
	return message, err
}
func (c newClient) write(ctx context.Context, p []byte) error {
	return c.Write(ctx, websocket.MessageBinary, p)
}
func (c newClient) ping(ctx context.Context) error { return c.Ping(ctx) }
func (c newClient) close() error                   { return c.Close(websocket.StatusNormalClosure, "done") }

func webSocketURL(server *jellyfishtest.Server) string {
	scheme := "ws://"
	if server.Certificate() != nil {
		scheme = "wss://"
	}
	return scheme + server.Address() + "/socket/server/websocket"
}

// dialWebSocket connects with the library's WebSocket implementation.
func dialWebSocket(t *testing.T, server *jellyfishtest.Server) client {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), webSocketURL(server), &websocket.DialOptions{HTTPClient: server.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return newClient{c}
}

func TestClients(t *testing.T) {
	libraries := map[string]func(*testing.T, *jellyfishtest.Server) client{
		"coder": dialWebSocket, "nhooyr": dialIndependent,
	}
	for name, dial := range libraries {
		for _, config := range []jellyfishtest.Config{{}, {TLS: true}, {InMemory: true}, {InMemory: true, TLS: true}} {
			t.Run(fmt.Sprintf("%s/TLS=%t/InMemory=%t", name, config.TLS, config.InMemory), func(t *testing.T) {
				test := func(t *testing.T) {
					server := jellyfishtest.Run(t, config)
					converse(t, server, dial(t, server))
				}
				if config.InMemory {
					synctest.Test(t, test)
				} else {
					test(t)
				}
			})
		}
	}
}

// converse goes through a connection's life.
func converse(t *testing.T, server *jellyfishtest.Server, c client) {
	t.Helper()
	authenticate(t, c)
	ask(t, c, subscribeNotifications)
	expectMessage(t, c, notificationsConfirmed)
	send(t, server, created, deleted)
	if err := server.SendFragmented(created, 4); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{roomCreated, roomDeleted, roomCreated} {
		expectMessage(t, c, want)
	}

	answered := make(chan error)
	go func() { answered <- c.ping(t.Context()) }()
	read := make(chan error)
	go func() {
		_, err := c.read(t.Context())
		read <- err
	}()
	if err := <-answered; err != nil {
		t.Errorf("ping: %v", err)
	}
	send(t, server, decode.HLSUploaded{RoomID: "room-1"})
	if err := <-read; err != nil {
		t.Error(err)
	}
	// The server cuts at once, so that there may be nobody to end TLS with.
	if err := c.close(); err != nil && server.Certificate() == nil {
		t.Errorf("close: %v", err)
	}
}

func authenticate(t *testing.T, c client) {
	t.Helper()
	ask(t, c, authRequest)
	expectMessage(t, c, authenticated)
}

func ask(t *testing.T, c client, requestHex string) {
	t.Helper()
	request, err := hex.DecodeString(requestHex)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.write(t.Context(), request); err != nil {
		t.Fatal(err)
	}
}

func expectMessage(t *testing.T, c client, want string) {
	t.Helper()
	message, err := c.read(t.Context())
	if err != nil || hex.EncodeToString(message) != want {
		t.Fatalf("got message %x and error %v, want %s", message, err, want)
	}
}

func TestCertificate(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{TLS: true, Address: "127.0.0.1:0"})
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		c, err := tls.Dial("tcp", server.Address(), &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.Close()
	}
	if c, err := tls.Dial("tcp", server.Address(), &tls.Config{ServerName: "localhost"}); err == nil {
		c.Close()
		t.Error("the certificate is trusted without its pool")
	}
	if other := jellyfishtest.Run(t, jellyfishtest.Config{}).Certificate(); other != nil {
		t.Error("a server without TLS has a certificate")
	}
}

func TestHTTPClient(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	transport, ok := server.HTTPClient().Transport.(*http.Transport)
	if !ok || transport.DialContext == nil {
		t.Errorf("got transport %T, want an *http.Transport that dials by itself", server.HTTPClient().Transport)
	}
	if again := server.HTTPClient(); again.Transport != transport {
		t.Error("two calls return two transports")
	}
}
