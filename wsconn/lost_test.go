package wsconn_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// loss dials a server in memory that sends something and ends the connection. It
// returns how the connection was lost, and checks that it can be re-established.
func loss(t *testing.T, token string, last ...[]byte) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := inMemory(t, upgraded(func(p *peer) {
			drained := make(chan struct{})
			go func() {
				p.drain()
				close(drained)
			}()
			_ = p.say(last...)
			synctest.Wait() // A client on a pipe may be about to write a close frame.
			_ = p.Close()
			<-drained
		}))
		cfg := h.config()
		cfg.Token = always(token)
		conn := dial(t, cfg)
		for range 2 {
			_, err = conn.Receive()
			if err == nil {
				t.Fatal("received a message that nobody sent")
			}
			if conn.Endpoint() != "" {
				t.Errorf("endpoint %q after the loss", conn.Endpoint())
			}
			if _, err := conn.Receive(); !errors.Is(err, wsconn.ErrNotConnected) {
				t.Errorf("Receive after the loss: %v, want %v", err, wsconn.ErrNotConnected)
			}
			if err := conn.Send(nil); !errors.Is(err, wsconn.ErrNotConnected) {
				t.Errorf("Send after the loss: %v, want %v", err, wsconn.ErrNotConnected)
			}
			if err := reconnect(conn); err != nil {
				t.Fatal(err)
			}
			if conn.Endpoint() != h.address {
				t.Errorf("endpoint %q, want %q", conn.Endpoint(), h.address)
			}
		}
	})
	return err
}

// The codes and reasons are those of the Jellyfish protocol, sections 1.3 to 1.6,
// and a few that a WebSocket may have besides.
func TestCloseFrame(t *testing.T) {
	long := strings.Repeat("é", 61)
	for _, test := range []struct {
		frame []byte
		want  wsconn.CloseError
		text  string
	}{
		{closeFrame(1000, ""), wsconn.CloseError{Code: 1000}, "code 1000"},
		{closeFrame(1000, "invalid token"), wsconn.CloseError{Code: 1000, Reason: "invalid token"}, "code 1000: invalid token"},
		{closeFrame(1003, "operation not allowed"), wsconn.CloseError{Code: 1003, Reason: "operation not allowed"}, "code 1003: operation not allowed"},
		{closeFrame(1011, ""), wsconn.CloseError{Code: 1011}, "code 1011"},
		{closeFrame(1002, ""), wsconn.CloseError{Code: 1002}, "code 1002"},
		{frame(final|opClose, nil), wsconn.CloseError{Code: 1005}, "code 1005"},
		{closeFrame(4999, long), wsconn.CloseError{Code: 4999, Reason: long}, "code 4999: " + long},
	} {
		err := loss(t, "development", test.frame)
		var closed *wsconn.CloseError
		if !errors.As(err, &closed) || *closed != test.want {
			t.Errorf("error %v, want %v", err, &test.want)
		}
		if want := "connection to server.test:5002: server closed the connection with " + test.text; err.Error() != want {
			t.Errorf("got text  %s\nwant text %s", err, want)
		}
	}
}

func TestP10EchoedTokenIsRedacted(t *testing.T) {
	const token = "s3cr3t/t\"ken"
	for reason, want := range map[string]string{
		"no " + token + ", no entry: " + token: "no [redacted], no entry: [redacted]",
		"no s3cr3t%2Ft%22ken!":                 "no [redacted]!",
		`no s3cr3t\/t\"ken!`:                   "no [redacted]!",
		"no s3cr3t&#x2F;t&quot;ken!":           "no [redacted]!",
		"cut off: s3cr3t/":                     "cut off: [redacted]",
		"red\x1b[31m\u202eder\u2028x":          "red [31mder x",
	} {
		want = "server closed the connection with code 1000: " + want
		if err := loss(t, token, closeFrame(1000, reason)); !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: got error %v, want one that ends in %s", reason, err, want)
		}
		synctest.Test(t, func(t *testing.T) {
			cfg := inMemory(t, upgraded(func(p *peer) { _ = p.say(closeFrame(1000, reason)); p.drain() })).config()
			cfg.Token = always(token)
			cfg.Handshake = receiveOne
			if failure := dialFailure(t, cfg); !strings.HasSuffix(failure.Error(), want) {
				t.Errorf("%q: got error %v, want one that ends in %s", reason, failure, want)
			}
		})
	}
	if err := loss(t, "", closeFrame(1000, "no token")); !strings.HasSuffix(err.Error(), ": no token") {
		t.Errorf("without a token: %v", err)
	}
}

