package rooms_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// Errors come in every shape that servers, and proxies in front of them, produce.
func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body, want string
	}{
		{"text", `{"errors":"Room r does not exist"}`, "Room r does not exist"},
		{"object", `{"errors":{"detail":"Not Found"}}`, "Not Found"},
		{"another object", `{"errors":{"id":["is bad"]}}`, `{"id":["is bad"]}`},
		{"Fishjam", `{"detail":"quota exceeded"}`, "quota exceeded"},
		{"JSON of another kind", `{"ok":true}`, ""},
		{"list", `["no"]`, ""},
		{"truncated JSON", `{"errors":"Room r doe`, ""},
		{"page", "<!DOCTYPE html><html><head><TITLE class=x>\n RuntimeError\tat GET /room &amp; more</TITLE><style>p{}</style>", "RuntimeError at GET /room & more"},
		{"page without title", "<p>Bad gateway", ""},
		{"plain text", "upstream is\ndown\x1b[31m\n", "upstream is down [31m"},
		{"nothing", "", ""},
		{"invalid UTF-8", "caf\xe9", "caf\uFFFD"},
		{"long text", strings.Repeat("é", 1000), strings.Repeat("é", 250) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := serve(t, answering(http.StatusBadGateway, test.body))
			_, err := client.Get(t.Context(), "r")
			var failure *rooms.Error
			if !errors.As(err, &failure) || failure.Message != test.want || failure.Status != 502 {
				t.Fatalf("got %v, want the text %q", err, test.want)
			}
			want := "GET " + client.Address() + "/room/r: 502 Bad Gateway"
			if test.want != "" {
				want += ": " + test.want
			}
			if err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		})
	}
}

// A success that isn't one: each is an *Error that keeps the status and says why.
func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	get := func(t *testing.T, c *rooms.Client) error { _, err := c.Get(t.Context(), "r"); return err }
	list := func(t *testing.T, c *rooms.Client) error { _, err := c.List(t.Context()); return err }
	create := func(t *testing.T, c *rooms.Client) error {
		_, err := c.Create(t.Context(), rooms.RoomConfig{})
		return err
	}
	addPeer := func(t *testing.T, c *rooms.Client) error {
		_, err := c.AddPeer(t.Context(), "r", rooms.PeerOptions{})
		return err
	}
	addComponent := func(t *testing.T, c *rooms.Client) error {
		_, err := c.AddComponent(t.Context(), "r", rooms.HLSOptions{})
		return err
	}
	health := func(t *testing.T, c *rooms.Client) error { _, err := c.Health(t.Context()); return err }
	remove := func(t *testing.T, c *rooms.Client) error { return c.Delete(t.Context(), "r") }
	for _, test := range []struct {
		name   string
		status int
		body   string
		call   func(*testing.T, *rooms.Client) error
		want   string
	}{
		{"page", 200, "<html><title>Log in</title>", get, "malformed"},
		{"page for a delete", 200, "<html><title>Log in</title>", remove, "expected HTTP 204"},
		{"created where OK is due", 201, `{"data":[]}`, list, "expected HTTP 200"},
		{"nothing", 200, "", get, "malformed"},
		{"truncated", 200, `{"data":{"id":"r","peers":[`, get, "malformed"},
		{"trailing", 200, `{"data":[]} {}`, list, "malformed"},
		{"no data", 200, `{}`, list, "it has no data"},
		{"null data", 200, `{"data":null}`, list, "it has no data"},
		{"room without id", 200, `{"data":{"peers":[]}}`, get, "room has no id"},
		{"text for a list", 200, `{"data":"r"}`, list, "malformed: data: want a list"},
		{"list for a room", 200, `{"data":[]}`, get, "malformed"},
		{"room for a list", 200, `{"data":{"id":"r"}}`, list, "malformed"},
		{"created nothing", 201, `{"data":{"jellyfish_address":"a:1"}}`, create, "room has no id"},
		{"created null", 201, `{"data":{"room":null}}`, create, "room has no id"},
		{"peer without id", 201, `{"data":{"peer":{},"token":"t"}}`, addPeer, "peer has no id"},
		{"no peer", 201, `{"data":{"token":"t"}}`, addPeer, "no id or no token"},
		{"peer without token", 201, `{"data":{"peer":{"id":"p"}}}`, addPeer, "no id or no token"},
		{"component without id", 201, `{"data":{"type":"hls"}}`, addComponent, "component has no id"},
		{"no status", 200, `{"data":{}}`, health, "health has no status"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.call(t, serve(t, answering(test.status, test.body)))
			var failure *rooms.Error
			if !errors.As(err, &failure) || failure.Status != test.status || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

// A body without end is given up with its connection, at the limit or, for an error,
// once enough of it for a text has arrived.
func TestEndlessBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 404} {
		ended := make(chan struct{})
		client := serveWith(t, rooms.Config{ReadLimit: 1 << 20}, func(w http.ResponseWriter, _ *http.Request) {
			defer close(ended)
			w.WriteHeader(status)
			chunk := []byte(strings.Repeat(`{"a":[`, 1<<13))
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		})
		_, err := client.List(t.Context())
		var failure *rooms.Error
		if !errors.As(err, &failure) || failure.Status != status || errors.Is(err, rooms.ErrTooLarge) != (status == 200) {
			t.Errorf("%d: error %v", status, err)
		}
		if len(err.Error()) > 300 {
			t.Errorf("%d: an error of %d bytes", status, len(err.Error()))
		}
		<-ended
	}
}

