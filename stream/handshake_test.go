package stream_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// P4: subscribed means subscribed.
func TestP4SubscribeReturnsAfterEveryConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		server.Delay(time.Second)
		start := time.Now()
		sub := subscribe(t.Context(), t, cfg, stream.WithMetrics())
		if took := time.Since(start); took < 2*time.Second {
			t.Errorf("returned after %v, before the answers that take a second each", took)
		}
		want := []string{"\x3a\x0d\x0a\x0bdevelopment", "\x42\x02\x08\x01", "\x42\x02\x08\x02"} // Section 7.1.
		for i, message := range server.Received() {
			if string(message) != want[i] {
				t.Errorf("message %d is %x, want %x", i, message, want[i])
			}
		}
		send(t, server, room(1))
		expect(t, sub, room(1))
	})
}

// What arrives between two confirmations belongs to the subscription, after the Gap of
// a reconnect (protocol, section 1.4).
func TestP4NotificationsBetweenConfirmationsAreHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		if err := server.Interleave(room(1), room(2)); err != nil {
			t.Fatal(err)
		}
		sub := subscribe(t.Context(), t, cfg, stream.WithMetrics())
		send(t, server, room(3))
		expect(t, sub, room(1), room(2), room(3))
		server.Cut(jellyfishtest.CutClean)
		expect(t, sub, outage, room(1), room(2))
		expectNothing(t, sub)
	})
}

// If the handshake then fails, the Gap that follows covers what was held.
func TestP4HeldNotificationsOfAFailedHandshakeAreCovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg, stream.WithMetrics())
		if err := server.Interleave(room(1), room(2)); err != nil {
			t.Fatal(err)
		}
		server.DropAfterHandshake(3) // After the first of two confirmations.
		server.Cut(jellyfishtest.CutClean)
		expect(t, sub, outage, room(1), room(2))
		expectNothing(t, sub)
	})
}

func TestP4HeldNotificationsAreBounded(t *testing.T) {
	const bound = 16_384
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg, stream.WithMetrics())
		if err := server.Interleave(roomsFrom(0, bound+100)...); err != nil {
			t.Fatal(err)
		}
		server.Cut(jellyfishtest.CutClean)
		expect(t, sub, outage)
		expect(t, sub, roomsFrom(100, bound+100)...)
		expectNothing(t, sub)
	})
}

// At the first connect there is no outage to cover what had to be dropped.
func TestP1HeldOverflowAtTheFirstConnectIsMarked(t *testing.T) {
	const bound = 16_384
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		var ns []decode.Notification
		for i := range bound + 100 {
			ns = append(ns, room(i), connected("a", "p"))
		}
		if err := server.Interleave(ns...); err != nil {
			t.Fatal(err)
		}
		sub := subscribe(t.Context(), t, cfg, stream.WithMetrics(), stream.OfKinds(decode.KindRoomCreated))
		expect(t, sub, stream.Gap{Dropped: bound/2 + 100})
		expect(t, sub, roomsFrom(bound/2+100, bound+100)...)
		expectNothing(t, sub)
	})
}

// The Gap is delivered when the connection is confirmed again, not when it is made.
func TestP4GapComesWhenLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		server.Delay(time.Second)
		server.Cut(jellyfishtest.CutClean)
		start := time.Now()
		g := expectGap(t, sub)
		if took := time.Since(start); took < 2*time.Second || !g.Until.Equal(time.Now()) {
			t.Errorf("the gap came after %v, until %v", took, g.Until)
		}
	})
}

func TestP4SubscribeWaitsForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		cfg.Backoff.Cap = time.Second
		n := open(t.Context(), t, cfg)
		server.Stop()
		synctest.Wait()

		start := time.Now()
		_, err := n.Subscribe(t.Context())
		if err == nil || time.Since(start) != 10*time.Second {
			t.Fatalf("returned %v after %v, want an error after 10s", err, time.Since(start))
		}
		var failed *wsconn.ConnectError
		if !errors.As(err, &failed) || failed.Endpoint != server.Address() {
			t.Errorf("error is %v, want it to wrap the connection's", err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.Subscribe(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want the context's", err)
		}

		time.AfterFunc(5*time.Second, func() { _ = server.Restart() })
		sub := join(t.Context(), t, n)
		send(t, server, room(1))
		expect(t, sub, room(1)) // And no Gap: it was lost before the subscription.
	})
}

