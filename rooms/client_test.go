package rooms_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// The headers of a request.
func TestHeaders(t *testing.T) {
	t.Parallel()
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		if r.Method == http.MethodPost {
			answering(http.StatusCreated, `{"data":{"room":{"id":"r"}}}`)(w, r)
		} else {
			answering(http.StatusOK, `{"data":[]}`)(w, r)
		}
	}))
	t.Cleanup(server.Close)
	header := http.Header{"X-Tenant": {"a", "b"}, "Authorization": {"Basic x"}, "Accept": {"text/html"}, "Content-Type": {"text/plain"}}
	client := newClient(t, rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("development"), Header: header})
	header.Set("X-Tenant", "changed later")

	if _, err := client.Create(t.Context(), rooms.RoomConfig{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer development",
		"Accept":        "application/json",
		"Content-Type":  "application/json",
		"User-Agent":    "jellyfish-go",
		"X-Tenant":      "a,b",
	} {
		if value := strings.Join(got.Values(name), ","); value != want {
			t.Errorf("%s: %q, want %q", name, value, want)
		}
	}
	plain := newClient(t, rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t"), Header: http.Header{"User-Agent": {"mine/1"}}})
	if _, err := plain.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got.Get("User-Agent") != "mine/1" || got["Content-Type"] != nil {
		t.Errorf("a GET carried %v", got)
	}
}

// Names may be spelt in any way, and what can't be sent is refused at once.
func TestHeaderIsChecked(t *testing.T) {
	t.Parallel()
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		answering(http.StatusOK, `{"data":[]}`)(w, r)
	}))
	t.Cleanup(server.Close)
	cfg := rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t")}
	cfg.Header = http.Header{"host": {"media.test:80"}, "x-key": {"k"}, "authorization": {"Bearer other"}, "USER-AGENT": {"mine/1"}}
	if _, err := newClient(t, cfg).List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got.Host != "media.test:80" || got.Header.Get("X-Key") != "k" || got.Header.Get("User-Agent") != "mine/1" ||
		strings.Join(got.Header["Authorization"], ",") != "Bearer t" {
		t.Errorf("sent to host %s: %v", got.Host, got.Header)
	}
	for _, header := range []http.Header{
		{"": {"x"}}, {"X Y": {"x"}}, {"X-Key": {"x\r\nHost: y"}}, {"X-Key": {"hush\x00"}},
		{"host": {"a b"}}, {"Host": {"a", "b"}}, {"Host": {"a.test"}, "host": {"b.test"}}, {"Host": {"a.test/x"}}, {"Host": {""}},
	} {
		cfg.Header = header
		_, err := rooms.New(cfg)
		refused(t, err, "Header")
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("a value is shown: %v", err)
		}
	}
}

// The token source is asked before each request.
func TestTokenSource(t *testing.T) {
	t.Parallel()
	var tokens []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("Authorization"))
		answering(http.StatusOK, `{"data":[]}`)(w, r)
	}))
	t.Cleanup(server.Close)
	asked := 0
	client := newClient(t, rooms.Config{ServerAddress: server.URL, TokenSource: func(context.Context) (string, error) {
		asked++
		return fmt.Sprint("token-", asked), nil
	}})
	for range 2 {
		if _, err := client.List(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(tokens); got != "[Bearer token-1 Bearer token-2]" {
		t.Errorf("got %s", got)
	}
}

// A client for another node keeps token, TLS, HTTP settings and connections.
func TestAt(t *testing.T) {
	t.Parallel()
	var asked []string
	handle := func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Host+r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Tenant"))
		answering(http.StatusOK, `{"data":[]}`)(w, r)
	}
	first, second := httptest.NewTLSServer(http.HandlerFunc(handle)), httptest.NewTLSServer(http.HandlerFunc(handle))
	t.Cleanup(first.Close)
	t.Cleanup(second.Close)
	roots := x509.NewCertPool()
	roots.AddCert(first.Certificate())
	roots.AddCert(second.Certificate())
	client := newClient(t, rooms.Config{
		ServerAddress: first.URL, ServerAPIToken: rooms.NewSecret("t"), Header: http.Header{"X-Tenant": {"a"}},
		HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}},
	})
	for _, test := range []struct{ node, asked string }{
		{second.Listener.Addr().String(), second.Listener.Addr().String() + "/room"},
		{second.URL + "/jf", second.Listener.Addr().String() + "/jf/room"},
		{client.Address(), first.Listener.Addr().String() + "/room"},
	} {
		node, err := client.At(test.node)
		if err != nil {
			t.Fatal(err)
		}
		asked = nil
		if _, err := node.List(t.Context()); err != nil {
			t.Errorf("%s: %v", test.node, err)
		}
		if got, want := fmt.Sprint(asked), "["+test.asked+" Bearer t a]"; got != want {
			t.Errorf("%s: asked %s, want %s", test.node, got, want)
		}
	}
	if client.Address() != first.Listener.Addr().String() {
		t.Errorf("the client itself now asks %s", client.Address())
	}
}

