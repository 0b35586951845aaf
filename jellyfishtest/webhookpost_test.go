package jellyfishtest_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

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
				if count.Add(1) == 2 { // on a connection that was used before
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
