package wsconn_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// promptly is how long a call may go on after its context has ended, and how long
// anything it used may remain.
const promptly = 100 * time.Millisecond

// stage is a call on a connection that doesn't return by itself. It calls reached when
// it has begun to wait.
type stage func(t *testing.T, ctx context.Context, reached func()) error

// endsPromptly cancels the stage's context once it waits. A busy machine may be 100 ms
// late, but not three times in a row.
func endsPromptly(t *testing.T, s stage) {
	t.Helper()
	leavesNothing(t)
	var took time.Duration
	var left []string
	for range 3 {
		took, left = cancelled(t, s)
		if took < promptly && len(left) == 0 {
			return
		}
	}
	t.Errorf("returned %v after the cancel; %d goroutines were left after %v:\n%s",
		took, len(left), promptly, strings.Join(left, "\n\n"))
}

func cancelled(t *testing.T, s stage) (took time.Duration, left []string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reached := make(chan struct{})
	result := make(chan error, 1)
	go func() { result <- s(t, ctx, sync.OnceFunc(func() { close(reached) })) }()
	select {
	case <-reached:
	case err := <-result:
		t.Fatalf("ended before it was cancelled: %v", err)
	case <-time.After(10 * time.Second):
		t.Fatal("didn't get to where it was to be cancelled")
	}
	began := time.Now()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	took = time.Since(began)
	for left = clientGoroutines(); len(left) > 0 && time.Since(began) < promptly; left = clientGoroutines() {
		runtime.Gosched()
	}
	return took, left
}

// dialling is the stage of a Dial that waits for something.
func dialling(ctx context.Context, cfg wsconn.Config) error {
	conn, err := wsconn.Dial(ctx, cfg)
	if err == nil {
		conn.Close()
	}
	return err
}

// afterBytes reports when the client has sent something, and does nothing else.
func afterBytes(reached func()) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			reached()
		}
		silent(conn)
	}
}

func TestP5CancelWhileAskingForTheToken(t *testing.T) {
	release := make(chan struct{})
	t.Run("source ends with its context", func(t *testing.T) {
		endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
			cfg := listen(t, silent).config()
			cfg.Token = func(ctx context.Context) (string, error) {
				reached()
				<-ctx.Done()
				return "", ctx.Err()
			}
			return dialling(ctx, cfg)
		})
	})
	t.Run("source ignores its context", func(t *testing.T) {
		leavesNothing(t)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		cfg := listen(t, silent).config()
		cfg.Token = func(context.Context) (string, error) {
			cancel()
			<-release
			return "late", nil
		}
		began := time.Now()
		if err := dialling(ctx, cfg); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		if took := time.Since(began); took > 5*promptly {
			t.Errorf("a token source that hangs held Dial up for %v", took)
		}
		close(release)
	})
}

func TestP5CancelWhileDialling(t *testing.T) {
	endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
		cfg := listen(t, silent).config()
		cfg.HTTPClient = &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				reached()
				<-ctx.Done()
				return nil, ctx.Err()
			},
		}}
		return dialling(ctx, cfg)
	})
}

func TestP5CancelInTLSHandshake(t *testing.T) {
	server := newIdentity(t, "server")
	for name, client := range map[string]*http.Client{
		"default transport":    nil,
		"the user's transport": server.trusting(),
		"DialTLSContext": {Transport: &http.Transport{
			DialTLSContext: (&tls.Dialer{Config: &tls.Config{RootCAs: server.pool()}}).DialContext,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
				h := listen(t, afterBytes(reached))
				cfg := h.config()
				cfg.Endpoints[0] = h.endpoint("wss")
				cfg.HTTPClient = client
				return dialling(ctx, cfg)
			})
		})
	}
}

func TestP5CancelInProxyConnect(t *testing.T) {
	endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
		proxy := listen(t, func(conn net.Conn) {
			if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil && request.Method == http.MethodConnect {
				reached()
			}
			silent(conn)
		})
		h := listen(t, silent)
		cfg := h.config()
		cfg.Endpoints[0] = h.endpoint("wss")
		cfg.HTTPClient = through(proxy)
		return dialling(ctx, cfg)
	})
}

