package rooms_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// changing are calls that change something, with and without a body.
var changing = map[string]func(context.Context, *rooms.Client) error{
	"POST": func(ctx context.Context, c *rooms.Client) error {
		_, err := c.Create(ctx, rooms.RoomConfig{})
		return err
	},
	"DELETE": func(ctx context.Context, c *rooms.Client) error { return c.Delete(ctx, "r") },
}

// headers are those that make net/http send requests again.
var headers = []http.Header{nil, {"Idempotency-Key": {"1"}}, {"X-Idempotency-Key": {"1"}}}

// counting responds to each request on a connection with a text, and counts the
// requests.
func counting(count *atomic.Int32, answers func(n int32) string) func(net.Conn) {
	return func(conn net.Conn) {
		defer conn.Close()
		requests := newReader(conn)
		for {
			request, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, request.Body)
			text := answers(count.Add(1))
			if _, err := io.WriteString(conn, text); err != nil || text == "" {
				return
			}
		}
	}
}

const (
	created = "HTTP/1.1 201 Created\r\nContent-Length: 28\r\n\r\n" + `{"data":{"room":{"id":"r"}}}`
	deleted = "HTTP/1.1 204 No Content\r\n\r\n"
)

// A call that changes something is sent once, even if its connection, used before,
// breaks before the response, and its error says that it may have been carried out.
func TestP11ChangesAreSentOnce(t *testing.T) {
	for method, call := range changing {
		for _, header := range headers {
			synctest.Test(t, func(t *testing.T) {
				var count atomic.Int32
				success := map[string]string{"POST": created, "DELETE": deleted}[method]
				server := overPipes(t, counting(&count, func(n int32) string {
					if n == 1 {
						return success
					}
					return ""
				}))
				client := server.client(func(c *rooms.Config) { c.Header = header })
				if err := call(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				err := call(t.Context(), client)
				var failure *rooms.Error
				if !errors.As(err, &failure) || !failure.MaybeDone || !strings.Contains(err.Error(), "connection ended") ||
					!strings.HasSuffix(err.Error(), "the call may have been carried out") {
					t.Errorf("%s with %v: error %v", method, header, err)
				}
				if n := count.Load(); n != 2 {
					t.Errorf("%s with %v: sent %d times, want once each", method, header, n)
				}
			})
		}
	}
}

// brokenConn fails to write from some time on, after writing some bytes or none.
type brokenConn struct {
	net.Conn
	broken *atomic.Bool
	some   int
}

func (c brokenConn) Write(p []byte) (int, error) {
	if !c.broken.Load() {
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:c.some])
	return n, net.ErrClosed
}

// A call of which nothing could be written, to a connection that was closed meanwhile,
// uses another one, once; a call of which something was written doesn't.
func TestP11NothingWrittenIsNotSent(t *testing.T) {
	for method, call := range changing {
		for _, header := range headers {
			for _, some := range []int{0, 10} {
				synctest.Test(t, func(t *testing.T) {
					var count, dials atomic.Int32
					var broken atomic.Bool
					success := map[string]string{"POST": created, "DELETE": deleted}[method]
					server := overPipes(t, counting(&count, func(int32) string { return success }))
					client := server.client(func(c *rooms.Config) {
						c.Header = header
						c.HTTPClient.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
							conn, err := server.dial(ctx, network, address)
							if dials.Add(1) > 1 {
								return conn, err
							}
							return brokenConn{conn, &broken, some}, err
						}
					})
					if err := call(t.Context(), client); err != nil {
						t.Fatal(err)
					}
					broken.Store(true)
					err := call(t.Context(), client)
					if failed := err != nil; failed != (some > 0) || count.Load() != map[bool]int32{true: 1, false: 2}[failed] {
						t.Errorf("%s with %v, %d bytes written: error %v, %d requests came", method, header, some, err, count.Load())
					}
				})
			}
		}
	}
}

// Restarts of the server between calls duplicate none of them.
func TestP11RestartsDoubleNothing(t *testing.T) {
	t.Parallel()
	for method, call := range changing {
		var count atomic.Int32
		success := map[string]string{"POST": created, "DELETE": deleted}[method]
		handle := counting(&count, func(int32) string { return success })
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		client := newClient(t, rooms.Config{ServerAddress: listener.Addr().String(), ServerAPIToken: rooms.NewSecret("t"), Header: headers[1]})
		for i := range int32(30) {
			var handled sync.WaitGroup
			conns := make(chan net.Conn, 10)
			handled.Go(func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						close(conns)
						return
					}
					conns <- conn
					handled.Go(func() { handle(conn) })
				}
			})
			before := count.Load()
			err := call(t.Context(), client)
			if n := count.Load() - before; n > 1 || n == 0 && err == nil {
				t.Errorf("%s %d was sent %d times: %v", method, i, n, err)
			}
			_ = listener.Close()
			for conn := range conns {
				_ = conn.Close()
			}
			handled.Wait()
			if listener, err = net.Listen("tcp", client.Address()); err != nil {
				t.Fatal(err)
			}
		}
		_ = listener.Close()
	}
}

