package jellyfishtest_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// stall is a receiver that doesn't answer.
func stall(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// stallInBody is a receiver that doesn't end its answer.
func stallInBody(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte("so far"))
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// trackOf returns a notification of a room, of at least so many bytes.
func trackOf(roomID string, size int) decode.Notification {
	metadata := decode.Metadata(`"` + strings.Repeat("x", size) + `"`)
	return decode.TrackAdded{RoomID: roomID, Owner: peer1, Track: decode.Track{ID: "t1", Metadata: metadata}}
}

// Jellyfish protocol, sections 3.4 and 9: the webhooks of all rooms go out one
// after the other. One that isn't answered holds up the others, for 8 s if no
// connection can be made and for 5 s otherwise; it isn't repeated.
func TestWebhooksAreSequential(t *testing.T) {
	tests := []struct {
		name     string
		receiver http.Handler
		wait     time.Duration
	}{
		{"answers", newInbox(), 0},
		{"doesn't accept", nil, 8 * time.Second},
		{"doesn't answer", http.HandlerFunc(stall), 5 * time.Second},
		{"doesn't end its answer", http.HandlerFunc(stallInBody), 5 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range []int{0, 1 << 20} { // the larger one isn't read to its end
				testSlowReceiver(t, test.receiver, size, test.wait)
			}
		})
	}
}

func testSlowReceiver(t *testing.T, slow http.Handler, size int, wait time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox()
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory:  true,
			Receivers: map[string]http.Handler{"slow.test": slow, "fast.test": in},
		})
		start := time.Now()
		createRoom(t, server, `{"roomId":"slow","webhookUrl":"http://slow.test/"}`)
		createRoom(t, server, `{"roomId":"fast","webhookUrl":"http://fast.test/"}`)
		send(t, server, trackOf("slow", size), decode.RoomDeleted{RoomID: "fast"})
		for i, kind := range []decode.Kind{decode.KindRoomCreated, decode.KindRoomDeleted} {
			r := in.take(t)
			if got := kindsIn(t, r.body); len(got) != 1 || got[0] != kind {
				t.Errorf("got %v, want %v", got, kind)
			}
			if took, want := r.at.Sub(start), time.Duration(i+1)*wait; took != want {
				t.Errorf("webhook %d came after %v, want %v", i+1, took, want)
			}
		}
		in.expectNothing(t)
	})
}

// A receiver that doesn't even read holds up a large request for 5 s.
func TestWebhookWriteTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox()
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true,
			Webhooks: jellyfishtest.Webhooks{URL: "http://fast.test/"},
			Receivers: map[string]http.Handler{
				"fast.test": in,
				"slow.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.ContentLength > 1<<20 {
						stall(w, r)
					}
				}),
			},
		})
		createRoom(t, server, `{"roomId":"slow","webhookUrl":"http://slow.test/"}`)
		start := time.Now()
		send(t, server, trackOf("slow", 1<<20), created)
		if took := in.take(t).at.Sub(start); took != 5*time.Second {
			t.Errorf("the next webhook came after %v, want 5s", took)
		}
	})
}

// The context of a handler ends when the server is closed. A handler that goes
// on all the same is left behind.
func TestCloseEndsReceivers(t *testing.T) {
	release := make(chan struct{})
	handlers := map[string]http.Handler{
		"isn't there": nil,
		"heeds":       http.HandlerFunc(stall),
		"reads": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			stall(nil, r)
		}),
		"hijacks": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			stall(w, r)
		}),
		"ignores": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }),
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release = make(chan struct{})
				defer close(release)
				var log bytes.Buffer
				server := jellyfishtest.Run(t, jellyfishtest.Config{
					InMemory:  true,
					Webhooks:  jellyfishtest.Webhooks{URL: "http://slow.test/"},
					Receivers: map[string]http.Handler{"slow.test": handler},
					Logger:    slog.New(slog.NewTextHandler(&log, nil)),
				})
				send(t, server, created, deleted)
				synctest.Wait()
				start, want := time.Now(), time.Duration(0)
				if name == "ignores" {
					want = time.Second
				}
				server.Close()
				if took := time.Since(start); took != want {
					t.Errorf("Close took %v, want %v", took, want)
				}
				if log.Len() > 0 {
					t.Errorf("logged is %s, want nothing: no receiver failed", log.String())
				}
			})
		})
	}
}

// A receiver with which a TLS handshake goes on is left at once.
func TestCloseEndsHandshakesWithReceivers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	server := jellyfishtest.Run(t, jellyfishtest.Config{
		Webhooks: jellyfishtest.Webhooks{URL: "https://" + listener.Addr().String() + "/"},
	})
	send(t, server, created)
	c, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.ReadAtLeast(c, make([]byte, 1<<10), 6); err != nil { // the handshake is begun
		t.Fatal(err)
	}
	server.Close()
	if err := c.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is open 3 s after Close")
	}
}
