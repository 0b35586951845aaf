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

// P1: a relay of a subscription is as good as the subscription, Gaps included.
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
		if err := relay.Mark(stream.Gap{}); err != nil { // It says nothing.
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

// foreign is not a notification of this library.
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
	expectEnd(t, sub) // None was delivered.
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

// What one call puts in stays together, whatever is put in concurrently.
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