// The largest body accepted is accepted.
func TestLargestBody(t *testing.T) {
	t.Parallel()
	const limit = 3 << 20
	for _, extra := range []int{0, 1} {
		begin, end := `{"data":[]`, `}`
		client := serveWith(t, rooms.Config{ReadLimit: limit}, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, begin+strings.Repeat(" ", limit-len(begin)-len(end)+extra)+end)
		})
		_, err := client.List(t.Context())
		if failed := err != nil; failed != (extra > 0) {
			t.Errorf("%d bytes: error %v", limit+extra, err)
		}
	}
}

// A redirect is refused, and nothing goes to where it points.
func TestRedirectIsRefused(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{other.URL + "/room", "http://%zz", ""} {
			client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(status)
			})
			_, err := client.Create(t.Context(), rooms.RoomConfig{})
			var failure *rooms.Error
			if !errors.As(err, &failure) {
				t.Fatalf("%d to %q: error %v", status, location, err)
			}
			if location != "http://%zz" && (failure.Status != status || failure.Message != "redirects are not followed") {
				t.Errorf("%d to %q: error %v", status, location, err)
			}
			client.CloseIdleConnections()
		}
	}
	if n := visits.Load(); n > 0 {
		t.Errorf("%d requests to where a redirect points", n)
	}
}

// Whatever the response, its connection is used for the next call.
func TestConnectionsAreReturned(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	answers := []string{`{"data":[]}`, "<html>", `{"data":[`, `{"errors":"no"}`, "", strings.Repeat(" ", 1<<10)}
	var calls int
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls%2 == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, answers[calls/2%len(answers)])
		calls++
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := newClient(t, rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t")})
	failed := 0
	for range 4 * len(answers) {
		if _, err := client.List(t.Context()); err != nil {
			failed++
		}
	}
	if n := connections.Load(); n != 1 || failed != 4*len(answers)-2 {
		t.Errorf("%d connections, %d calls failed", n, failed)
	}
}

// A server that closes the connection in the middle, or doesn't speak HTTP.
func TestNoHTTP(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = http.ReadRequest(newReader(conn))
				_, _ = io.WriteString(conn, said)
				_ = conn.Close()
			}
		}()
		client := newClient(t, rooms.Config{ServerAddress: listener.Addr().String(), ServerAPIToken: rooms.NewSecret("t"), Timeout: 5 * time.Second})
		_, err = client.Create(t.Context(), rooms.RoomConfig{})
		var failure *rooms.Error
		if !errors.As(err, &failure) || failure.Err == nil {
			t.Errorf("%q: error %v", said, err)
		}
		_ = listener.Close()
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := leak.Descriptors()
	_ = listener.Close()
	client := newClient(t, rooms.Config{ServerAddress: listener.Addr().String(), ServerAPIToken: rooms.NewSecret("t")})
	err = client.Delete(t.Context(), "r")
	var failure *rooms.Error
	var refused *net.OpError
	if !errors.As(err, &failure) || failure.Status != 0 || !errors.As(err, &refused) {
		t.Errorf("error %v", err)
	}
	if want := "DELETE " + client.Address() + "/room/r: dial tcp "; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %q, want it to begin with %q", err, want)
	}
	if left := leak.DescriptorsDownTo(before); left != "" {
		t.Error(left)
	}
}
