package stream_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A body that doesn't arrive is waited for exactly this long, even if its bytes arrive
// one by one. The limit of the HTTP server doesn't matter.
func TestWebhookBodyTimeout(t *testing.T) {
	for _, c := range []struct {
		set, readTimeout, want time.Duration
		bytesEvery             time.Duration
	}{
		{set: 0, want: 5 * time.Second},
		{set: 0, want: 5 * time.Second, bytesEvery: 300 * time.Millisecond},
		{set: 2 * time.Second, want: 2 * time.Second},
		{set: time.Minute, want: time.Minute, bytesEvery: time.Second},
		{set: 0, readTimeout: time.Second, want: 5 * time.Second},
		{set: 0, readTimeout: time.Hour, want: 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWebhook(t.Context(), t, stream.WebhookConfig{BodyTimeout: c.set})
			sub := join(t.Context(), t, w)
			conn := serveInMemory(t, &http.Server{Handler: w, ReadTimeout: c.readTimeout}).dial()
			var writing sync.WaitGroup
			defer writing.Wait()
			defer conn.Close()
			start := time.Now()
			writing.Go(func() {
				_, err := io.WriteString(conn, postHead(1000)+string(message(t, room(1))))
				for err == nil && c.bytesEvery > 0 {
					time.Sleep(c.bytesEvery)
					_, err = conn.Write([]byte{0})
				}
			})
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != http.StatusServiceUnavailable || !answer.Close {
				t.Errorf("the answer is %d, closing: %v", answer.StatusCode, answer.Close)
			}
			if took := time.Since(start); took != c.want {
				t.Errorf("the answer came after %v, want %v", took, c.want)
			}
			expectNothing(t, sub)
			if s := w.Stats(); s.Refused != 1 || s.Requests != 0 {
				t.Errorf("counters are %+v", s)
			}
		})
	}
}

// postHead returns the head of a request with a body of the given number of bytes.
func postHead(length int) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", protobufType, length)
}

// A body that arrives just in time is accepted, whatever limit the HTTP server has.
func TestWebhookAcceptsASlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		sub := join(t.Context(), t, w)
		conn := serveInMemory(t, &http.Server{Handler: w, ReadTimeout: time.Second}).dial()
		defer conn.Close()
		body := message(t, room(1))
		go func() {
			_, _ = io.WriteString(conn, postHead(len(body)))
			time.Sleep(5*time.Second - 1)
			_, _ = conn.Write(body)
		}()
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("the answer is %v (%v)", answer, err)
		}
		expect(t, sub, room(1))
	})
}

// The time limit of a body ends with it: a server keeps its connection (Jellyfish
// protocol, section 9), and handlers around this one may continue.
func TestWebhookBodyTimeoutEndsWithTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		sub := join(t.Context(), t, w)
		goOn := time.Duration(0)
		around := http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
			w.ServeHTTP(answer, r)
			time.Sleep(goOn)
			if err := r.Context().Err(); err != nil {
				t.Errorf("the request was ended: %v", err)
			}
		})
		client := serveInMemory(t, &http.Server{Handler: around}).client(t)
		for i := range 3 {
			goOn = []time.Duration{0, 10 * time.Second, 0}[i]
			if status := post(t, client, receiverURL, message(t, room(i))); status != http.StatusOK {
				t.Errorf("the answer is %d", status)
			}
			expect(t, sub, room(i))
			time.Sleep(10 * time.Second)
		}
	})
}

// Package net/http lifts a read deadline itself once it has read a body. Others may
// not.
func TestWebhookLiftsItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		answer := &deadlined{ResponseRecorder: httptest.NewRecorder()}
		w.ServeHTTP(answer, newPost(protobufType, message(t, room(1))))
		if answer.Code != http.StatusOK || len(answer.deadlines) != 2 ||
			!answer.deadlines[0].Equal(time.Now().Add(5*time.Second)) || !answer.deadlines[1].IsZero() {
			t.Errorf("the answer is %d, the deadlines were %v", answer.Code, answer.deadlines)
		}
	})
}

// deadlined is a ResponseWriter with deadlines.
type deadlined struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (d *deadlined) SetReadDeadline(t time.Time) error {
	d.deadlines = append(d.deadlines, t)
	return nil
}

// A request that is refused before its body has arrived gets its response at once, and
// its connection, which net/http keeps to let the client read the response, is given up
// when the time for the body is over.
func TestWebhookGivesUpARefusedBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{Requests: decode.RequestDecoder{URLSecrets: secrets(urlSecret)}})
		conn := serveInMemory(t, &http.Server{Handler: w}).dial()
		defer conn.Close()
		start := time.Now()
		if status := stall(t, conn); status != http.StatusUnauthorized || time.Since(start) != 0 {
			t.Errorf("the answer %d came after %v", status, time.Since(start))
		}
		if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
			t.Errorf("after the answer came %q (%v)", rest, err)
		}
		if took := time.Since(start); took > 5*time.Second+time.Second { // It lingers for a moment.
			t.Errorf("the connection was given up after %v", took)
		}
	})
}

