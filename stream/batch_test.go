package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"unsafe"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func inBatches(ctx context.Context, t *testing.T, source stream.Source, options ...stream.Option) *stream.BatchSubscription {
	t.Helper()
	b, err := stream.Batches(ctx, source, options...)
	if err != nil {
		t.Fatalf("Batches: %v", err)
	}
	return b
}

// fullBatch is how many notifications a batch holds at most.
const fullBatch = 256

// expectBatches receives exactly these notifications, in batches of any size.
func expectBatches(t *testing.T, b *stream.BatchSubscription, want ...decode.Notification) (batches int) {
	t.Helper()
	for i := 0; i < len(want); batches++ {
		batch, ok := <-b.Batches()
		if !ok || len(batch) == 0 || len(batch) > min(fullBatch, len(want)-i) || cap(batch) != len(batch) {
			t.Fatalf("received a batch of %d (capacity %d, open %v: %v) after %d of %d", len(batch), cap(batch), ok, b.Err(), i, len(want))
		}
		for _, n := range batch {
			compare(t, i, n, want[i])
			i++
		}
	}
	return batches
}

// P1: batches hold the same sequence, filtered alike, with Gaps in their places.
func TestP1BatchesHoldTheSequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		all := inBatches(t.Context(), t, n)
		byRoom := inBatches(t.Context(), t, n, stream.InRooms("7"))
		byKind := inBatches(t.Context(), t, n, stream.OfKinds(decode.KindPeerConnected))
		send(t, server, roomsFrom(0, 300)...)
		synctest.Wait() // All notifications have arrived.
		expectBatches(t, all, roomsFrom(0, 300)...)
		expectBatches(t, byRoom, room(7))
		late := inBatches(t.Context(), t, n)
		server.SendMessage([]byte{0xff})
		send(t, server, connected("7", "1"))
		synctest.Wait()
		server.Cut(jellyfishtest.CutReset)
		synctest.Wait()
		sleepInBubble()
		rest := []decode.Notification{stream.Gap{Undecodable: 1}, connected("7", "1"), outage}
		for i, b := range []*stream.BatchSubscription{all, byRoom, byKind, late} {
			if got := expectBatches(t, b, rest...); got != 3 {
				t.Errorf("subscription %d received %d batches", i, got)
			}
		}
	})
}

// Subscriptions to everything share a batch, which is never modified afterwards.
func TestBatchesAreSharedAndStay(t *testing.T) {
	relay := stream.NewRelay(t.Context())
	one, other := inBatches(t.Context(), t, relay), inBatches(t.Context(), t, relay)
	filtered := inBatches(t.Context(), t, relay, stream.InRooms("1", "2"))
	var kept [][]decode.Notification
	for i := range 10 {
		put(t, relay, roomsFrom(3*i, 3*i+3)...)
		a, b := <-one.Batches(), <-other.Batches()
		if len(a) != 3 || unsafe.SliceData(a) != unsafe.SliceData(b) {
			t.Errorf("received %v and %v, which are not one", a, b)
		}
		kept = append(kept, a)
	}
	for i, batch := range kept {
		for k, n := range batch {
			compare(t, k, n, room(3*i+k))
		}
	}
	if batch := <-filtered.Batches(); len(batch) != 2 {
		t.Errorf("the filtered subscription received %v", batch)
	}
	relay.Close()
}

// P3: the bound counts notifications, and what is queued arrives in whole batches.
func TestP3BatchesAreBoundedByNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		b := inBatches(t.Context(), t, relay, stream.WithBound(fullBatch+44, 0))
		for i := range 16 + 4 { // Fill the channel, and queue some.
			put(t, relay, roomsFrom(fullBatch*i, fullBatch*i+fullBatch)...)
			synctest.Wait()
		}
		const sent, dropped = 20 * fullBatch, 2*fullBatch - 44 // The pump has one in hand.
		if s := b.Stats(); s.Delivered != 16*fullBatch || s.Dropped != dropped || s.Queued != fullBatch+44 {
			t.Errorf("counters are %+v", s)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := relay.Shutdown(ended); !isUndelivered(err, sent-dropped+1) {
			t.Errorf("Shutdown returned %v", err)
		}
		expectBatches(t, b, roomsFrom(0, 17*fullBatch)...)
		want := append([]decode.Notification{stream.Gap{Dropped: dropped}}, roomsFrom(17*fullBatch+dropped, sent)...)
		if got := expectBatches(t, b, want...); got != 2 {
			t.Errorf("what waited came in %d batches", got)
		}
		if _, ok := <-b.Batches(); ok || b.Err() != stream.ErrClosed {
			t.Errorf("ended with %v", b.Err())
		}
	})
}

func TestBatchSubscriptionIsASubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		b := inBatches(t.Context(), t, relay)
		put(t, relay, room(1), connected("a", "1"))
		if err := b.SetRooms("a"); err != nil {
			t.Error(err)
		}
		put(t, relay, room(1), connected("a", "2"))
		if got := b.String(); got != `subscription to relay (rooms "a"): 0 queued, 0 bytes` {
			t.Errorf("String is %q", got)
		}
		b.Drain()
		var got []string
		for batch := range b.All() {
			got = append(got, fmt.Sprint(len(batch)))
		}
		if strings.Join(got, " ") != "2 1" || b.Err() != stream.ErrDrained {
			t.Errorf("received batches of %v, ended with %v", got, b.Err())
		}
		var bad *stream.InputError
		for name, option := range map[string]stream.Option{"WithMetrics": stream.WithMetrics(), "InRooms": stream.InRooms()} {
			if _, err := stream.Batches(t.Context(), relay, option); !errors.As(err, &bad) || bad.Field != name {
				t.Errorf("Batches with %s returned %v", name, err)
			}
		}
		if _, err := stream.Batches(t.Context(), nil); !errors.As(err, &bad) || bad.Field != "Batches" {
			t.Errorf("Batches of nothing returned %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		b = inBatches(ctx, t, relay)
		cancel()
		synctest.Wait()
		if _, ok := <-b.Batches(); ok || !errors.Is(b.Err(), context.Canceled) {
			t.Errorf("ended with %v", b.Err())
		}
	})
}
