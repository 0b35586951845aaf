package stream_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P1: a relay of one subscription is as good as that, Gaps and all.
func TestP1RelayHandsOnWhatIsPutIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		relay := stream.NewRelay(t.Context())
		all, some := join(t.Context(), t, relay), join(t.Context(), t, relay, stream.InRooms("a"))
		metrics := join(t.Context(), t, relay, stream.OnlyMetrics())
		send(t, server, room(1), connected("a", "1"))
		synctest.Wait()
		server.Cut(jellyfishtest.CutReset)
		for range 3 {
			put(t, relay, next(t, sub))
		}
		send(t, server, room(2))
		put(t, relay, next(t, sub))
		put(t, relay, decode.Undecodable{Reason: "cut short"}, decode.MetricsReport{JSON: "{}"})
		expect(t, all, room(1), connected("a", "1"), outage, room(2), stream.Gap{Undecodable: 1})
		expect(t, some, connected("a", "1"), outage, stream.Gap{Undecodable: 1})
		if r := <-metrics.Metrics(); r.JSON != "{}" {
			t.Errorf("report is %v", r)
		}
		if err := relay.Mark(stream.Gap{Dropped: 3}); err != nil {
			t.Error(err)
		}
		if err := relay.Mark(stream.Gap{}); err != nil { // Says nothing.
			t.Error(err)
		}
		expect(t, all, stream.Gap{Dropped: 3})
		expectNothing(t, all)
		if s := relay.Stats(); s.Received != 3 || s.Outages != 1 || s.Undecodable != 1 || s.ByKind[decode.KindRoomCreated] != 2 {
			t.Errorf("counters are %+v", s)
		}
		if got := relay.String(); got != "relay to 3 subscriptions" {
			t.Errorf("String is %q", got)
		}
		relay.Close()
		relay.Close()
		if err := expectEnd(t, all); err != stream.ErrClosed {
			t.Errorf("Err is %v", err)
		}
		if err := relay.Put(room(3)); err != stream.ErrClosed {
			t.Errorf("Put after Close returned %v", err)
		}
		if err := relay.Mark(outage); err != stream.ErrClosed {
			t.Errorf("Mark after Close returned %v", err)
		}
	})
}

// foreign is no notification of this library.
type foreign struct{}

func (foreign) Kind() decode.Kind { return 1000 }

func TestRelayRefusesWhatIsNoNotification(t *testing.T) {
	relay := stream.NewRelay(t.Context())
	sub := join(t.Context(), t, relay)
	for text, n := range map[string]decode.Notification{
		"negative":     stream.Gap{Outages: -1},
		"nil":          nil,
		"not a pointe": &decode.RoomCreated{},
		"not stream_t": foreign{},
		"not stream_":  embedding{},
	} {
		var bad *stream.InputError
		if err := relay.Put(room(1), n); !errors.As(err, &bad) || !strings.Contains(err.Error(), text) {
			t.Errorf("Put of %T returned %v", n, err)
		}
	}
	relay.Close()
	expectEnd(t, sub) // None was handed on.
}

func TestP5RelayEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	relay := stream.NewRelay(ctx)
	sub := join(t.Context(), t, relay)
	cancel()
	if err := expectEnd(t, sub); !errors.Is(err, context.Canceled) {
		t.Errorf("Err is %v", err)
	}
	if err := relay.Put(room(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Put returned %v", err)
	}
	if _, err := stream.NewRelay(ctx).Subscribe(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("Subscribe to a relay whose context had ended returned %v", err)
	}
}

// What one call puts in stays together, whoever puts in beside it.
func TestRelayKeepsACallTogether(t *testing.T) {
	relay := stream.NewRelay(t.Context())
	sub := join(t.Context(), t, relay)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 100 {
				if err := relay.Put(roomsFrom(0, 5)...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 400 {
		expect(t, sub, roomsFrom(0, 5)...)
	}
	group.Wait()
}

// Every source can be shut down.
func TestShutdownReturnsWhenAllIsReceived(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(*testing.T) (source interface {
			stream.Source
			Shutdown(context.Context) error
		}, send func(...decode.Notification))
	}{
		{"notifier", func(t *testing.T) (interface {
			stream.Source
			Shutdown(context.Context) error
		}, func(...decode.Notification)) {
			server, cfg := inMemory(t)
			return open(t.Context(), t, cfg), func(ns ...decode.Notification) { send(t, server, ns...) }
		}},
		{"webhook", func(t *testing.T) (interface {
			stream.Source
			Shutdown(context.Context) error
		}, func(...decode.Notification)) {
			server, w := webhookInMemory(t)
			return w, func(ns ...decode.Notification) { send(t, server, ns...) }
		}},
		{"relay", func(t *testing.T) (interface {
			stream.Source
			Shutdown(context.Context) error
		}, func(...decode.Notification)) {
			r := stream.NewRelay(t.Context())
			return r, func(ns ...decode.Notification) { put(t, r, ns...) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, send := c.open(t)
				subs := []*stream.Subscription{join(t.Context(), t, source), join(t.Context(), t, source), join(t.Context(), t, source)}
				gone, cancel := context.WithCancel(t.Context())
				join(gone, t, source) // It is not waited for.
				drained := join(t.Context(), t, source)
				feed := eachRoom(t.Context(), t, source)
				send(roomsFrom(0, 1000)...)
				synctest.Wait()
				cancel()
				drained.Drain()
				synctest.Wait()
				if err := source.Shutdown(gone); !isUndelivered(err, 3*1000+1000+2*1000) {
					t.Errorf("with a context that has ended: %v", err)
				}
				if _, err := source.Subscribe(t.Context()); err != stream.ErrClosed {
					t.Errorf("Subscribe returned %v", err)
				}
				var group sync.WaitGroup
				for _, sub := range append(subs, drained) {
					group.Go(func() {
						for i := range 1000 {
							sleepInBubble()
							expect(t, sub, room(i))
						}
					})
				}
				group.Go(func() {
					for e := range feed.All() {
						sleepInBubble()
						group.Go(func() {
							sleepInBubble()
							for range e.Value.All() {
							}
						})
					}
				})
				if err := source.Shutdown(t.Context()); err != nil {
					t.Errorf("Shutdown: %v", err)
				}
				for i, sub := range subs {
					if len(sub.Notifications()) > 0 || sub.Err() == nil {
						t.Errorf("subscription %d has %d left, and ended with %v", i, len(sub.Notifications()), sub.Err())
					}
				}
				group.Wait()
			})
		})
	}
}

func isUndelivered(err error, left int) bool {
	var undelivered *stream.UndeliveredError
	return errors.As(err, &undelivered) && undelivered.Left == left && errors.Is(err, context.Canceled)
}

// What is in a channel that was closed before counts as well, until it is received.
func TestShutdownWaitsForRoomsThatEndedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		feed := eachRoom(t.Context(), t, relay)
		put(t, relay, connected("a", "1"), connected("a", "2"), decode.RoomDeleted{RoomID: "a"}, connected("b", "1"))
		a := nextRoom(t, feed, "a")
		nextRoom(t, feed, "b").Leave()
		synctest.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := relay.Shutdown(ended); !isUndelivered(err, 3) {
			t.Errorf("Shutdown returned %v", err)
		}
		expectRoom(t, a, connected("a", "1"), connected("a", "2"), decode.RoomDeleted{RoomID: "a"})
		if err := relay.Shutdown(ended); err != nil {
			t.Errorf("Shutdown returned %v", err)
		}
	})
}
