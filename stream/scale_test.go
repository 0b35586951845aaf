package stream_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A thousand subscriptions, each to its own room; some stall, and the others get every
// notification of their room, in order.
func TestP3ThousandRoomsSomeStalled(t *testing.T) {
	const rooms, each = 1000, 300
	server, cfg := onTCP(t)
	warmUp(t, cfg)
	before := leak.Count()
	n := open(t.Context(), t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	subs := make([]*stream.Subscription, rooms)
	stalled := make([]bool, rooms)
	for i := range subs {
		bound := 0
		if stalled[i] = rand.IntN(4) == 0; stalled[i] {
			bound = 100
		}
		subs[i] = join(ctx, t, n, stream.InRooms(fmt.Sprintf("room-%d", i)), stream.WithBound(bound, 0))
	}
	var group sync.WaitGroup
	for i, sub := range subs {
		if stalled[i] {
			continue
		}
		group.Go(func() { // Receives everything.
			for k := range each {
				select {
				case n := <-sub.Notifications():
					if want := (decode.PeerConnected{RoomID: fmt.Sprintf("room-%d", i), PeerID: fmt.Sprint(k)}); n != want {
						t.Errorf("received %v, want %v", n, want)
						return
					}
				case <-time.After(waitLimit()):
					t.Errorf("room %d: nothing came after %d", i, k)
					return
				}
			}
		})
	}
	for k := range each {
		ns := make([]decode.Notification, rooms)
		for i := range ns {
			ns[i] = decode.PeerConnected{RoomID: fmt.Sprintf("room-%d", i), PeerID: fmt.Sprint(k)}
		}
		send(t, server, ns...)
	}
	group.Wait()
	for i, sub := range subs {
		if stats := sub.Stats(); stalled[i] && stats.Delivered+stats.Dropped+uint64(stats.Queued) < each-1 {
			t.Errorf("stalled subscription %d: %+v, want all %d accounted for", i, stats, each)
		}
	}
	cancel()
	for _, sub := range subs {
		for range sub.Notifications() {
		}
	}
	for deadline := time.Now().Add(waitLimit()); n.Stats().Subscriptions > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d subscriptions left", n.Stats().Subscriptions)
		}
	}
	n.Close()
	server.Close()
	if now := leak.Count(); now > before {
		if left := leak.Goroutines(); left != "" {
			t.Errorf("goroutines left:\n%s", left)
		}
	}
}

// Many rooms in one filter cost the other subscriptions next to nothing.
func TestP3ManyRoomsInOneFilter(t *testing.T) {
	_, cfg := onTCP(t)
	n := open(t.Context(), t, cfg)
	ids := make([]string, 20_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("room-%d", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	subs := []*stream.Subscription{join(ctx, t, n, stream.InRooms(ids...)), join(ctx, t, n, stream.InRooms(ids...))}
	began := time.Now()
	cancel()
	for _, sub := range subs {
		for range sub.Notifications() {
		}
	}
	for n.Stats().Subscriptions > 0 {
		runtime.Gosched()
	}
	if took := time.Since(began); took > 2*time.Second { // Some 10 ms; quadratic time takes many seconds.
		t.Errorf("two filters of %d rooms ended after %v", len(ids), took)
	}
}

// The memory of subscriptions that nobody reads is as documented: 3 kB each, and for
// each queued notification its size on the wire plus 250 bytes.
func TestP3MemoryOfStalledSubscriptions(t *testing.T) {
	const subscriptions, waiting, wire = 300, 200, 78
	server, cfg := onTCP(t)
	n := open(t.Context(), t, cfg)
	id := func(i int) string { return fmt.Sprintf("fbf4190c-5c76-415c-8939-52c6ed%06d", i) }
	// flood sends each room more than its subscription holds, and waits until
	// everything is received.
	marker := join(t.Context(), t, n, stream.OfKinds(decode.KindRoomDeleted))
	flood := func() {
		ns := make([]decode.Notification, subscriptions)
		for range 65 + waiting + 50 {
			for i := range ns {
				ns[i] = decode.PeerConnected{RoomID: id(i), PeerID: "c7236587-5df8-4b41-b6e4-268e71133ee2"}
			}
			send(t, server, ns...)
		}
		send(t, server, decode.RoomDeleted{RoomID: "end"})
		next(t, marker)
	}
	flood() // Once without subscriptions, for what the server and the connection keep.
	before := heap()
	subs := make([]*stream.Subscription, subscriptions)
	for i := range subs {
		subs[i] = join(t.Context(), t, n, stream.WithBound(waiting, 0), stream.InRooms(id(i)))
	}
	idle := (heap() - before) / subscriptions
	if idle > 3000 {
		t.Errorf("an idle subscription takes %d bytes", idle)
	}
	flood()
	stalled := (heap() - before) / subscriptions
	if most := uint64(3000 + (65+waiting)*(wire+250)); stalled > most {
		t.Errorf("a stalled subscription takes %d bytes, want at most %d", stalled, most)
	}
	t.Logf("idle %d bytes, stalled with %d waiting %d bytes", idle, 65+waiting, stalled)
	runtime.KeepAlive(subs)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkSubscribeAndCancel measures a mailbox that lives for one request, next to
// 10,000 others.
func BenchmarkSubscribeAndCancel(b *testing.B) {
	for _, live := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("%d live", live), func(b *testing.B) {
			n := benchmarkNotifier(b, live)
			b.ReportAllocs()
			for b.Loop() {
				ctx, cancel := context.WithCancel(b.Context())
				if _, err := n.Subscribe(ctx, stream.InRooms("room-7")); err != nil {
					b.Fatal(err)
				}
				cancel()
			}
		})
	}
}
