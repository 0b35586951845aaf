package wsconn_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

func TestDialRefusesBadConfig(t *testing.T) {
	for _, bad := range []struct {
		want  string
		spoil func(*wsconn.Config)
	}{
		{"Endpoints is empty", func(c *wsconn.Config) { c.Endpoints = nil }},
		{"Token is missing", func(c *wsconn.Config) { c.Token = nil }},
		{"Handshake is missing", func(c *wsconn.Config) { c.Handshake = nil }},
		{"ReadLimit is negative", func(c *wsconn.Config) { c.ReadLimit = -1 }},
		{"a duration is negative", func(c *wsconn.Config) { c.ConnectTimeout = -1 }},
		{"a duration is negative", func(c *wsconn.Config) { c.Backoff.Base = -1 }},
		{"a duration is negative", func(c *wsconn.Config) { c.Backoff.Cap = -1 }},
		{"a duration is negative", func(c *wsconn.Config) { c.Backoff.Healthy = -1 }},
		{"Endpoints[0]: URL is not", func(c *wsconn.Config) { c.Endpoints[0].URL = "http://user:secret@host" }},
		{"Endpoints[0]: URL is not", func(c *wsconn.Config) { c.Endpoints[0].URL = "ws://secret host" }},
		{"Endpoints[0]: URL is not", func(c *wsconn.Config) { c.Endpoints[0].URL = "ws:" }},
	} {
		cfg := listen(t, silent).config()
		cfg.WaitForServer = true
		bad.spoil(&cfg)
		conn, err := wsconn.Dial(t.Context(), cfg)
		if err == nil {
			conn.Close()
			t.Errorf("no error, want one about: %s", bad.want)
		} else if !strings.Contains(err.Error(), bad.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("error %q, want one about: %s", err, bad.want)
		}
	}
}

