package wsconn_test

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// outage is a server that accepts the first connection, cuts it, and then refuses a
// number of attempts. It returns the wait before each of these.
func outage(t *testing.T, backoff wsconn.Backoff, endpoints, attempts int) (waits []time.Duration) {
	h := inMemory(t, upgraded(func(*peer) {}))
	cfg := h.config()
	cfg.Backoff = backoff
	cfg.Endpoints = slices.Repeat(cfg.Endpoints, endpoints)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last time.Time
	cfg.HTTPClient = dialledBy(func(ctx context.Context, network, address string) (net.Conn, error) {
		if last.IsZero() {
			return h.dial(ctx, network, address)
		}
		waits = append(waits, time.Since(last))
		last = time.Now()
		if len(waits) == attempts {
			cancel()
		}
		return nil, syscall.ECONNREFUSED
	})
	conn, err := wsconn.Dial(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Receive(); err == nil {
		t.Fatal("received a message that nobody sent")
	}
	last = time.Now()
	if err := reconnect(conn); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return waits
}

func TestP6BackoffCeilings(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name      string
		backoff   wsconn.Backoff
		endpoints int
		ceilings  []time.Duration
	}{
		{"default", wsconn.Backoff{}, 1, []time.Duration{
			100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 12800 * ms, 25600 * ms,
			30000 * ms, 30000 * ms}},
		{"three endpoints", wsconn.Backoff{Base: 100 * ms, Cap: 300 * ms}, 3, []time.Duration{
			100 * ms, 100 * ms, 100 * ms, 200 * ms, 200 * ms, 200 * ms, 300 * ms, 300 * ms}},
		{"cap below base", wsconn.Backoff{Base: time.Hour, Cap: ms}, 1, []time.Duration{ms, ms, ms}},
		{"no more than a nanosecond", wsconn.Backoff{Base: 1, Cap: 1}, 1, []time.Duration{1, 1, 1}},
		{"longest cap", wsconn.Backoff{Base: math.MaxInt64 / 2, Cap: math.MaxInt64}, 1, []time.Duration{math.MaxInt64 / 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			highest := make([]time.Duration, len(test.ceilings))
			for range 30 {
				synctest.Test(t, func(t *testing.T) {
					waits := outage(t, test.backoff, test.endpoints, len(test.ceilings))
					for i, wait := range waits {
						highest[i] = max(highest[i], wait)
					}
				})
			}
			for i, ceiling := range test.ceilings {
				// That 30 waits are all in the lower half happens once in 10⁹ times.
				if highest[i] > ceiling || highest[i] < ceiling/2 {
					t.Errorf("longest wait before attempt %d was %v, the ceiling is %v", i+1, highest[i], ceiling)
				}
			}
		})
	}
}

func TestP6BackoffDoesNotOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(t, upgraded(func(*peer) {})).config()
		cfg.Backoff = wsconn.Backoff{Base: math.MaxInt64, Cap: math.MaxInt64}
		conn := dial(t, cfg)
		if _, err := conn.Receive(); err == nil {
			t.Fatal("received a message that nobody sent")
		}
		time.AfterFunc(time.Hour, conn.Close)
		if err := reconnect(conn); !errors.Is(err, wsconn.ErrClosed) {
			t.Errorf("error %v, want %v", err, wsconn.ErrClosed)
		}
	})
}

func TestP6BackoffIsSpreadOverItsWholeRange(t *testing.T) {
	const waits, bins = 1000, 10
	var histogram [bins]int
	synctest.Test(t, func(t *testing.T) {
		second := wsconn.Backoff{Base: time.Second, Cap: time.Second}
		for _, wait := range outage(t, second, 1, waits) {
			histogram[min(wait*bins/time.Second, bins-1)]++
		}
	})
	for i, n := range histogram {
		// 100 are expected, with a standard deviation of 9.5.
		if n < 50 || n > 150 {
			t.Errorf("%d of %d waits are between %d and %d tenths of the ceiling", n, waits, i, i+1)
		}
	}
}