// through returns a client that uses a proxy.
func through(proxy *host) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: proxy.address}),
	}}
}

func TestP5CancelWhileAwaitingTheUpgrade(t *testing.T) {
	endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
		return dialling(ctx, listen(t, afterBytes(reached)).config())
	})
}

func TestP5CancelInMidHandshake(t *testing.T) {
	server := newIdentity(t, "server")
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
				serve := upgraded(func(p *peer) {
					if _, err := p.next(); err == nil {
						reached()
					}
					p.drain()
				})
				if scheme == "wss" {
					serve = overTLS(server.server(), serve)
				}
				h := listen(t, serve)
				cfg := h.config()
				cfg.Endpoints[0] = h.endpoint(scheme)
				cfg.HTTPClient = server.trusting()
				cfg.Handshake = func(socket *wsconn.Socket, token string) error {
					if err := socket.Send([]byte(token)); err != nil {
						return err
					}
					_, err := socket.Receive()
					return err
				}
				return dialling(ctx, cfg)
			})
		})
	}
}

func TestP5CancelDuringBackoff(t *testing.T) {
	endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
		h := listen(t, upgraded(func(*peer) {}))
		cfg := h.config()
		cfg.Backoff = wsconn.Backoff{Base: time.Hour, Cap: time.Hour}
		conn, err := wsconn.Dial(ctx, cfg)
		if err != nil {
			return err
		}
		if _, err := conn.Receive(); err == nil {
			return errors.New("received a message that nobody sent")
		}
		h.close()
		reached()
		return reconnect(conn)
	})
}

func TestP5CancelWhileWaitingForTheServer(t *testing.T) {
	endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
		h := listen(t, answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"))
		cfg := h.config()
		cfg.WaitForServer = true
		cfg.Backoff = wsconn.Backoff{Base: time.Hour, Cap: time.Hour}
		cfg.Logger = slog.New(onLog{slog.DiscardHandler, reached})
		return dialling(ctx, cfg)
	})
}

// onLog calls a function with each log line.
type onLog struct {
	slog.Handler
	call func()
}

func (h onLog) Enabled(context.Context, slog.Level) bool { return true }

func (h onLog) Handle(context.Context, slog.Record) error {
	h.call()
	return nil
}

func TestP5CancelWhileReading(t *testing.T) {
	server := newIdentity(t, "server")
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
				serve := upgraded((*peer).drain)
				if scheme == "wss" {
					serve = overTLS(server.server(), serve)
				}
				h := listen(t, serve)
				cfg := h.config()
				cfg.Endpoints[0] = h.endpoint(scheme)
				cfg.HTTPClient = server.trusting()
				conn, err := wsconn.Dial(ctx, cfg)
				if err != nil {
					return err
				}
				reached()
				_, err = conn.Receive()
				return err
			})
		})
	}
}

func TestP5CancelWithFullSendBuffer(t *testing.T) {
	server := newIdentity(t, "server")
	endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
		h := listen(t, overTLS(server.server(), upgraded(func(*peer) { <-t.Context().Done() })))
		cfg := h.config()
		cfg.Endpoints[0] = h.endpoint("wss")
		cfg.HTTPClient = server.trusting()
		conn, err := wsconn.Dial(ctx, cfg)
		if err != nil {
			return err
		}
		fill(conn)
		reached()
		_, err = conn.Receive()
		return err
	})
}