// Time limits over real sockets, in both versions of HTTP.
func TestWebhookOverTCP(t *testing.T) {
	for _, major := range []int{1, 2} {
		t.Run(fmt.Sprintf("HTTP/%d", major), func(t *testing.T) {
			// What is late is refused; on a busy machine the good requests need some
			// time.
			w := newWebhook(t.Context(), t, stream.WebhookConfig{BodyTimeout: 300 * time.Millisecond})
			sub := join(t.Context(), t, w)
			server := httptest.NewUnstartedServer(w)
			server.EnableHTTP2 = major == 2
			server.StartTLS()
			defer server.Close()
			for i := range 2 {
				if status := post(t, server.Client(), server.URL, message(t, room(i))); status != http.StatusOK {
					t.Errorf("the answer is %d", status)
				}
				body, stalled := io.Pipe()
				answer, err := server.Client().Post(server.URL, protobufType, body)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				stalled.Close()
				if answer.StatusCode != http.StatusServiceUnavailable || answer.ProtoMajor != major {
					t.Errorf("a stalled request is answered with %d over %s", answer.StatusCode, answer.Proto)
				}
			}
			expect(t, sub, roomsFrom(0, 2)...)
			if s := w.Stats(); s.Requests != 2 || s.Refused != 2 {
				t.Errorf("counters are %+v", s)
			}
		})
	}
}

// A ResponseWriter that wraps net/http's has its deadlines if it unwraps to it; one
// without deadlines works.
func TestWebhookBehindOtherHandlers(t *testing.T) {
	for _, unwraps := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWebhook(t.Context(), t, stream.WebhookConfig{BodyTimeout: time.Second})
			sub := join(t.Context(), t, w)
			around := http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
				if unwraps {
					w.ServeHTTP(unwrapping{answer}, r)
				} else {
					w.ServeHTTP(struct{ http.ResponseWriter }{answer}, r)
				}
			})
			server := serveInMemory(t, &http.Server{Handler: around, ReadTimeout: time.Minute})
			if status := post(t, server.client(t), receiverURL, message(t, room(1))); status != http.StatusOK {
				t.Errorf("the answer is %d", status)
			}
			expect(t, sub, room(1))
			conn := server.dial()
			defer conn.Close()
			start, want := time.Now(), time.Minute
			if unwraps {
				want = time.Second
			}
			if status := stall(t, conn); status != http.StatusServiceUnavailable {
				t.Errorf("a stalled request is answered with %d", status)
			}
			if took := time.Since(start); took != want {
				t.Errorf("the answer came after %v, want %v", took, want)
			}
		})
	}
}

// Behind a handler that hides the deadlines, the HTTP server's own limit applies, and
// it is logged once that BodyTimeout doesn't.
func TestWebhookBehindTimeoutHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		w := newWebhook(t.Context(), t, stream.WebhookConfig{
			BodyTimeout: time.Second,
			Logger:      slog.New(slog.NewTextHandler(&log, nil)),
		})
		around := http.TimeoutHandler(w, time.Hour, "late")
		server := serveInMemory(t, &http.Server{Handler: around, ReadTimeout: time.Minute})
		for i := range uint64(3) {
			conn := server.dial()
			defer conn.Close()
			start := time.Now()
			status := stall(t, conn) // The TimeoutHandler's, or the webhook's.
			if status != http.StatusServiceUnavailable || time.Since(start) != time.Minute {
				t.Errorf("the answer %d came after %v", status, time.Since(start))
			}
			synctest.Wait()
			if s := w.Stats(); s.Refused != i+1 {
				t.Errorf("counters are %+v", s)
			}
			if n := log.count("level=WARN msg=\"BodyTimeout has no effect"); n != 1 {
				t.Errorf("%d warnings", n)
			}
		}
	})
}

// A request without a body has no time limit, which would end handlers around this one.
func TestWebhookHasNoTimeoutWithoutABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		around := http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
			w.ServeHTTP(answer, r)
			time.Sleep(10 * time.Second)
			if err := r.Context().Err(); err != nil {
				t.Errorf("the request was ended: %v", err)
			}
		})
		conn := serveInMemory(t, &http.Server{Handler: around}).dial()
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("the answer is %v (%v)", answer, err)
		}
	})
}

type unwrapping struct{ http.ResponseWriter }

func (u unwrapping) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// stall begins a request, and returns the status of the response.
func stall(t *testing.T, conn net.Conn) int {
	t.Helper()
	if _, err := io.Copy(conn, strings.NewReader(postHead(10))); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}
