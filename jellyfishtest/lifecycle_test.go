package jellyfishtest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func TestStopAndRestart(t *testing.T) {
	for _, config := range []jellyfishtest.Config{{}, {InMemory: true}, {TLS: true}} {
		server := jellyfishtest.Run(t, config)
		address := server.Address()
		transport := server.HTTPClient().Transport.(*http.Transport)
		for range 3 {
			var c *rawClient
			if !config.TLS {
				c = login(t, server)
			} else {
				dialWebSocket(t, server)
			}
			server.Stop()
			server.Stop()
			if c != nil {
				c.expectEnd()
			}
			if _, err := transport.DialContext(t.Context(), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%+v: got error %v while stopped, want a refusal", config, err)
			}
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
			if server.Address() != address {
				t.Errorf("the address became %s, was %s", server.Address(), address)
			}
		}
		dialWebSocket(t, server)
	}
}

func TestRestartOfARunningServerCuts(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	c := login(t, server)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	c.expectEnd()
	login(t, server)
}

func TestRestartFails(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	server.Stop()
	other := jellyfishtest.Run(t, jellyfishtest.Config{Address: server.Address()})
	if err := server.Restart(); err == nil || !strings.Contains(err.Error(), server.Address()) {
		t.Errorf("got error %v, want one that names the taken address", err)
	}
	other.Close()
	if err := server.Restart(); err != nil {
		t.Errorf("got error %v for a free address", err)
	}
	server.Close()
	if err := server.Restart(); err == nil || !strings.Contains(err.Error(), server.Address()) {
		t.Errorf("got error %v, want one that names the closed server's address", err)
	}
}

func TestNewFails(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	configs := []jellyfishtest.Config{
		{Address: server.Address()},
		{Address: "nonsense"},
		{Address: "nonsense", InMemory: true},
	}
	for _, config := range configs {
		s, err := jellyfishtest.New(config)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), config.Address) {
			t.Errorf("%+v: got error %v, want one that names the address", config, err)
		}
	}
}

// recorder is a test that only notes what Run does with it.
type recorder struct {
	failed   string
	cleanups []func()
}

func (*recorder) Helper()                        {}
func (r *recorder) Cleanup(f func())             { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Fatalf(f string, args ...any) { r.failed = fmt.Sprintf(f, args...) }

func TestRun(t *testing.T) {
	var r recorder
	server := jellyfishtest.Run(&r, jellyfishtest.Config{})
	if len(r.cleanups) != 1 {
		t.Fatalf("got %d cleanups, want 1", len(r.cleanups))
	}
	if jellyfishtest.Run(&r, jellyfishtest.Config{Address: server.Address()}); !strings.Contains(r.failed, server.Address()) {
		t.Errorf("the test failed with %q, want the taken address", r.failed)
	}
	r.cleanups[0]()
	if c, err := net.Dial("tcp", server.Address()); err == nil {
		c.Close()
		t.Error("the server runs after its test")
	}
}

func TestAddressOfAllInterfaces(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{Address: ":0"})
	if host, port, _ := net.SplitHostPort(server.Address()); host != "localhost" || port == "0" {
		t.Errorf("got address %s, want localhost and a port", server.Address())
	}
	login(t, server)
}

func TestCloseFromEverywhere(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		login(t, server) // And it doesn't read.
		send(t, server, created)
		server.SendText("unread")
		var all sync.WaitGroup
		for _, f := range []func(){server.Close, server.Stop, func() { server.Cut(jellyfishtest.CutReset) }, server.Close} {
			all.Go(f)
		}
		all.Wait()
		server.Close()
		send(t, server, created)
		server.SendMessage(nil)
		server.CloseConnections(1000, "")
		if n := server.Connections(); n != 0 {
			t.Errorf("got %d connections", n)
		}
	})
}

// slowLog takes its time with every line.
type slowLog struct{ slog.Handler }

func (l slowLog) Enabled(context.Context, slog.Level) bool { return true }

func (l slowLog) Handle(context.Context, slog.Record) error {
	time.Sleep(10 * time.Second)
	return nil
}

func TestCloseWaitsForGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true,
			Logger:   slog.New(slowLog{slog.DiscardHandler}),
		})
		connect(t, server)
		start := time.Now()
		server.Close() // While the connection's goroutine logs.
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("Close took %v, want 10s", took)
		}
	})
}

func TestDialInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Address: "one.test:80"})
		transport := server.HTTPClient().Transport.(*http.Transport)
		if _, err := transport.DialContext(t.Context(), "tcp", "two.test:80"); err == nil || !strings.Contains(err.Error(), "two.test:80") {
			t.Errorf("got error %v for another address", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if c, err := transport.DialContext(ended, "tcp", "one.test:80"); err == nil {
			c.Close() // The server may be quicker than the context.
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want the context's", err)
		}
	})
}

// Jellyfish protocol, section 9: idle HTTP connections are closed after 5 s.
func TestIdleHTTPConnectionIsClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := dial(t, server)
		c.write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		response, err := http.ReadResponse(c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		start := time.Now()
		c.expectEnd()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("it was closed after %v, want 5s", took)
		}
	})
}