// A connection over TLS that the user dialled is also cut below TLS: closing TLS waits
// for a chance to tell the server, here for as long as it may.
func TestP5CancelCutsBelowTheUsersTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newIdentity(t, "server")
		h := inMemory(t, overTLS(server.server(), upgraded(func(*peer) { <-t.Context().Done() })))
		cfg := h.config()
		cfg.Endpoints[0] = h.endpoint("wss")
		cfg.HTTPClient = &http.Client{Transport: &http.Transport{
			DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := h.dial(ctx, network, address)
				return tls.Client(conn, &tls.Config{RootCAs: server.pool(), ServerName: "127.0.0.1"}), err
			},
		}}
		ctx, cancel := context.WithCancel(context.Background())
		conn, err := wsconn.Dial(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // For the request's write: during a write, closing TLS doesn't wait.
		began := time.Now()
		cancel()
		if _, err := conn.Receive(); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("cutting the connection took %v", took)
		}
	})
}

// fill sends until no message was accepted for a while.
func fill(conn *wsconn.Conn) {
	message := make([]byte, 1<<20)
	for progress := time.Now(); time.Since(progress) < 50*time.Millisecond; runtime.Gosched() {
		if conn.Send(message) == nil {
			progress = time.Now()
		}
	}
}

func TestP5CloseEndsEverything(t *testing.T) {
	leavesNothing(t)
	gone := make(chan struct{})
	cfg := listen(t, upgraded(func(p *peer) {
		p.drain()
		close(gone)
	})).config()
	conn, err := wsconn.Dial(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	conn.Close()
	<-gone // Nobody receives, and yet the descriptor is closed …
	for began := time.Now(); ; runtime.Gosched() {
		left := clientGoroutines() // … and the writer has ended.
		if len(left) == 0 {
			break
		}
		if time.Since(began) > time.Second {
			t.Fatalf("left after Close:\n%s", strings.Join(left, "\n\n"))
		}
	}
	if err := conn.Send([]byte("late")); !errors.Is(err, wsconn.ErrNotConnected) {
		t.Errorf("Send: %v, want %v", err, wsconn.ErrNotConnected)
	}
	if _, err := conn.Receive(); !errors.Is(err, wsconn.ErrClosed) {
		t.Errorf("Receive: %v, want %v", err, wsconn.ErrClosed)
	}
	if _, err := conn.Receive(); !errors.Is(err, wsconn.ErrClosed) {
		t.Errorf("second Receive: %v, want %v", err, wsconn.ErrClosed)
	}
	if err := reconnect(conn); !errors.Is(err, wsconn.ErrClosed) {
		t.Errorf("Retry: %v, want %v", err, wsconn.ErrClosed)
	}
	if err := conn.Send([]byte("later")); !errors.Is(err, wsconn.ErrNotConnected) {
		t.Errorf("second Send: %v, want %v", err, wsconn.ErrNotConnected)
	}
}

// A connection that is made after it was given up is closed.
func TestP5LateConnectionIsClosed(t *testing.T) {
	leavesNothing(t)
	gone, reached, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	cfg := listen(t, func(conn net.Conn) {
		silent(conn)
		close(gone)
	}).config()
	cfg.HTTPClient = dialledBy(func(_ context.Context, network, address string) (net.Conn, error) {
		close(reached)
		<-release
		return net.Dial(network, address)
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-reached
		cancel()
	}()
	if err := dialling(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	close(release)
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Error("the connection is still open")
	}
}

// A failed attempt leaves nothing behind, even if the server would go on.
func TestFailedAttemptLeavesNothing(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"keep-alive": func(conn net.Conn) {
			answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")(conn)
			silent(conn)
		},
		"handshake": upgraded((*peer).drain),
		"close frame": upgraded(func(p *peer) {
			_ = p.say(closeFrame(1000, "invalid token"))
			p.drain()
		}),
	} {
		t.Run(name, func(t *testing.T) {
			leavesNothing(t)
			gone := make(chan struct{})
			cfg := listen(t, func(conn net.Conn) {
				serve(conn)
				close(gone)
			}).config()
			cfg.Handshake = func(socket *wsconn.Socket, _ string) error {
				if name == "close frame" {
					return receiveOne(socket, "")
				}
				return errors.New("not what was expected")
			}
			dialFailure(t, cfg)
			select {
			case <-gone:
			case <-time.After(5 * time.Second):
				t.Error("the connection is still open")
			}
		})
	}
}
