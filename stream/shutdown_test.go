package stream_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

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
				join(gone, t, source) // Shutdown doesn't wait for it.
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

// What is in a channel that was closed before counts too, until it is received.
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

// Shutdown doesn't wait for cancelled subscriptions, even if the channel was closed
// before and something is left in it.
func TestShutdownWaitsForNobodyWhoLeft(t *testing.T) {
	for name, begin := range map[string]func(*testing.T, *stream.Relay) (leave func()){
		"a subscription whose context ended": func(t *testing.T, relay *stream.Relay) func() {
			ctx, cancel := context.WithCancel(t.Context())
			join(ctx, t, relay)
			put(t, relay, room(1), room(2))
			return cancel
		},
		"batches whose context ended": func(t *testing.T, relay *stream.Relay) func() {
			ctx, cancel := context.WithCancel(t.Context())
			inBatches(ctx, t, relay, stream.InRooms("1", "2"))
			put(t, relay, room(1), room(2))
			return cancel
		},
		"rooms whose context ended": func(t *testing.T, relay *stream.Relay) func() {
			ctx, cancel := context.WithCancel(t.Context())
			feed := eachRoom(ctx, t, relay)
			put(t, relay, room(1), decode.RoomDeleted{RoomID: "1"}, room(2))
			nextRoom(t, feed, "1")
			return cancel
		},
		"a room that ended and was left": func(t *testing.T, relay *stream.Relay) func() {
			feed := eachRoom(t.Context(), t, relay)
			put(t, relay, room(1), decode.RoomDeleted{RoomID: "1"})
			return nextRoom(t, feed, "1").Leave
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				relay := stream.NewRelay(t.Context())
				leave := begin(t, relay)
				relay.Close()
				synctest.Wait()
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				if err := relay.Shutdown(ended); !isUndelivered(err, 2) && !isUndelivered(err, 4) {
					t.Errorf("before it left, Shutdown returned %v", err)
				}
				leave()
				if err := relay.Shutdown(ended); err != nil {
					t.Errorf("Shutdown returned %v", err)
				}
			})
		})
	}
}