// A failed dial names the endpoint, the step, and the cause without what the layers in
// between add. Silence ends exactly at the time limit.
func TestDialNamesWhatFailed(t *testing.T) {
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
		spoil func(*wsconn.Config)
		step  string
		cause string
		after time.Duration
	}{
		{name: "token source fails", step: "token", cause: "vault is sealed",
			spoil: func(c *wsconn.Config) {
				c.Token = func(context.Context) (string, error) { return "", errors.New("vault is sealed") }
			}},
		{name: "token source hangs", step: "token", after: 10 * time.Second,
			cause: "no response within 10s: context deadline exceeded",
			spoil: func(c *wsconn.Config) {
				c.Token = func(ctx context.Context) (string, error) { <-ctx.Done(); return "", nil }
			}},
		{name: "DialContext hangs", step: "dial", after: 10 * time.Second,
			cause: "no response within 10s: context deadline exceeded",
			spoil: func(c *wsconn.Config) {
				c.HTTPClient = dialledBy(func(ctx context.Context, _, _ string) (net.Conn, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				})
			}},
		{name: "DialContext returns nothing", step: "dial",
			cause: "net/http: Transport.DialContext hook returned (nil, nil)",
			spoil: func(c *wsconn.Config) {
				c.HTTPClient = dialledBy(func(context.Context, string, string) (net.Conn, error) { return nil, nil })
			}},
		{name: "silence", serve: silent, step: "upgrade", after: 10 * time.Second,
			cause: "no response within 10s: context deadline exceeded"},
		{name: "silence in TLS handshake", serve: silent, step: "TLS handshake", after: 10 * time.Second,
			cause: "no response within 10s: context deadline exceeded",
			spoil: func(c *wsconn.Config) { c.Endpoints[0].URL = "wss://server.test" }},
		{name: "connection ended", serve: answering(""), step: "upgrade", cause: "EOF"},
		{name: "no HTTP", serve: answering("hello\r\n\r\n"), step: "upgrade",
			cause: `net/http: HTTP/1.x transport connection broken: malformed HTTP response "hello"`},
		{name: "404", serve: answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), step: "upgrade",
			cause: "server answered HTTP 404 Not Found instead of upgrading to a WebSocket"},
		{name: "503 with a body that never ends", step: "upgrade", after: 100 * time.Millisecond,
			serve: func(conn net.Conn) {
				answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\nsorry")(conn)
				silent(conn)
			},
			cause: "server answered HTTP 503 Service Unavailable instead of upgrading to a WebSocket: sorry"},
		{name: "429 with a long body", step: "upgrade",
			serve: answering("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 1000\r\n\r\n" +
				"<p>slow\x1b[2J\n  down</p>" + strings.Repeat(".", 977)),
			cause: "server answered HTTP 429 Too Many Requests instead of upgrading to a WebSocket: " +
				"<p>slow [2J down</p>" + strings.Repeat(".", 280) + "…"},
		{name: "401 with a body that never ends", step: "upgrade",
			serve: func(conn net.Conn) {
				answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nsorry")(conn)
				silent(conn)
			},
			cause: "token rejected: server answered HTTP 401 Unauthorized instead of upgrading to a WebSocket"},
		{name: "200", serve: answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), step: "upgrade",
			cause: "server answered HTTP 200 OK instead of upgrading to a WebSocket"},
		{name: "upgrade to something else", step: "upgrade",
			serve: answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n"),
			cause: `server's HTTP 101 is no upgrade to a WebSocket: its Upgrade header is "tea"`},
		{name: "101 without a header", step: "upgrade", serve: answering("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
			cause: `server's HTTP 101 is no upgrade to a WebSocket: its Upgrade header is ""`},
		{name: "101 for another request", step: "upgrade",
			serve: func(conn net.Conn) {
				answering("HTTP/1.1 101 Switching Protocols\r\nConnection: keep-alive, Upgrade\r\n" +
					"Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")(conn)
				silent(conn)
			},
			cause: "server's HTTP 101 is no upgrade to a WebSocket: its Sec-WebSocket-Accept isn't the answer to this request"},
		{name: "silence in handshake", serve: upgraded((*peer).drain), step: "handshake", after: 10 * time.Second,
			cause: "no response within 10s: context deadline exceeded",
			spoil: func(c *wsconn.Config) { c.Handshake = receiveOne }},
		{name: "connection ended in handshake", serve: upgraded(func(*peer) {}), step: "handshake",
			cause: "server ended the connection without a close frame: unexpected EOF",
			spoil: func(c *wsconn.Config) { c.Handshake = receiveOne }},
		{name: "close frame in handshake", step: "handshake",
			serve: upgraded(func(p *peer) { _ = p.say(closeFrame(1003, "operation not allowed")); p.drain() }),
			cause: "server closed the connection with code 1003: operation not allowed",
			spoil: func(c *wsconn.Config) { c.Handshake = receiveOne }},
		{name: "handshake takes too long", serve: upgraded((*peer).drain), step: "handshake", after: 11 * time.Second,
			cause: "no response within 10s: context deadline exceeded",
			spoil: func(c *wsconn.Config) {
				c.Handshake = func(*wsconn.Socket, string) error { time.Sleep(11 * time.Second); return nil }
			}},
		{name: "time limit that isn't round", serve: silent, step: "upgrade", after: 1234567 * time.Microsecond,
			cause: "no response within 1.235s: context deadline exceeded",
			spoil: func(c *wsconn.Config) { c.ConnectTimeout = 1234567 * time.Microsecond }},
		{name: "message over the limit in handshake", step: "handshake",
			serve: upgraded(func(p *peer) { _ = p.say(frame(final|opBinary, make([]byte, 100))); p.drain() }),
			cause: "message too big",
			spoil: func(c *wsconn.Config) { c.Handshake = receiveOne; c.ReadLimit = 99 }},
		{name: "handshake fails", serve: upgraded((*peer).drain), step: "handshake", cause: "unexpected greeting",
			spoil: func(c *wsconn.Config) {
				c.Handshake = func(*wsconn.Socket, string) error { return errors.New("unexpected greeting") }
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.serve == nil {
					test.serve = silent
				}
				cfg := inMemory(t, test.serve).config()
				cfg.Endpoints[0].Name = "node 1"
				if test.spoil != nil {
					test.spoil(&cfg)
				}
				began := time.Now()
				failure := dialFailure(t, cfg)
				if took := time.Since(began); took != test.after {
					t.Errorf("failed after %v, want %v", took, test.after)
				}
				if want := "connect to node 1: " + test.step + ": " + test.cause; failure.Error() != want {
					t.Errorf("got error  %s\nwant error %s", failure, want)
				}
				if failure.Step != test.step {
					t.Errorf("step %q, want %q", failure.Step, test.step)
				}
				if limited := test.after >= time.Second; limited != errors.Is(failure, context.DeadlineExceeded) {
					t.Errorf("is a deadline: %t, want %t", !limited, limited)
				}
			})
		})
	}
}