// A secret is redacted wherever a response repeats it.
func TestP10AnswerIsRedacted(t *testing.T) {
	const token, header, password = "tok-5f1d0c1e", "hdr-77aa90bb", "pwd-1b2c3d4e"
	for _, secret := range []string{token, header, password} {
		for _, answer := range []string{
			"HTTP/1.1 503 no " + secret + "\r\n\r\n",
			"HTTP/1.1 401 no " + secret + "\r\n\r\n",
			"HTTP/1.1 503 x\r\nContent-Length: 1000\r\n\r\n" + strings.Repeat(".", 295) + secret,
			"HTTP/1.1 503 x\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("\n", 4090) + secret,
			"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: " + secret + "\r\n\r\n",
			secret + "\r\n\r\n",
			"HTTP/1.1 200 x\r\nno header " + secret + "\r\n\r\n",
			"HTTP/1.1 " + secret + "\r\n\r\n",
		} {
			synctest.Test(t, func(t *testing.T) {
				cfg := inMemory(t, func(conn net.Conn) {
					in := bufio.NewReader(conn)
					request, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if request.Method == http.MethodConnect {
						_, _ = io.WriteString(conn, "HTTP/1.1 200 x\r\n\r\n")
						if _, err := http.ReadRequest(in); err != nil {
							return
						}
					}
					_, _ = io.WriteString(conn, answer)
				}).config()
				cfg.Token = always(token)
				cfg.Header = http.Header{"X-Key": {"Key " + header}}
				cfg.HTTPClient.Transport.(*http.Transport).Proxy = http.ProxyURL(&url.URL{
					Scheme: "http", Host: "proxy.test", User: url.UserPassword("user", password),
				})
				for err := error(dialFailure(t, cfg)); err != nil; err = errors.Unwrap(err) {
					for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
						if strings.Contains(text, secret[:6]) {
							t.Errorf("%q: error %s", answer, text)
						}
					}
				}
			})
		}
	}
}

func TestStreamEnds(t *testing.T) {
	whole := frame(final|opBinary, payload(200))
	for name, last := range map[string][]byte{
		"between frames":      nil,
		"in mid-header":       whole[:1],
		"in mid-length":       whole[:3],
		"after a header":      whole[:4],
		"in mid-frame":        whole[:100],
		"at a buffer's end":   frame(final|opBinary, payload(10_000))[:4+4096],
		"in mid-message":      frame(opBinary, payload(200)),
		"in mid-ping":         frame(final|opPing, []byte("ping"))[:4],
		"in mid-close":        closeFrame(1000, "bye")[:4],
		"in mid-continuation": append(frame(opBinary, nil), frame(final|opContinuation, []byte("x"))[:2]...),
	} {
		err := loss(t, "development", last)
		want := "connection to server.test:5002: server ended the connection without a close frame: unexpected EOF"
		if err.Error() != want || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got error  %v\nwant error %s", name, err, want)
		}
	}
}

func TestReset(t *testing.T) {
	leavesNothing(t)
	reset := make(chan struct{})
	h := listen(t, upgraded(func(p *peer) {
		<-reset
		_ = p.Conn.(*net.TCPConn).SetLinger(0)
	}))
	conn := dial(t, h.config())
	close(reset)
	_, err := conn.Receive()
	var network *net.OpError
	if !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &network) {
		t.Fatalf("error %v, want %v", err, syscall.ECONNRESET)
	}
	if want := "connection to " + h.address + ": " + network.Error(); err.Error() != want {
		t.Errorf("got text  %s\nwant text %s", err, want)
	}
	if err := reconnect(conn); err != nil {
		t.Error(err)
	}
}

