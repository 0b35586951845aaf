package wsconn_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

func TestRetryOnALiveConnectionDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := inMemory(t, upgraded(greet))
		conn := dial(t, h.config())
		if again, err := conn.Retry(); again || err != nil {
			t.Errorf("Retry: %t, %v", again, err)
		}
		if n := h.connections(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		checkReceived(t, conn, nil)
	})
}

// Endpoints are tried in turn, beginning with the one after the endpoint that was lost.
func TestReconnectTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tried []string
		up := map[string]bool{"b.test:80": true}
		h := inMemory(t, upgraded(func(*peer) {}))
		cfg := h.config()
		cfg.Endpoints = []wsconn.Endpoint{
			{Name: "a", URL: "ws://a.test"}, {Name: "b", URL: "ws://b.test"}, {Name: "c", URL: "ws://c.test"},
		}
		cfg.HTTPClient = dialledBy(func(ctx context.Context, network, address string) (net.Conn, error) {
			tried = append(tried, address[:1])
			if !up[address] {
				return nil, syscall.ECONNREFUSED
			}
			return h.dial(ctx, network, address)
		})
		conn := dial(t, cfg)
		if conn.Endpoint() != "b" {
			t.Errorf("endpoint %q, want b", conn.Endpoint())
		}
		up["b.test:80"], up["a.test:80"] = false, true
		for range 2 {
			if _, err := conn.Receive(); err == nil {
				t.Fatal("received a message that nobody sent")
			}
			if err := reconnect(conn); err != nil {
				t.Fatal(err)
			}
			if conn.Endpoint() != "a" {
				t.Errorf("endpoint %q, want a", conn.Endpoint())
			}
		}
		if want := []string{"a", "b", "c", "a", "b", "c", "a"}; !slices.Equal(tried, want) {
			t.Errorf("tried %v, want %v", tried, want)
		}
	})
}

// Each step reports whether there may be another.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJellyfish(t, "a.test:1")
		j.script = []func() (string, error){j.good, j.outage, j.stale, j.good, j.stale, j.stale}
		conn := dial(t, j.config())
		j.lose(t, conn)
		for step, want := range []struct {
			again, failed, rejected bool
		}{
			{again: true, failed: true},
			{again: true, failed: true, rejected: true},
			{},
		} {
			again, err := conn.Retry()
			var rejection *wsconn.RejectedError
			if again != want.again || (err != nil) != want.failed || errors.As(err, &rejection) != want.rejected {
				t.Errorf("step %d: %t, %v; want %+v", step, again, err, want)
			}
		}
		j.lose(t, conn)
		if again, err := conn.Retry(); !again || err == nil {
			t.Errorf("first rejection: %t, %v", again, err)
		}
		if again, err := conn.Retry(); again || err == nil {
			t.Errorf("second rejection: %t, %v", again, err)
		}
		conn.Close()
		if again, err := conn.Retry(); again || !errors.Is(err, wsconn.ErrClosed) {
			t.Errorf("after Close: %t, %v", again, err)
		}
	})
}