// For an hour, a server accepts, shakes hands and drops the connection.
func TestP6AcceptThenDropIsNoHotLoop(t *testing.T) {
	for _, test := range []struct {
		name            string
		livesFor        time.Duration
		atLeast, atMost int
	}{
		// One attempt in 15 s, the mean of full jitter under 30 s, is 240 an hour.
		{"drops at once", 0, 180, 320},
		{"drops just before it is healthy", 5*time.Second - 1, 140, 230},
		// The back-off starts again each time: 5 s and 50 ms a round.
		{"drops when it is healthy", 5 * time.Second, 700, 720},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := inMemory(t, upgraded(func(p *peer) { time.Sleep(test.livesFor) }))
				ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
				defer cancel()
				conn, err := wsconn.Dial(ctx, h.config())
				if err != nil {
					t.Fatal(err)
				}
				for err == nil {
					if _, err := conn.Receive(); err == nil {
						t.Fatal("received a message that nobody sent")
					}
					err = reconnect(conn)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				if n := h.connections(); n < test.atLeast || n > test.atMost {
					t.Errorf("%d attempts in an hour, want %d to %d", n, test.atLeast, test.atMost)
				}
			})
		})
	}
}

// retryingAfter dials endpoints that accept the first connection; from then on the
// first endpoint responds with this Retry-After. It returns when each was asked within
// an hour, counted from the loss of the connection.
func retryingAfter(t *testing.T, status, retryAfter string, endpoints int) map[string][]time.Duration {
	asked := make(map[string][]time.Duration)
	synctest.Test(t, func(t *testing.T) {
		var lost time.Time
		first := inMemory(t, upgraded(func(*peer) {}))
		busy := inMemory(t, answering("HTTP/1.1 "+status+"\r\nRetry-After: "+retryAfter+"\r\nContent-Length: 0\r\n\r\n"))
		cfg := first.config()
		cfg.Endpoints = []wsconn.Endpoint{{Name: "busy", URL: "ws://busy.test"}}
		for range endpoints - 1 {
			cfg.Endpoints = append(cfg.Endpoints, wsconn.Endpoint{Name: "away", URL: "ws://away.test"})
		}
		cfg.HTTPClient = dialledBy(func(ctx context.Context, network, address string) (net.Conn, error) {
			if lost.IsZero() {
				return first.dial(ctx, network, address)
			}
			asked[address] = append(asked[address], time.Since(lost))
			if address == "busy.test:80" {
				return busy.dial(ctx, network, address)
			}
			return nil, syscall.ECONNREFUSED
		})
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		conn, err := wsconn.Dial(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Receive(); err == nil {
			t.Fatal("received a message that nobody sent")
		}
		lost = time.Now()
		if err := reconnect(conn); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	return asked
}

func TestP6RetryAfterIsAFloor(t *testing.T) {
	for _, test := range []struct {
		status, retryAfter string
		lowest, highest    time.Duration
	}{
		{"503 Service Unavailable", "60", time.Minute, 90 * time.Second},
		{"429 Too Many Requests", "60", time.Minute, 90 * time.Second},
		{"503 Service Unavailable", "86400", 2 * time.Minute, 150 * time.Second},
		{"503 Service Unavailable", "soon", 0, 30 * time.Second},
		{"500 Internal Server Error", "60", 0, 30 * time.Second},
	} {
		asked := retryingAfter(t, test.status, test.retryAfter, 1)["busy.test:80"]
		if len(asked) < 10 {
			t.Errorf("%s, %s: asked %d times in an hour", test.status, test.retryAfter, len(asked))
		}
		for i := 1; i < len(asked); i++ {
			if wait := asked[i] - asked[i-1]; wait < test.lowest || wait > test.highest {
				t.Errorf("%s, %s: waited %v, want %v to %v", test.status, test.retryAfter, wait, test.lowest, test.highest)
			}
		}
	}
}

func TestP6RetryAfterIsForItsAddressAlone(t *testing.T) {
	asked := retryingAfter(t, "503 Service Unavailable", "100", 2)
	busy, away := asked["busy.test:80"], asked["away.test:80"]
	for i := 1; i < len(busy); i++ {
		if wait := busy[i] - busy[i-1]; wait < 100*time.Second || wait > 3*time.Minute {
			t.Errorf("asked again after %v", wait)
		}
	}
	if len(busy) < 20 || len(away) < 4*len(busy) {
		t.Errorf("%d attempts at the one, %d at the other", len(busy), len(away))
	}
}