func TestP8GarbageIsAnError(t *testing.T) {
	for _, test := range []struct {
		name   string
		frames []byte
		want   string
	}{
		{"bad opcode", frame(final|0x3, nil), "received unknown opcode"},
		{"bad control opcode", frame(final|0xb, nil), "received unknown opcode"},
		{"first reserved bit", frame(final|0x40|opBinary, []byte("x")), "unexpected rsv bits"},
		{"second reserved bit", frame(final|0x20|opBinary, []byte("x")), "unexpected rsv bits"},
		{"third reserved bit", frame(final|0x10|opPing, nil), "unexpected rsv bits"},
		{"long control frame", frame(final|opPing, make([]byte, 126)), "invalid length"},
		{"longest control frame", frameHeader(final|opPong, 1<<62), "invalid length"},
		{"fragmented control frame", frame(opPing, nil), "fragmented control frame"},
		{"negative length", frameHeader(final|opBinary, 1<<63), "negative payload length"},
		{"continuation of nothing", frame(final|opContinuation, []byte("x")), "continuation frame"},
		{"message in a message", append(frame(opBinary, nil), frame(final|opBinary, nil)...), "new data message"},
		{"close frame of one byte", frame(final|opClose, []byte{3}), "invalid close payload"},
		{"close frame with a reserved code", closeFrame(1006, ""), "invalid close payload"},
		{"close frame with no such code", closeFrame(5000, ""), "invalid close payload"},
		{"HTTP", []byte("HTTP/1.1 200 OK\r\n"), "unexpected rsv bits"},
	} {
		err := loss(t, "development", test.frames)
		prefix := "connection to server.test:5002: received "
		if !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one about: %s", test.name, err, test.want)
		}
	}
}

// A server must not mask its frames. The WebSocket library doesn't check; the message
// arrives as it was sent, which is no message of any protocol.
func TestP8MaskedFrameIsHandedOnAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t, inMemory(t, upgraded(func(p *peer) {
			_ = p.say([]byte{final | opBinary, 0x80 | 3, 1, 2, 3, 4, 'a' ^ 1, 'b' ^ 2, 'c' ^ 3})
			_ = p.say(frame(final|opBinary, []byte("next")))
			p.drain()
		})).config())
		for _, want := range []string{"\x60\x60\x60", "next"} {
			if message, err := conn.Receive(); err != nil || string(message.Data) != want {
				t.Errorf("received %q, %v; want %q", message.Data, err, want)
			}
		}
	})
}

func TestMessagesBeforeALossAreDelivered(t *testing.T) {
	const count = 1000
	end := frame(final|opBinary, []byte("last words"))
	h := listen(t, upgraded(func(p *peer) {
		for range count {
			_ = p.say(end)
		}
	}))
	conn := dial(t, h.config())
	for i := range count {
		if _, err := conn.Receive(); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if _, err := conn.Receive(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

// halfOpen is a connection to which nothing can be written any more.
type halfOpen struct {
	net.Conn
	broken atomic.Bool
	failed chan struct{}
}

func (c *halfOpen) Write(p []byte) (int, error) {
	if c.broken.Load() {
		close(c.failed)
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// What the server has sent is received even if it no longer reads.
func TestMessagesBeforeAFailedWriteAreDelivered(t *testing.T) {
	speak := make(chan struct{})
	h := listen(t, upgraded(func(p *peer) {
		<-speak
		_ = p.say(frame(final|opBinary, []byte("last words")), closeFrame(1000, "bye"))
	}))
	half := &halfOpen{failed: make(chan struct{})}
	cfg := h.config()
	cfg.HTTPClient = dialledBy(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		half.Conn = conn
		return half, err
	})
	conn := dial(t, cfg)
	half.broken.Store(true)
	if err := conn.Send([]byte("hello?")); err != nil {
		t.Fatal(err)
	}
	<-half.failed
	close(speak)
	if message, err := conn.Receive(); err != nil || string(message.Data) != "last words" {
		t.Fatalf("%q, %v", message.Data, err)
	}
	var closed *wsconn.CloseError
	if _, err := conn.Receive(); !errors.As(err, &closed) || closed.Reason != "bye" {
		t.Errorf("error %v, want the close frame", err)
	}
}