// The user's transport is cloned, not changed; one that isn't an *http.Transport is
// used as it is.
func TestUsersTransport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(answering(http.StatusOK, `{"data":[]}`))
	t.Cleanup(server.Close)
	mine := &http.Transport{IdleConnTimeout: time.Hour}
	client := newClient(t, rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t"), HTTPClient: &http.Client{Transport: mine}})
	if _, err := client.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if mine.IdleConnTimeout != time.Hour || mine.DialContext != nil || mine.TLSHandshakeTimeout != 0 {
		t.Error("the user's transport was changed")
	}

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var used int
	tripper := roundTripper(func(r *http.Request) (*http.Response, error) {
		used++
		if cookie, err := r.Cookie("sticky"); (err == nil && cookie.Value == "node-1") != (used > 1) {
			t.Errorf("request %d carries cookie %v", used, cookie)
		}
		recorder := httptest.NewRecorder()
		http.SetCookie(recorder, &http.Cookie{Name: "sticky", Value: "node-1"})
		answering(http.StatusOK, `{"data":[]}`)(recorder, r)
		return recorder.Result(), nil
	})
	client = newClient(t, rooms.Config{
		ServerAddress: "jellyfish.test", ServerAPIToken: rooms.NewSecret("t"),
		// A Timeout that would end every call isn't used.
		HTTPClient: &http.Client{Transport: tripper, Jar: jar, Timeout: 1},
	})
	for range 2 {
		if _, err := client.List(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if used != 2 {
		t.Errorf("used %d times", used)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// One client, many goroutines, under the race detector.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		answering(http.StatusOK, `{"data":{"id":"`+strings.TrimPrefix(r.URL.Path, "/room/")+`"}}`)(w, r)
	})
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			id := fmt.Sprint("room-", i)
			if room, err := client.Get(t.Context(), id); err != nil || room.ID != id {
				t.Errorf("%s: got %s, error %v", id, room.ID, err)
			}
		})
	}
	group.Wait()
}

// Every option is sent under the name that the server knows, and nothing else.
func TestSentOptions(t *testing.T) {
	t.Parallel()
	var sent string
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		buffer := new(strings.Builder)
		_ = r.Write(buffer)
		_, sent, _ = strings.Cut(buffer.String(), "\r\n\r\n")
		answering(http.StatusCreated, `{"data":{"id":"x","room":{"id":"r"},"peer":{"id":"p"},"token":"t"}}`)(w, r)
	})
	expect := func(want string, err error) {
		t.Helper()
		if err != nil || sent != want {
			t.Errorf("sent %s, want %s; error %v", sent, want, err)
		}
	}
	_, err := client.Create(t.Context(), rooms.RoomConfig{})
	expect(`{}`, err)
	_, err = client.Create(t.Context(), rooms.RoomConfig{
		RoomID: "r", MaxPeers: rooms.Ptr(0), VideoCodec: rooms.VideoCodecVP8, WebhookURL: rooms.NewSecret("http://h/"),
		PeerlessPurgeTimeout: time.Minute, PeerDisconnectedTimeout: time.Second,
	})
	expect(`{"roomId":"r","maxPeers":0,"videoCodec":"vp8","webhookUrl":"http://h/","peerlessPurgeTimeout":60,"peerDisconnectedTimeout":1}`, err)
	_, err = client.AddPeer(t.Context(), "r", rooms.PeerOptions{})
	expect(`{"type":"webrtc","options":{}}`, err)
	_, err = client.AddPeer(t.Context(), "r", rooms.PeerOptions{DisableSimulcast: true})
	expect(`{"type":"webrtc","options":{"enableSimulcast":false}}`, err)
	for _, test := range []struct {
		options rooms.ComponentOptions
		want    string
	}{
		{rooms.HLSOptions{}, `{"type":"hls","options":{}}`},
		{rooms.HLSOptions{S3: someS3}, `{"type":"hls","options":{"s3":{"accessKeyId":"k","secretAccessKey":"s","region":"eu","bucket":"b"}}}`},
		{rooms.RTSPOptions{SourceURI: rooms.NewSecret("u")}, `{"type":"rtsp","options":{"sourceUri":"u"}}`},
		{rooms.FileOptions{FilePath: "a.ogg"}, `{"type":"file","options":{"filePath":"a.ogg"}}`},
		{rooms.SIPOptions{RegistrarCredentials: someSIP}, `{"type":"sip","options":{"registrarCredentials":{"address":"my-sip.net","username":"u","password":"p"}}}`},
		{rooms.RecordingOptions{PathPrefix: "x", SubscribeMode: rooms.SubscribeAuto}, `{"type":"recording","options":{"pathPrefix":"x","subscribeMode":"auto"}}`},
	} {
		_, err := client.AddComponent(t.Context(), "r", test.options)
		expect(test.want, err)
	}
}