func dialledBy(dial func(context.Context, string, string) (net.Conn, error)) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// receiveOne is a handshake that waits for one message.
func receiveOne(socket *wsconn.Socket, _ string) error {
	_, err := socket.Receive()
	return err
}

// dialFailure dials once, which must fail.
func dialFailure(t *testing.T, cfg wsconn.Config) *wsconn.ConnectError {
	t.Helper()
	conn, err := wsconn.Dial(context.Background(), cfg)
	if err == nil {
		conn.Close()
		t.Fatal("no error")
	}
	var failure *wsconn.ConnectError
	if !errors.As(err, &failure) {
		t.Fatalf("error %v is no ConnectError", err)
	}
	return failure
}

func TestDialNobodyListens(t *testing.T) {
	leavesNothing(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{address: listener.Addr().String()}
	_ = listener.Close()
	failure := dialFailure(t, h.config())
	if failure.Step != "dial" || !errors.Is(failure, syscall.ECONNREFUSED) {
		t.Errorf("step %q, error %v", failure.Step, failure)
	}
}

func TestDialMixesUpTLS(t *testing.T) {
	leavesNothing(t)
	plain := answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
	certificate := newIdentity(t, "server")
	t.Run("TLS client, plain server", func(t *testing.T) {
		h := listen(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			silent(conn)
		})
		cfg := h.config()
		cfg.Endpoints[0] = h.endpoint("wss")
		failure := dialFailure(t, cfg)
		if failure.Step != "TLS handshake" || !strings.Contains(failure.Error(), "server gave HTTP response to HTTPS client") {
			t.Errorf("step %q, error %v", failure.Step, failure)
		}
	})
	t.Run("plain client, TLS server", func(t *testing.T) {
		server := httptest.NewUnstartedServer(nil)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		defer server.Close()
		h := &host{address: server.Listener.Addr().String()}
		var answer *wsconn.StatusError
		if failure := dialFailure(t, h.config()); !errors.As(failure, &answer) || answer.Body != "Client sent an HTTP request to an HTTPS server." {
			t.Errorf("step %q, error %v", failure.Step, failure)
		}
	})
	t.Run("unknown authority", func(t *testing.T) {
		h := listen(t, overTLS(certificate.server(), plain))
		cfg := h.config()
		cfg.Endpoints[0] = h.endpoint("wss")
		failure := dialFailure(t, cfg)
		var unknown x509.UnknownAuthorityError
		var unverified *tls.CertificateVerificationError
		if failure.Step != "TLS handshake" || !errors.As(failure, &unknown) || !errors.As(failure, &unverified) {
			t.Errorf("step %q, error %v", failure.Step, failure)
		}
	})
}

func TestP6HTTPAnswerIsAnOutageBut401IsRejection(t *testing.T) {
	for status, rejected := range map[int]bool{401: true, 403: false, 404: false, 500: false, 503: false} {
		synctest.Test(t, func(t *testing.T) {
			h := inMemory(t, answering("HTTP/1.1 "+statusLine(status)+"\r\nContent-Length: 0\r\n\r\n"))
			failure := dialFailure(t, h.config())
			var answer *wsconn.StatusError
			if !errors.As(failure, &answer) || answer.Code != status || answer.Status != statusLine(status) {
				t.Errorf("HTTP %d: error %v", status, failure)
			}
			var rejection *wsconn.RejectedError
			if errors.As(failure, &rejection) != rejected {
				t.Errorf("HTTP %d is a rejection: %t, want %t", status, !rejected, rejected)
			}
			if n := h.connections(); n != 1 {
				t.Errorf("HTTP %d: %d attempts, want 1", status, n)
			}
		})
	}
}

