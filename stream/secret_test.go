package stream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const (
	secretToken  = "tok-5f1d0c1e"
	secretHeader = "hdr-77aa90bb"
)

// collector collects whatever is printed or logged.
type collector struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *collector) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

// render prints v in every way that fmt and slog can. Of fmt's verbs, %p is left out:
// fmt doesn't call Format for it, and vet refuses it for values that aren't pointers.
func (c *collector) render(v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%o", "%T"} {
		fmt.Fprintf(c, verb+"\n", v)
		fmt.Fprintf(c, verb+"\n", struct{ Inner any }{v})
		fmt.Fprintf(c, verb+"\n", []any{v})
	}
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(c, nil)), slog.New(slog.NewJSONHandler(c, nil))} {
		log.Info("value", "v", v)
	}
}

func (c *collector) check(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	text := c.text.String()
	if len(text) < 1000 {
		t.Errorf("only %d bytes were rendered", len(text))
	}
	for _, secret := range []string{secretToken, secretHeader, fmt.Sprintf("%x", secretToken), fmt.Sprintf("%X", secretToken), fmt.Sprintf("%x", secretHeader)} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("a secret was shown: …%s…", text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// P10: secrets stay secret.
func TestP10SecretsStaySecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen collector
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Token: secretToken})
		cfg := configFor(server)
		cfg.ServerAPIToken = stream.NewSecret(secretToken)
		cfg.Header = http.Header{"X-Secret": {secretHeader}}
		cfg.Logger = slog.New(slog.NewTextHandler(&seen, &slog.HandlerOptions{Level: slog.LevelDebug}))
		seen.render(cfg)
		seen.render(&cfg)

		n := open(t.Context(), t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		sub := join(ctx, t, n, stream.WithMetrics())
		// The server reveals the token in its reason.
		server.CloseConnections(1011, "no room for "+secretToken)
		seen.render(expectGap(t, sub))
		server.SendMessage([]byte(secretToken))
		server.SendText(secretToken)
		seen.render(expectGap(t, sub))
		seen.render(expectGap(t, sub))
		cancel()
		seen.render(expectEnd(t, sub))

		for _, spoil := range []func(*stream.Config){
			func(c *stream.Config) { c.ServerAddress = "https://user:" + secretToken + "@localhost" },
			func(c *stream.Config) { c.ServerAddress = "nowhere.test:1" },
			func(c *stream.Config) {
				c.ServerAPIToken = stream.NewSecret(secretToken + "x")
				server.SetToken("other")
			},
			func(c *stream.Config) { c.ServerAPIToken = stream.NewSecret(secretToken + "\xff") },
			func(*stream.Config) { server.AnswerUpgrade(500, http.Header{"X-Echo": {secretToken}}) },
			func(*stream.Config) {
				server.AnswerUpgrade(302, http.Header{"Location": {"http://other.test/" + secretToken}})
			},
			func(*stream.Config) { server.AnswerUpgrade(0, nil); server.Silence(true) },
			func(*stream.Config) { server.Stop() },
		} {
			bad := cfg
			spoil(&bad)
			_, err := stream.Open(t.Context(), bad)
			if err == nil {
				t.Fatal("Open succeeded")
			}
			for ; err != nil; err = errors.Unwrap(err) {
				seen.render(err)
			}
			seen.render(bad)
		}
		n.Close()
		time.Sleep(time.Second)
		seen.check(t)
	})
}
