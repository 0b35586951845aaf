package rooms_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const proxyPassword = "proxy-5e11ab90"

// failure returns the error of a List with that configuration.
func failure(t *testing.T, cfg rooms.Config) string {
	t.Helper()
	if cfg.ServerAPIToken.IsZero() {
		cfg.ServerAPIToken = rooms.NewSecret(secretToken)
	}
	client := newClient(t, cfg)
	defer client.CloseIdleConnections()
	_, err := client.List(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	return err.Error()
}

// repeating is an HTTP server, or a proxy, that responds with a status line, and a
// body, that contain what it was sent.
func repeating(t *testing.T, answer func(*http.Request) string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if request, err := http.ReadRequest(newReader(conn)); err == nil {
				_, _ = io.WriteString(conn, answer(request))
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

// A proxy may repeat what it was sent, and so may the function that finds it.
func TestP10ProxySecrets(t *testing.T) {
	t.Parallel()
	proxy := repeating(t, func(r *http.Request) string {
		sent := r.Header.Get("Proxy-Authorization") + " " + r.Header.Get("X-Proxy-Key") + " " + proxyPassword
		return "HTTP/1.1 407 " + sent + "\r\n\r\n" + sent
	})
	through := http.ProxyURL(&url.URL{Scheme: "http", Host: proxy, User: url.UserPassword("me", proxyPassword)})
	key := http.Header{"X-Proxy-Key": {"Key " + secretKey}}
	malformed := "http://me:" + proxyPassword + "@%"
	for name, transport := range map[string]*http.Transport{
		"URL":                   {Proxy: through},
		"ProxyConnectHeader":    {Proxy: through, ProxyConnectHeader: key},
		"GetProxyConnectHeader": {Proxy: through, GetProxyConnectHeader: func(context.Context, *url.URL, string) (http.Header, error) { return key, nil }},
		"malformed URL": {Proxy: func(*http.Request) (*url.URL, error) {
			return url.Parse(malformed)
		}},
		"no URL": {Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy today") }},
	} {
		for _, address := range []string{"http://media.test", "https://media.test"} {
			text := failure(t, rooms.Config{ServerAddress: address, HTTPClient: &http.Client{Transport: transport}})
			for _, secret := range []string{proxyPassword, "bWU6", secretKey} {
				if strings.Contains(text, secret) {
					t.Errorf("%s, %s: %s", name, address, text)
				}
			}
			if name == "no URL" && !strings.Contains(text, "no proxy today") {
				t.Errorf("%s, %s: %s", name, address, text)
			}
		}
	}
}

// A server may repeat a part of a header's value, or of a cookie.
func TestP10PartsOfHeaders(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, key, _ := strings.Cut(r.Header.Get("X-Secret"), " ")
		cookie, err := r.Cookie("session")
		if err != nil {
			t.Error(err)
			return
		}
		http.Error(w, "not "+key+", not "+cookie.Value+", not "+r.Header.Get("Cookie"), http.StatusForbidden)
	}))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: secretPeer}, {Name: "other", Value: "o"}})
	text := failure(t, rooms.Config{
		ServerAddress: server.URL, HTTPClient: &http.Client{Jar: jar},
		Header: http.Header{"X-Secret": {"Key " + secretHeader}},
	})
	if strings.Contains(text, secretHeader) || strings.Contains(text, secretPeer) || strings.Count(text, "[redacted]") != 3 {
		t.Error(text)
	}
}

// A secret stays hidden in the form that it takes on its way into a line of text.
func TestP10SecretsThatALineChanges(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"two  spaces 7d1f", "soft\u00adhyphen 7d1f", "tok-7d1f"} {
		for _, body := range []string{token, quoteErrors(token), `{"detail":` + quote(token) + `}`, "<title>" + token + "</title>", token[:4] + "\u200b" + token[4:]} {
			server := serve(t, answering(http.StatusForbidden, body))
			text := failure(t, rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(token)})
			if strings.Contains(text, "7d1f") {
				t.Errorf("%q repeated as %q: %s", token, body, text)
			}
		}
	}
}

// Only text from outside is redacted: a token that is a word of our own texts doesn't
// garble them.
func TestP10OwnTextsStay(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"HTTP/1.1 101 t\r\nUpgrade: t\r\n\r\n":             "response isn't final",
		"HTTP/1.1 302 t\r\nLocation: /t\r\n\r\n":           "redirects are not followed",
		"HTTP/1.1 200 t\r\nContent-Length: 1\r\n\r\nt":     "it is no JSON object",
		"HTTP/1.1 206 t\r\nContent-Length: 1\r\n\r\nt":     "expected HTTP 200",
		"HTTP/1.1 403 t\r\nContent-Length: 5\r\n\r\nisn't": "isn'[redacted]",
		"HTTP/t": "[redacted]",
	} {
		server := repeating(t, func(*http.Request) string { return answer })
		for _, token := range []string{"t", "is", "are", "a"} {
			text := failure(t, rooms.Config{ServerAddress: server, ServerAPIToken: rooms.NewSecret(token)})
			if token == "t" && !strings.Contains(text, want) || strings.Contains(text, "redacted") && !strings.Contains(want, "redacted") {
				t.Errorf("token %s, answer %q: %s", token, answer, text)
			}
		}
	}
}

// Little is read of a success that isn't JSON, however long it is.
func TestP11NoJSONIsNotRead(t *testing.T) {
	t.Parallel()
	for _, repeated := range []string{"a", "<p> ", "[", `"`, "1", "nul"} {
		var written atomic.Int64
		ended := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			defer close(ended)
			chunk := []byte(strings.Repeat(repeated, 16<<10))
			for {
				n, err := w.Write(chunk)
				if written.Add(int64(n)); err != nil || written.Load() > 32<<20 {
					return
				}
			}
		}))
		text := failure(t, rooms.Config{ServerAddress: server.URL})
		<-ended
		server.Close()
		// It can fill only the sockets' buffers.
		if !strings.Contains(text, "it is no JSON object") || written.Load() > 16<<20 {
			t.Errorf("%s…: %d bytes were taken: %s", repeated, written.Load(), text)
		}
	}
}

// A limit that can't be reached means no limit.
func TestReadLimitWithoutBound(t *testing.T) {
	t.Parallel()
	server := serve(t, answering(http.StatusOK, `{"data":[{"id":"a"}]}`))
	for _, limit := range []int64{math.MaxInt64, math.MaxInt64 / 2, math.MaxInt64 / 4, math.MaxInt64 / 8, 1 << 40} {
		client := newClient(t, rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret("t"), ReadLimit: limit})
		if list, err := client.List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("limit %d: %v, error %v", limit, list, err)
		}
		client.CloseIdleConnections()
	}
}
