package wsconn_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
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
