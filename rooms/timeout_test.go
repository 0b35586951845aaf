package rooms_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const emptyList = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"data\":[]}"

// A server that hangs, at any point, is given up exactly at the time limit, and its
// connection is closed.
func TestTimeout(t *testing.T) {
	for _, test := range []struct {
		name   string
		handle func(net.Conn)
		limit  time.Duration
		status int
		change func(*rooms.Config)
	}{
		{name: "reads nothing", handle: deaf},
		{name: "answers nothing", handle: saying("")},
		{name: "stops in the head", handle: saying("HTTP/1.1 200 OK\r\nContent-"), limit: 3 * time.Second},
		{name: "stops in the body", handle: saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), status: 200},
		{name: "stops in the body of an error", handle: saying("HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n{"), status: 500},
		{name: "sends a byte at a time", handle: slowly, status: 200, limit: time.Minute},
		{name: "hangs in TLS", handle: deaf, change: func(c *rooms.Config) { c.Secure = true }},
		{name: "token source hangs", handle: deaf, change: func(c *rooms.Config) {
			c.ServerAPIToken, c.TokenSource = rooms.Secret{}, func(ctx context.Context) (string, error) {
				<-ctx.Done()
				return "", ctx.Err()
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := overPipes(t, test.handle)
				client := server.client(func(c *rooms.Config) {
					c.Timeout = test.limit
					if test.change != nil {
						test.change(c)
					}
				})
				limit := 10 * time.Second
				if test.limit != 0 {
					limit = test.limit
				}
				begin := time.Now()
				_, err := client.List(t.Context())
				if took := time.Since(begin); took != limit {
					t.Errorf("took %v, want %v", took, limit)
				}
				var failure *rooms.Error
				if !errors.As(err, &failure) || failure.Status != test.status || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				if want := "no response within " + limit.String(); !strings.Contains(err.Error(), want) &&
					test.name != "token source hangs" {
					t.Errorf("error %q, want it to say %q", err, want)
				}
				// Remaining dials give up by themselves; synctest finds those that
				// don't.
				time.Sleep(2 * time.Second)
				if n := server.live.Load(); n != 0 {
					t.Errorf("%d connections are left open", n)
				}
			})
		})
	}
}

// deaf reads nothing, so over a pipe the client's first write blocks until the client
// closes the connection.
func deaf(conn net.Conn) {
	for {
		if _, err := conn.Write(nil); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// A dial that hangs ends soon after the call that needed it, although http.Transport
// would let it continue.
func TestDialHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		ended := make(chan time.Duration, 1)
		client := newClient(t, rooms.Config{
			ServerAddress: "jellyfish.test", ServerAPIToken: rooms.NewSecret("t"),
			HTTPClient: &http.Client{Transport: &http.Transport{
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					<-ctx.Done()
					ended <- time.Since(begin)
					return nil, ctx.Err()
				},
			}},
		})
		_, err := client.List(t.Context())
		if took := time.Since(begin); took != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: error %v", took, err)
		}
		if got, most := <-ended, 11*time.Second; got > most {
			t.Errorf("the dial ended after %v, want at most %v", got, most)
		}
	})
}

// slowly responds with a body that grows by a byte per second.
func slowly(conn net.Conn) {
	if _, err := http.ReadRequest(newReader(conn)); err != nil {
		return
	}
	text := "HTTP/1.1 200 OK\r\n\r\n"
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
		text = " "
		time.Sleep(time.Second)
	}
}

// The caller's context ends a call at once, and the error is the context's.
func TestContextEndsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := overPipes(t, saying("")).client()
		why := errors.New("user left")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		begin := time.Now()
		err := client.Delete(ctx, "r")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %v", took)
		}
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("error %v", err)
		}

		ctx, done := context.WithTimeout(t.Context(), 2*time.Second)
		defer done()
		begin = time.Now()
		err = client.Delete(ctx, "r")
		if took := time.Since(begin); took != 2*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, err)
		}
		if strings.Contains(err.Error(), "10s") {
			t.Errorf("the caller's limit is taken for the client's: %v", err)
		}
	})
}

func TestContextHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := overPipes(t, saying(emptyList))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := server.client().List(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if n := server.connections(); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

// The server closes a connection after 5 idle seconds (Jellyfish protocol, section 9).
// The client closes it before that, so no request is lost.
func TestIdleConnections(t *testing.T) {
	for _, transport := range []time.Duration{0, time.Minute, 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			server := overPipes(t, func(conn net.Conn) {
				for {
					_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
					if _, err := http.ReadRequest(newReader(conn)); err != nil {
						if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
							t.Error("the server closed the connection first")
						}
						_ = conn.Close()
						return
					}
					_, _ = io.WriteString(conn, emptyList)
				}
			})
			client := server.client(func(c *rooms.Config) {
				c.HTTPClient.Transport.(*http.Transport).IdleConnTimeout = transport
			})
			kept := 4 * time.Second
			if transport == 2*time.Second {
				kept = transport
			}
			for _, step := range []struct {
				pause time.Duration
				want  int
			}{{0, 1}, {kept - time.Millisecond, 1}, {kept - time.Millisecond, 1}, {kept + time.Millisecond, 2}, {6 * time.Second, 3}} {
				time.Sleep(step.pause)
				if _, err := client.List(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := server.connections(); n != step.want {
					t.Errorf("after %v idle: %d connections, want %d", step.pause, n, step.want)
				}
			}
		})
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