func TestP4MetricsThatAreNeverConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		server.Delay(time.Hour)
		start := time.Now()
		_, err := n.Subscribe(t.Context(), stream.WithMetrics())
		if err == nil || !strings.Contains(err.Error(), "metrics") || time.Since(start) != 10*time.Second {
			t.Errorf("returned %v after %v", err, time.Since(start))
		}
	})
}

// Metrics asked for while the connection is lost arrive with the next one.
func TestP4MetricsAskedForInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		other := join(t.Context(), t, n)
		server.Stop()
		synctest.Wait()
		time.AfterFunc(time.Second, func() { _ = server.Restart() })
		sub := join(t.Context(), t, n, stream.WithMetrics())
		<-sub.Metrics()
		expect(t, other, outage)
		expectNothing(t, sub)
	})
}

// Once nobody wants metrics any more, a new connection doesn't ask for them.
func TestMetricsAreAskedForOnlyWhileWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		join(ctx, t, n, stream.WithMetrics())
		other := join(t.Context(), t, n)
		cancel()
		synctest.Wait()
		before := len(server.Received())
		server.Cut(jellyfishtest.CutClean)
		expect(t, other, outage)
		if asked := server.Received()[before:]; len(asked) != 2 {
			t.Errorf("the client sent %d messages, want its token and one subscription", len(asked))
		}
	})
}

func TestOpenTellsTheStepThatFailed(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*jellyfishtest.Server, *stream.Config)
		want  []string
	}{
		{"silent server", func(s *jellyfishtest.Server, _ *stream.Config) { s.Silence(true) }, []string{"upgrade", "no response within 10s"}},
		{"no answers", func(s *jellyfishtest.Server, _ *stream.Config) { s.Delay(time.Hour) }, []string{"authenticate", "no response within 10s"}},
		{"dropped", func(s *jellyfishtest.Server, _ *stream.Config) { s.DropAfterHandshake(-1) }, nil},
		{"no upgrade", func(s *jellyfishtest.Server, _ *stream.Config) { s.AnswerUpgrade(503, nil) }, []string{"upgrade", "503"}},
		{"stopped", func(s *jellyfishtest.Server, _ *stream.Config) { s.Stop() }, []string{"dial"}},
		{"wrong path", func(_ *jellyfishtest.Server, c *stream.Config) { c.ServerAddress += "/prefix" }, []string{"upgrade", "404"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, cfg := inMemory(t)
				c.spoil(server, &cfg)
				start := time.Now()
				n, err := stream.Open(t.Context(), cfg)
				if c.want == nil {
					if err != nil {
						t.Fatal(err)
					}
					n.Close()
					return
				}
				if err == nil {
					t.Fatal("Open succeeded")
				}
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("took %v", took)
				}
				for _, want := range append(c.want, server.Address()) {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error is %q, want it to say %q", err, want)
					}
				}
				server.Silence(false)
			})
		})
	}
}

func TestWaitForServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		cfg.WaitForServer = true
		server.Stop()
		time.AfterFunc(time.Hour, func() { _ = server.Restart() })
		start := time.Now()
		sub := subscribe(t.Context(), t, cfg)
		if took := time.Since(start); took < time.Hour || took > time.Hour+30*time.Second {
			t.Errorf("took %v, want an hour and at most a back-off", took)
		}
		send(t, server, room(1))
		expect(t, sub, room(1))

		server.Stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		if _, err := stream.Open(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("returned %v after %v, want the context's error when it ends", err, time.Since(start))
		}
	})
}

func TestFallbackAddressesAreTriedInTurn(t *testing.T) {
	first, second := jellyfishtest.Run(t, jellyfishtest.Config{}), jellyfishtest.Run(t, jellyfishtest.Config{})
	cfg := stream.Config{
		ServerAddress:     first.Address(),
		FallbackAddresses: []string{second.Address()},
		ServerAPIToken:    stream.NewSecret(jellyfishtest.Token),
		Backoff:           stream.Backoff{Base: time.Millisecond},
	}
	sub := subscribe(t.Context(), t, cfg)
	first.Stop()
	g := expectGap(t, sub)
	if g.From != first.Address() || g.To != second.Address() {
		t.Errorf("gap from %q to %q, want from %q to %q", g.From, g.To, first.Address(), second.Address())
	}
	send(t, second, room(1))
	expect(t, sub, room(1))
	other := subscribe(t.Context(), t, cfg) // The first is down from the start.
	send(t, second, decode.RoomDeleted{RoomID: "2"})
	expect(t, other, decode.RoomDeleted{RoomID: "2"})
}
