package stream_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestBadConfigNamesTheField(t *testing.T) {
	good := stream.Config{ServerAddress: "localhost:5002", ServerAPIToken: "development"}
	for _, c := range []struct {
		field string
		spoil func(*stream.Config)
	}{
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "" }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "::1" }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "gopher://localhost" }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress, c.Secure = "http://localhost", true }},
		{"FallbackAddresses[1]", func(c *stream.Config) { c.FallbackAddresses = []string{"a:1", "b:port"} }},
		{"ServerAPIToken", func(c *stream.Config) { c.ServerAPIToken = "" }},
		{"TokenSource", func(c *stream.Config) {
			c.TokenSource = func(context.Context) (string, error) { return "", nil }
		}},
		{"ConnectTimeout", func(c *stream.Config) { c.ConnectTimeout = -1 }},
		{"Backoff.Base", func(c *stream.Config) { c.Backoff.Base = -1 }},
		{"Backoff.Cap", func(c *stream.Config) { c.Backoff.Cap = -1 }},
		{"Backoff.Healthy", func(c *stream.Config) { c.Backoff.Healthy = -1 }},
		{"ReadLimit", func(c *stream.Config) { c.ReadLimit = -1 }},
	} {
		cfg := good
		c.spoil(&cfg)
		_, err := stream.Open(t.Context(), cfg)
		var bad *stream.ConfigError
		if !errors.As(err, &bad) || bad.Field != c.field || !strings.Contains(err.Error(), c.field) {
			t.Errorf("error is %v, want one about %s", err, c.field)
		}
	}
}

func TestPlainConnectionIsWarnedOfOnce(t *testing.T) {
	for _, c := range []struct {
		address string
		secure  bool
		want    int
	}{
		{"jellyfish.test:5002", false, 1},
		{"localhost:5002", false, 0},
		{"[::1]:5002", false, 0},
		{"jellyfish.test:5002", true, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			server, cfg := inMemory(t)
			var log bytes.Buffer
			cfg.ServerAddress, cfg.Secure = c.address, c.secure
			cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if n, err := stream.Open(ctx, cfg); err == nil {
				n.Close()
			}
			if got := strings.Count(log.String(), "without encryption"); got != c.want {
				t.Errorf("%s, secure %v: warned %d times, want %d:\n%s", c.address, c.secure, got, c.want, &log)
			}
			server.Close()
		})
	}
}
