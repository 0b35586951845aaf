package stream_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestBadConfigNamesTheField(t *testing.T) {
	good := stream.Config{ServerAddress: "localhost:5002", ServerAPIToken: stream.NewSecret("development")}
	for _, c := range []struct {
		field string
		spoil func(*stream.Config)
	}{
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "" }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "::1" }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "gopher://localhost" }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress, c.Secure = "http://localhost", true }},
		{"FallbackAddresses[1]", func(c *stream.Config) { c.FallbackAddresses = []string{"a:1", "b:port"} }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "5002" }},
		{"ServerAddress", func(c *stream.Config) { c.ServerAddress = "http:127.0.0.1:5002" }},
		{"ServerAPIToken", func(c *stream.Config) { c.ServerAPIToken = stream.NewSecret("") }},
		{"ServerAPIToken", func(c *stream.Config) { c.ServerAPIToken = stream.NewSecret("from a file\n") }},
		{"ServerAPIToken", func(c *stream.Config) { c.ServerAPIToken = stream.NewSecret("a\xff") }},
		{"ServerAPIToken", func(c *stream.Config) { c.ServerAPIToken = stream.NewSecret("a\x00b") }},
		{"Header", func(c *stream.Config) { c.Header = http.Header{"": {"x"}} }},
		{"Header", func(c *stream.Config) { c.Header = http.Header{"X Y": {"x"}} }},
		{"Header", func(c *stream.Config) { c.Header = http.Header{"X-Key": {"x\r\nHost: y"}} }},
		{"Header", func(c *stream.Config) { c.Header = http.Header{"host": {"a b"}} }},
		{"Header", func(c *stream.Config) { c.Header = http.Header{"Host": {"a", "b"}} }},
		{"Header", func(c *stream.Config) { c.Header = http.Header{"sec-websocket-key": {"x"}} }},
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
		var bad *stream.InputError
		cfg.WaitForServer = true // It would wait for the server.
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

func TestHeaderIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		cfg.Header = http.Header{"host": {"media.example:80"}, "x-key": {"k"}}
		open(t.Context(), t, cfg)
		if r := server.Upgrades()[0]; r.Header.Get("X-Key") != "k" {
			t.Errorf("the server was sent %v", r.Header)
		}
	})
}

const fipsChild = "STREAM_TEST_FIPS_CHILD"

// The handshake needs SHA-1, for which package crypto panics in this mode.
func TestOpenWhereOnlyFIPSIsAllowed(t *testing.T) {
	if os.Getenv(fipsChild) != "" {
		_, err := stream.Open(t.Context(), stream.Config{
			ServerAddress: "localhost:1", ServerAPIToken: stream.NewSecret("development"), WaitForServer: true,
		})
		if err == nil || !strings.Contains(err.Error(), "SHA-1") {
			t.Errorf("error %v, want one about SHA-1", err)
		}
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
	child.Env = append(os.Environ(), fipsChild+"=1", "GODEBUG=fips140=only")
	if output, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