// Only a call that may have been carried out says so.
func TestP11MaybeDone(t *testing.T) {
	t.Parallel()
	create, list := changing["POST"], func(ctx context.Context, c *rooms.Client) error { _, err := c.List(ctx); return err }
	for _, test := range []struct {
		name, answer string
		call         func(context.Context, *rooms.Client) error
		want         bool
	}{
		{"refused", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", create, false},
		{"cut short", "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{", create, true},
		{"malformed", "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", create, true},
		{"no HTTP", "hello\r\n\r\n", create, true},
		{"changes protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", create, true},
		{"changes nothing", "", list, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			client := overPipes(t, counting(new(atomic.Int32), func(int32) string { return test.answer })).client(func(c *rooms.Config) { c.Timeout = time.Second })
			err := test.call(t.Context(), client)
			var failure *rooms.Error
			if !errors.As(err, &failure) || failure.MaybeDone != test.want || strings.Contains(err.Error(), "carried out") != test.want {
				t.Errorf("%s: error %v", test.name, err)
			}
		})
	}
	for name, cfg := range map[string]rooms.Config{
		"nobody listens": {ServerAddress: "127.0.0.1:1", ServerAPIToken: rooms.NewSecret("t")},
		"no token":       {ServerAddress: "127.0.0.1:1", TokenSource: func(context.Context) (string, error) { return "", errors.New("sealed") }},
	} {
		var failure *rooms.Error
		if err := create(t.Context(), newClient(t, cfg)); !errors.As(err, &failure) || failure.MaybeDone {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A Host in the Header is the request's Host; one that net/http would change is
// refused.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	var host, header string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, header = r.Host, r.Header.Get("Host")
		answering(200, `{"data":[]}`)(w, r)
	}))
	t.Cleanup(server.Close)
	for _, want := range []string{"media.example", "media.example:5002", "[::1]:80"} {
		given := http.Header{"Host": {want}, "X-Other": {"a"}}
		client := newClient(t, rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t"), Header: given})
		if _, err := client.List(t.Context()); err != nil || host != want || header != "" || given.Get("Host") != want {
			t.Errorf("Host %q, want %q; error %v", host, want, err)
		}
	}
	for _, values := range [][]string{{""}, {"a", "b"}, {"a b"}, {"a/b"}, {"http://a"}, {"me@a"}, {"a:b"}, {"a\r\nX: y"}} {
		_, err := rooms.New(rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t"), Header: http.Header{"Host": values}})
		if refused(t, err, "Header"); err == nil {
			t.Errorf("Host %q", values)
		}
	}
}

// How long an overloaded server asks to wait is in the error.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Wed, 25 Nov 2026 10:00:00 GMT"
	for _, test := range []struct {
		status      int
		after, date string
		want        time.Duration
	}{
		{503, "120", "", 2 * time.Minute},
		{429, " 7 ", "", 7 * time.Second},
		{503, "0", "", 0},
		{503, "99999999999999999999", "", 24 * time.Hour},
		{503, "Wed, 25 Nov 2026 10:01:30 GMT", date, 90 * time.Second},
		{429, "Wednesday, 25-Nov-26 10:00:05 GMT", date, 5 * time.Second},
		{503, "Wed, 25 Nov 2026 09:00:00 GMT", date, 0},
		{503, "Wed, 25 Nov 2099 09:00:00 GMT", "", 24 * time.Hour},
		{503, "-5", "", 0},
		{503, "1.5", "", 0},
		{503, "soon", "", 0},
		{503, "", "", 0},
		{500, "120", "", 0},
		{404, "120", "", 0},
	} {
		client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = []string{test.date}
			w.Header().Set("Retry-After", test.after)
			w.WriteHeader(test.status)
		})
		_, err := client.List(t.Context())
		var failure *rooms.Error
		if !errors.As(err, &failure) || failure.RetryAfter != test.want {
			t.Errorf("%d, %q: %v, error %v, want %v", test.status, test.after, failure.RetryAfter, err, test.want)
		}
		client.CloseIdleConnections()
	}
}

// A proxy doesn't change how often a request is sent.
func TestP11SentOnceThroughProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count atomic.Int32
		server := overPipes(t, counting(&count, func(n int32) string { return map[bool]string{true: created}[n == 1] }))
		client := server.client(func(c *rooms.Config) {
			c.Header = headers[1]
			c.HTTPClient.Transport.(*http.Transport).Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://proxy.test:3128") }
		})
		for range 2 {
			_ = changing["POST"](t.Context(), client)
		}
		if n := count.Load(); n != 2 {
			t.Errorf("sent %d times", n)
		}
	})
}

// With HTTP/2 too, a call that changes something is sent once, even if the server
// aborts its stream.
func TestP11SentOnceOverHTTP2(t *testing.T) {
	t.Parallel()
	var count atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if count.Add(1); r.ProtoMajor != 2 {
			t.Errorf("HTTP/%d", r.ProtoMajor)
		}
		panic(http.ErrAbortHandler)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := newClient(t, rooms.Config{
		ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t"), HTTPClient: server.Client(), Header: headers[1],
	})
	for method, call := range changing {
		before := count.Load()
		var failure *rooms.Error
		if err := call(t.Context(), client); !errors.As(err, &failure) || !failure.MaybeDone {
			t.Errorf("%s: error %v", method, err)
		}
		if n := count.Load() - before; n != 1 {
			t.Errorf("%s was sent %d times", method, n)
		}
	}
}
