package wsconn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

func TestP10NothingPrintsASecret(t *testing.T) {
	const secret = "s3cr3t"
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		cfg := inMemory(t, upgraded(func(p *peer) {
			_ = p.say(frame(final|opBinary, []byte("welcome")), closeFrame(1008, "not you, "+secret))
			p.drain()
		})).config()
		cfg.Token = always(secret)
		cfg.Header = http.Header{"Authorization": {"Bearer " + secret}}
		cfg.Endpoints[0].URL = "ws://user:" + secret + "@" + cfg.Endpoints[0].Name
		cfg.Logger = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"}
		cfg.Handshake = func(socket *wsconn.Socket, token string) error {
			for _, verb := range verbs {
				fmt.Fprintf(&text, verb+"\n", socket)
			}
			_, err := socket.Receive()
			return err
		}
		conn := dial(t, cfg)
		for _, verb := range verbs {
			fmt.Fprintf(&text, verb+"\n", conn)
			fmt.Fprintf(&text, verb+"\n", cfg)
			fmt.Fprintf(&text, verb+"\n", &cfg)
		}
		_, err := conn.Receive()
		for _, verb := range verbs[:5] {
			fmt.Fprintf(&text, verb+"\n", err)
		}
		cfg.Logger.Info("all of it", "connection", conn, "config", cfg, "error", err)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("all of it", "connection", conn, "config", cfg, "error", err)
		for line := range strings.Lines(text.String()) {
			if strings.Contains(line, secret) || strings.Contains(line, fmt.Sprintf("%x", secret)) {
				t.Errorf("printed a secret: %s", line)
			}
		}
		for _, want := range []string{
			`wsconn.Conn{Endpoint: "server.test:5002"}`,
			`wsconn.Socket{Endpoint: "server.test:5002"}`,
			`wsconn.Config{Endpoints: ["server.test:5002"], …}`,
			"[redacted]",
		} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("nothing printed %s", want)
			}
		}
	})
}

// Only text from outside is redacted: a token that is a word of our own texts doesn't
// garble them, and errors stay what they are.
func TestP10OwnTextsStay(t *testing.T) {
	for answer, want := range map[string]string{
		"101 t\r\n":                   `no upgrade to a WebSocket: its Upgrade header is ""`,
		"101 t\r\nUpgrade: isn't\r\n": `its Upgrade header is "isn'[redacted]"`,
		"101 t\r\nUpgrade: websocket\r\nConnection: t\r\n":       `its Connection header is "[redacted]"`,
		"101 t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n": "its Sec-WebSocket-Accept isn't the answer to this request",
		"500 t\r\nContent-Length: 5\r\n":                         "server answered HTTP 500 [redacted] instead of upgrading to a WebSocket",
	} {
		cfg := listen(t, answering("HTTP/1.1 "+answer+"\r\n")).config()
		cfg.Token = always("t")
		if failure := dialFailure(t, cfg); !strings.Contains(failure.Error(), want) {
			t.Errorf("%q: %v, want %s", answer, failure, want)
		}
	}
	proxy := listen(t, answering("HTTP/1.1 403 Forbidden\r\n\r\n"))
	for _, token := range []string{"s", "to", "in"} {
		cfg := listen(t, silent).config()
		cfg.HTTPClient = through(proxy)
		cfg.Token = always(token)
		failure := dialFailure(t, cfg)
		var refused *wsconn.ProxyError
		if !errors.As(failure, &refused) || strings.Contains(failure.Error(), "redacted") {
			t.Errorf("token %s: %v", token, failure)
		}
	}
}

// A server may repeat a part of a header's value, or of a cookie, anywhere.
func TestP10PartsOfHeaders(t *testing.T) {
	const key, session = "key-0d1f5c1e", "session-90bbaa77"
	for _, answer := range []string{
		"HTTP/1.1 403 not %s\r\n\r\n", "HTTP/1.1 500 No\r\n\r\nnot %s", "HTTP/1.1 101 S\r\nUpgrade: %s\r\n\r\n",
		"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade, %s\r\n\r\n", "HTTP/%s\r\n\r\n", "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
	} {
		for _, secret := range []string{key, session, url.QueryEscape(session + "/")} {
			h := listen(t, answering(fmt.Sprintf(answer, secret)))
			cfg := h.config()
			cfg.Header = http.Header{"X-Key": {"Key " + key}}
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			jar.SetCookies(&url.URL{Scheme: "http", Host: h.address}, []*http.Cookie{{Name: "session", Value: session}, {Name: "other", Value: "o"}})
			cfg.HTTPClient = &http.Client{Jar: jar}
			if text := dialFailure(t, cfg).Error(); strings.Contains(text, key) || strings.Contains(text, session) {
				t.Errorf("%q: %s", answer, text)
			}
		}
	}
}

// A token source may reveal, in its error, the token and what it was told.
func TestP10TokenSourceFails(t *testing.T) {
	const token = "token-5f1d0c1e"
	sealed := errors.New("vault is sealed")
	cfg := listen(t, silent).config()
	cfg.Token = func(context.Context) (string, error) {
		return token, fmt.Errorf("%s\x1b[2J\nis no good: %w", token, sealed)
	}
	failure := dialFailure(t, cfg)
	if text := failure.Error(); failure.Step != "token" || !errors.Is(failure, sealed) || !strings.HasSuffix(text, "[redacted] [2J is no good: vault is sealed") {
		t.Errorf("%q", text)
	}
}
