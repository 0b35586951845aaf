package stream_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// promptly is P5's limit for the time from the end of a context to the end of its
// subscription.
const promptly = 100 * time.Millisecond

// P5: the context is the lifetime.
func TestP5CancelClosesTheChannelAndKeepsItsBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		ctx, cancel := context.WithCancel(t.Context())
		sub := subscribe(ctx, t, cfg)
		if sub.Err() != nil {
			t.Errorf("Err is %v before the end", sub.Err())
		}
		send(t, server, roomsFrom(0, 1000)...)
		synctest.Wait()
		start := time.Now()
		cancel()
		synctest.Wait()
		if sub.Err() == nil || time.Since(start) != 0 {
			t.Errorf("Err is %v %v after the cancel", sub.Err(), time.Since(start))
		}
		err := expectEnd(t, sub, roomsFrom(0, 64)...) // The queue was discarded.
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Err is %v", err)
		}
		if again := sub.Err(); again != err {
			t.Errorf("Err changed from %v to %v", err, again)
		}
	})
}

func TestP5ErrIsTheContextsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cfg := inMemory(t)
		why := errors.New("shift is over")
		ctx, cancel := context.WithCancelCause(t.Context())
		sub := subscribe(ctx, t, cfg)
		cancel(why)
		if err := expectEnd(t, sub); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("Err is %v, want context.Canceled and the cause", err)
		}
		ctx, cancelTimeout := context.WithTimeout(t.Context(), time.Second)
		defer cancelTimeout()
		sub = subscribe(ctx, t, cfg)
		if err := expectEnd(t, sub); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Err is %v, want context.DeadlineExceeded", err)
		}
	})
}

func TestP5CancellingOneAffectsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		one, other := join(ctx, t, n), join(t.Context(), t, n)
		send(t, server, room(1))
		expect(t, one, room(1))
		cancel()
		expectEnd(t, one)
		send(t, server, room(2))
		expect(t, other, room(1), room(2))
	})
}

func TestCloseDeliversWhatWasReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		sub, idle := join(t.Context(), t, n), join(t.Context(), t, n)
		ctx, cancel := context.WithCancel(t.Context())
		cut := join(ctx, t, n)
		send(t, server, roomsFrom(0, 1000)...)
		synctest.Wait()
		expect(t, idle, roomsFrom(0, 1000)...)
		n.Close()
		n.Close()
		if err := expectEnd(t, idle); err != stream.ErrClosed {
			t.Errorf("Err is %v, want ErrClosed", err)
		}
		expect(t, sub, roomsFrom(0, 500)...)
		if sub.Err() != nil {
			t.Errorf("Err is %v before the end", sub.Err())
		}
		if err := expectEnd(t, sub, roomsFrom(500, 1000)...); err != stream.ErrClosed {
			t.Errorf("Err is %v, want ErrClosed", err)
		}
		cancel() // Cuts the delivery short.
		synctest.Wait()
		if err := expectEnd(t, cut, roomsFrom(0, 64)...); !errors.Is(err, context.Canceled) {
			t.Errorf("Err is %v, want the context's", err)
		}
		if _, err := n.Subscribe(t.Context()); err != stream.ErrClosed {
			t.Errorf("Subscribe returned %v, want ErrClosed", err)
		}
	})
}

// The context of Open is the lifetime of every subscription.
func TestP5ContextOfOpenEndsAll(t *testing.T) {
	for _, closeFirst := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			server, cfg := inMemory(t)
			ctx, cancel := context.WithCancel(t.Context())
			n := open(ctx, t, cfg)
			sub := join(t.Context(), t, n)
			send(t, server, roomsFrom(0, 100)...)
			synctest.Wait()
			if closeFirst {
				n.Close()
			}
			cancel()
			synctest.Wait()
			if err := expectEnd(t, sub, roomsFrom(0, 64)...); !errors.Is(err, context.Canceled) {
				t.Errorf("Err is %v, want the context's", err)
			}
			if _, err := n.Subscribe(t.Context()); err == nil {
				t.Error("Subscribe succeeded")
			}
		})
	}
}

func TestSubscribeWithAnEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cfg := inMemory(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := stream.Subscribe(ctx, cfg); !errors.Is(err, context.Canceled) {
			t.Errorf("stream.Subscribe returned %v", err)
		}
		n := open(t.Context(), t, cfg)
		if _, err := n.Subscribe(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("Notifier.Subscribe returned %v", err)
		}
		why := errors.New("shift is over")
		ctx, cancelCause := context.WithCancelCause(t.Context())
		cancelCause(why)
		if _, err := stream.Open(ctx, cfg); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("Open returned %v, want context.Canceled and the cause", err)
		}
	})
}

// Subscribing, cancelling, closing and sending concurrently is safe.
func TestCloseBesideSubscribe(t *testing.T) {
	server, cfg := onTCP(t)
	for range 20 {
		n := open(t.Context(), t, cfg)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for {
					ctx, cancel := context.WithCancel(t.Context())
					sub, err := n.Subscribe(ctx, stream.WithMetrics())
					if err != nil {
						if err != stream.ErrClosed {
							t.Errorf("Subscribe: %v", err)
						}
						cancel()
						return
					}
					cancel()
					for range sub.Notifications() {
					}
				}
			})
		}
		group.Go(func() { send(t, server, roomsFrom(0, 100)...) })
		group.Go(n.Close)
		group.Go(n.Close)
		group.Wait()
	}
}

// Cancelled at any stage, over real sockets and TLS: nothing is left.
func TestP5CancelAtEveryStage(t *testing.T) {
	for _, useTLS := range []bool{false, true} {
		for _, stage := range []struct {
			name    string
			backoff time.Duration
			spoil   func(*jellyfishtest.Server)
		}{
			{"live", 1, func(*jellyfishtest.Server) {}},
			{"flooded", 1, func(s *jellyfishtest.Server) { _ = s.Send(roomsFrom(0, 30_000)...) }},
			{"back-off", time.Hour, func(s *jellyfishtest.Server) { s.Stop() }},
			{"silent server", 1, func(s *jellyfishtest.Server) { s.Silence(true) }},
			{"dialling a silent server", 1, func(s *jellyfishtest.Server) { s.Silence(true); s.Cut(jellyfishtest.CutReset) }},
			{"mid-handshake", 1, func(s *jellyfishtest.Server) { s.Delay(time.Hour); s.Cut(jellyfishtest.CutReset); upgraded(s, 3) }},
		} {
			t.Run(map[bool]string{false: "plain ", true: "TLS "}[useTLS]+stage.name, func(t *testing.T) {
				// A busy machine may be late once; a defect is late every time.
				var took time.Duration
				for range 3 {
					if took = cancelWhile(t, useTLS, stage.backoff, stage.spoil); took <= promptly {
						return
					}
				}
				t.Errorf("the channel was closed %v after the cancel", took)
			})
		}
	}
}

// cancelWhile returns how long a subscription's channel took to be closed.
func cancelWhile(t *testing.T, useTLS bool, backoff time.Duration, spoil func(*jellyfishtest.Server)) time.Duration {
	t.Helper()
	server := jellyfishtest.Run(t, jellyfishtest.Config{TLS: useTLS})
	cfg := configFor(server)
	cfg.Backoff = stream.Backoff{Base: backoff, Cap: backoff}
	warmUp(t, cfg)
	before := leak.Descriptors()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sub := subscribe(ctx, t, cfg)
	spoil(server)
	// Cancelling is valid at any moment: nothing depends on how long this takes.
	<-time.After(30 * time.Millisecond)
	start := time.Now()
	cancel()
	for range sub.Notifications() {
	}
	took := time.Since(start)
	server.Close()
	if left := leak.Goroutines(); left != "" {
		t.Errorf("goroutines left:\n%s", left)
	}
	if excess := leak.DescriptorsDownTo(before); before >= 0 && excess != "" {
		t.Error(excess)
	}
	return took
}

// upgraded waits until the given number of connections were made, for a few seconds at
// most.
func upgraded(s *jellyfishtest.Server, connections int) {
	for deadline := time.Now().Add(5 * time.Second); len(s.Upgrades()) < connections && time.Now().Before(deadline); {
		runtime.Gosched()
	}
}

// warmUp opens what the process keeps open forever.
func warmUp(t *testing.T, cfg stream.Config) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	sub := subscribe(ctx, t, cfg)
	cancel()
	expectEnd(t, sub)
}
