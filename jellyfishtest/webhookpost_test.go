package jellyfishtest_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// receive starts a receiver on TCP that counts its connections.
func receive(t *testing.T, handler http.Handler) (url string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	receiver := httptest.NewUnstartedServer(handler)
	receiver.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	receiver.Start()
	t.Cleanup(receiver.Close)
	return receiver.URL, connections
}

// Jellyfish protocol, section 9: one connection is kept for a receiver, whatever
// it answers. It is the receiver's to end.
func TestWebhooksKeepTheirConnection(t *testing.T) {
	in := newInbox()
	answers := []func(w http.ResponseWriter){
		func(http.ResponseWriter) {},
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
		func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 50<<10)) },
		func(w http.ResponseWriter) { http.Error(w, "no", http.StatusInternalServerError) },
		func(w http.ResponseWriter) { w.Header().Set("Connection", "close") },
		func(http.ResponseWriter) {},
	}
	var count atomic.Int32
	url, connections := receive(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.ServeHTTP(w, r)
		answers[count.Add(1)-1](w)
	}))
	server := jellyfishtest.Run(t, jellyfishtest.Config{Webhooks: jellyfishtest.Webhooks{URL: url + "/"}})
	for range answers {
		send(t, server, created)
		in.expect(t, roomCreated)
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("the receiver got %d connections, want one until it closes it, and another", n)
	}
}

// Jellyfish protocol, section 3.4: nothing is tried twice, no redirect is
// followed.
func TestWebhooksAreTriedOnce(t *testing.T) {
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	answers := map[string]http.HandlerFunc{
		"fails":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"redirects": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusTemporaryRedirect) },
		"ends":      abort,
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			in := newInbox()
			var count atomic.Int32
			url, _ := receive(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				in.ServeHTTP(w, r)
				if count.Add(1) == 2 { // On a connection that was used before.
					answer(w, r)
				}
			}))
			server := jellyfishtest.Run(t, jellyfishtest.Config{Webhooks: jellyfishtest.Webhooks{URL: url + "/hook"}})
			want := []decode.Notification{
				decode.RoomCreated{RoomID: "1"}, decode.RoomCreated{RoomID: "2"}, decode.RoomCreated{RoomID: "3"},
			}
			send(t, server, want...)
			for _, n := range want {
				if got, err := decode.Append(nil, []byte(in.take(t).body)); err != nil || len(got) != 1 || got[0] != n {
					t.Errorf("got %v and error %v, want %v", got, err, n)
				}
			}
		})
	}
}

// The user in the URL is authenticated, decoded, and is no part of the request
// line. A user without a name isn't.
func TestWebhookUser(t *testing.T) {
	tests := map[string]struct{ name, password string }{
		"user:pw@":           {"user", "pw"},
		"us%40er:p%3Aw%2F1@": {"us@er", "p:w/1"},
		"token@":             {"token", ""},
		"@":                  {},
		"":                   {},
	}
	for user, want := range tests {
		synctest.Test(t, func(t *testing.T) {
			in := newInbox()
			server := jellyfishtest.Run(t, jellyfishtest.Config{
				InMemory:  true,
				Webhooks:  jellyfishtest.Webhooks{URL: "https://" + user + "receiver.test:8443/a%20b?c=d"},
				Receivers: map[string]http.Handler{"receiver.test:8443": in},
			})
			send(t, server, created)
			r := in.take(t)
			name, password, ok := r.BasicAuth()
			if name != want.name || password != want.password || ok != (want.name != "") {
				t.Errorf("%q: got user %q with %q (%t), want %+v", user, name, password, ok, want)
			}
			if r.RequestURI != "/a%20b?c=d" || r.Host != "receiver.test:8443" {
				t.Errorf("%q: got %s at %s", user, r.RequestURI, r.Host)
			}
		})
	}
}

// What goes wrong is logged with the receiver's name and without the rest of the
// address.
func TestWebhookSecretsStaySecret(t *testing.T) {
	refusing := httptest.NewServer(nil)
	refused := refusing.Listener.Addr().String()
	refusing.Close()
	for _, address := range []string{
		"http://secret:secret@" + refused + "/secret?token=secret",
		"http://secret:secret@nowhere.test/secret?token=secret",
		"http://secret:secret@broken.test/secret?token=secret",
		"ftp://secret:secret@receiver.test/secret?token=secret",
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			after := newInbox()
			server := jellyfishtest.Run(t, jellyfishtest.Config{
				InMemory: true,
				Webhooks: jellyfishtest.Webhooks{URL: address, SigningSecret: "secret"},
				Logger:   slog.New(slog.NewTextHandler(&log, nil)),
				Receivers: map[string]http.Handler{
					"nowhere.test": nil,
					"after.test":   after,
					"broken.test":  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }),
				},
			})
			room := createRoom(t, server, "")
			must(t, server, 204, "DELETE", "/room/"+room, "")
			createRoom(t, server, `{"webhookUrl":"http://after.test/"}`)
			after.take(t)
			_, host, _ := strings.Cut(address, "@")
			host, _, _ = strings.Cut(host, "/")
			if text := log.String(); strings.Count(text, "receiver="+host) != 2 || strings.Contains(text, "secret") {
				t.Errorf("%s: logged is\n%s\nwant two lines that name the receiver only", address, text)
			}
		})
	}
}

// stall is a receiver that doesn't answer.
func stall(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// stallInBody is a receiver that doesn't end its answer.
func stallInBody(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte("so far"))
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// trackOf returns a notification of a room, of at least the given number of bytes.
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
			for _, size := range []int{0, 1 << 20} { // The larger one isn't read to its end.
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
	if _, err := io.ReadAtLeast(c, make([]byte, 1<<10), 6); err != nil { // The handshake is begun.
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