func TestP6RedirectIsRefused(t *testing.T) {
	other := listen(t, silent)
	for _, status := range []int{301, 302, 303, 307, 308} {
		h := listen(t, answering("HTTP/1.1 "+statusLine(status)+"\r\nContent-Length: 0\r\n"+
			"Location: http://"+other.address+"/socket\r\n\r\n"))
		cfg := h.config()
		cfg.Header = http.Header{"Authorization": {"Bearer development"}}
		cfg.HTTPClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
		failure := dialFailure(t, cfg)
		var answer *wsconn.StatusError
		if !errors.As(failure, &answer) || answer.Code != status {
			t.Errorf("HTTP %d: error %v", status, failure)
		}
	}
	if n := other.connections(); n != 0 {
		t.Errorf("%d connections to the host of the redirect", n)
	}
}

func TestDialSharesTheTimeAmongEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		began := time.Now()
		cfg := inMemory(t, silent).config()
		cfg.Token = func(context.Context) (string, error) {
			at = append(at, time.Since(began))
			return "development", nil
		}
		cfg.HTTPClient = dialledBy(func(ctx context.Context, _, address string) (net.Conn, error) {
			if address == "b.test:80" {
				return nil, syscall.ECONNREFUSED
			}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		cfg.ConnectTimeout = 8 * time.Second
		cfg.Endpoints = []wsconn.Endpoint{
			{Name: "a", URL: "ws://a.test"}, {Name: "b", URL: "ws://b.test"},
			{Name: "c", URL: "ws://c.test"}, {Name: "d", URL: "ws://d.test"},
		}
		_, err := wsconn.Dial(context.Background(), cfg)
		// a has a quarter of 8 s, b fails at once, c and d have half of what is left.
		want := []time.Duration{0, 2 * time.Second, 2 * time.Second, 5 * time.Second}
		if !slices.Equal(at, want) || time.Since(began) != 8*time.Second {
			t.Errorf("attempts at %v and failure at %v, want %v and 8s", at, time.Since(began), want)
		}
		text := "connect to a: dial: no response within 2s: context deadline exceeded; " +
			"connect to b: dial: connection refused; " +
			"connect to c: dial: no response within 3s: context deadline exceeded; " +
			"connect to d: dial: no response within 3s: context deadline exceeded"
		if err == nil || err.Error() != text || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got error  %v\nwant error %s", err, text)
		}
	})
}

func TestDialWaitsForTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		h := inMemory(t, upgraded((*peer).drain))
		cfg := h.config()
		cfg.WaitForServer = true
		cfg.HTTPClient = dialledBy(func(ctx context.Context, network, address string) (net.Conn, error) {
			if !up.Load() {
				return nil, syscall.ECONNREFUSED
			}
			return h.dial(ctx, network, address)
		})
		began := time.Now()
		time.AfterFunc(time.Hour, func() { up.Store(true) })
		conn := dial(t, cfg)
		if took := time.Since(began); took < time.Hour || took > time.Hour+30*time.Second {
			t.Errorf("connected after %v, the server was there after an hour", took)
		}
		if conn.Endpoint() != h.address {
			t.Errorf("endpoint %q, want %q", conn.Endpoint(), h.address)
		}
	})
}

func TestDialWaitsForAsLongAsItsContextLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(t, answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")).config()
		cfg.WaitForServer = true
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		began := time.Now()
		_, err := wsconn.Dial(ctx, cfg)
		if took := time.Since(began); took != time.Hour {
			t.Errorf("ended after %v, want an hour", took)
		}
		if want := "context deadline exceeded (last failure: connect to server.test:5002: upgrade: " +
			"server answered HTTP 503 Service Unavailable instead of upgrading to a WebSocket)"; err == nil || err.Error() != want {
			t.Errorf("got error  %v\nwant error %s", err, want)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v isn't the context's", err)
		}
	})
}

func statusLine(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }
