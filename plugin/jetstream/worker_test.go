package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// startWorker joins a worker until the test ends, or stop is called.
func startWorker(t testing.TB, url string, config WorkerConfig) (w *Worker, stop context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	config.Logger = testLogger(t)
	w, err := NewWorker(ctx, connect(t, url), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		for range w.Deliveries() { // Until it is gone.
		}
	})
	return w, cancel
}

// next receives one delivery.
func next(t testing.TB, w *Worker) *Delivery {
	t.Helper()
	select {
	case d, ok := <-w.Deliveries():
		if !ok {
			t.Fatalf("no more deliveries: %v", w.Err())
		}
		return d
	case <-time.After(patience):
		t.Fatal("no delivery")
	}
	return nil
}

// startBridged runs a NATS server, a Jellyfish server and a bridge that leads.
func startBridged(t testing.TB, layout Layout) (url string, jellyfish *jellyfishtest.Server, bridge *running) {
	t.Helper()
	nats := startNATS(t)
	jellyfish = jellyfishtest.Run(t, jellyfishtest.Config{})
	bridge = runBridge(t, nats.ClientURL(), jellyfish, BridgeConfig{Layout: layout, Lease: 300 * time.Millisecond})
	bridge.awaitRole(t, Leading)
	return nats.ClientURL(), jellyfish, bridge
}

// TestAGapGoesToEveryPartition and the types are those of a subscription.
func TestAGapGoesToEveryPartition(t *testing.T) {
	layout := Layout{Partitions: 3}
	url, jellyfish, _ := startBridged(t, layout)
	w, _ := startWorker(t, url, WorkerConfig{Layout: layout})
	partitions := make(map[int]bool)
	for range 3 { // That of the first leader.
		d := next(t, w)
		if g, ok := d.Notification.(stream.Gap); !ok || g.Outages != 1 || d.Sequence != 1 {
			t.Errorf("%v at %d, want a Gap at 1", d.Notification, d.Sequence)
		}
		partitions[d.Partition] = true
		if err := d.Ack(); err != nil {
			t.Error(err)
		}
	}
	if len(partitions) != 3 {
		t.Errorf("the Gap came to the partitions %v", partitions)
	}
	for _, n := range []decode.Notification{
		decode.RoomCreated{RoomID: "a.b *>é"},
		decode.ViewerConnected{StreamID: "s", ViewerID: "v"},
		decode.Unknown{Number: 999, Payload: "x"},
		decode.TrackAdded{RoomID: "r", Owner: decode.Owner{Type: decode.OwnerComponent, ID: "c"}, Track: decode.Track{ID: "t", Type: 1, Metadata: "null"}},
	} {
		send(t, jellyfish, n)
		d := next(t, w)
		room, _ := decode.RoomOf(n)
		if d.Notification != n || d.Room != room || d.Partition != layout.Partition(room) || d.Attempt != 1 {
			t.Errorf("%v of room %q in %d, want %v", d.Notification, d.Room, d.Partition, n)
		}
		if err := d.Ack(); err != nil {
			t.Error(err)
		}
	}
}

// TestARoomsOrderSurvivesRedelivery leaves a delivery without an acknowledgement:
// nothing else of its partition comes before it comes again.
func TestARoomsOrderSurvivesRedelivery(t *testing.T) {
	layout := Layout{Partitions: 1}
	url, jellyfish, _ := startBridged(t, layout)
	w, _ := startWorker(t, url, WorkerConfig{Layout: layout, AckWait: minAckWait})
	_ = next(t, w).Ack() // The first leader's Gap.
	send(t, jellyfish, numbered("a", 1), numbered("a", 2), numbered("b", 1))
	first := next(t, w)
	again := next(t, w) // After AckWait.
	if again.Sequence != first.Sequence || again.Attempt != 2 || again.Notification != first.Notification {
		t.Errorf("%v attempt %d, want %v again", again.Notification, again.Attempt, first.Notification)
	}
	if err := again.Retry(0); err != nil {
		t.Error(err)
	}
	if again = next(t, w); again.Sequence != first.Sequence || again.Attempt != 3 {
		t.Errorf("%v attempt %d after Retry", again.Notification, again.Attempt)
	}
	_ = again.Ack()
	last := again.Sequence
	for _, want := range []decode.Notification{numbered("a", 2), numbered("b", 1)} {
		d := next(t, w)
		if d.Notification != want || d.Sequence <= last {
			t.Errorf("%v at %d, want %v after %d", d.Notification, d.Sequence, want, last)
		}
		last = d.Sequence
		_ = d.Ack()
	}
}

// TestDeadLetter never acknowledges one: after the attempts there is a Gap for its
// room in its place, and it is in the stream of dead letters.
func TestDeadLetter(t *testing.T) {
	layout := Layout{Partitions: 1}
	url, jellyfish, _ := startBridged(t, layout)
	w, _ := startWorker(t, url, WorkerConfig{Layout: layout, Attempts: 2})
	_ = next(t, w).Ack()
	send(t, jellyfish, numbered("a", 1), numbered("a", 2))
	first := next(t, w)
	_ = first.Retry(0)
	_ = next(t, w).Retry(0)
	d := next(t, w)
	g, ok := d.Notification.(stream.Gap)
	if !ok || g.Dropped != 1 || !errors.Is(g.Err, ErrDeadLetter) || d.Room != "a" || d.Sequence != first.Sequence {
		t.Errorf("%v in %q at %d, want a Gap in room a at %d", d.Notification, d.Room, d.Sequence, first.Sequence)
	}
	_ = d.Ack()
	if d = next(t, w); d.Notification != numbered("a", 2) {
		t.Errorf("%v, want what came after", d.Notification)
	}
	_ = d.Ack()
	dead, err := w.js.Stream(t.Context(), w.config.Layout.deadName())
	if err != nil {
		t.Fatal(err)
	}
	letter, err := dead.GetMsg(t.Context(), dead.CachedInfo().State.LastSeq)
	if err != nil {
		t.Fatal(err)
	}
	if got := notificationOf(letter.Subject, letter.Data); dead.CachedInfo().State.Msgs != 1 || got != numbered("a", 1) {
		t.Errorf("%d dead letters, the last %v on %s", dead.CachedInfo().State.Msgs, got, letter.Subject)
	}
}

// TestWorkersShareTheRooms has workers come and go while notifications do: each is
// handled in its room's order, and no two workers have one partition for long.
func TestWorkersShareTheRooms(t *testing.T) {
	layout := Layout{Partitions: 8}
	url, jellyfish, _ := startBridged(t, layout)
	type handled struct {
		room   string
		number int
	}
	got := make(chan handled, 1000)
	work := func(w *Worker) {
		for d := range w.Deliveries() {
			if _, gap := d.Notification.(stream.Gap); !gap {
				room, number := numberOf(t, d.Notification)
				got <- handled{room, number}
			}
			_ = d.Ack()
		}
	}
	begin := func() (*Worker, context.CancelFunc, chan struct{}) {
		w, stop := startWorker(t, url, WorkerConfig{Layout: layout})
		done := make(chan struct{})
		go func() { defer close(done); work(w) }()
		return w, stop, done
	}
	a, _, _ := begin()
	b, stopB, doneB := begin()
	await(t, "the two share", func() bool { return len(a.Partitions()) == 4 && len(b.Partitions()) == 4 })
	for n := 1; n <= 20; n++ {
		for room := range 10 {
			send(t, jellyfish, numbered(fmt.Sprint(room), n))
		}
		if n == 10 {
			stopB()
		}
	}
	<-doneB
	await(t, "the one that is left has all", func() bool { return len(a.Partitions()) == 8 })
	numbers := make(map[string][]int)
	for range 200 {
		select {
		case h := <-got:
			if list := numbers[h.room]; !slices.Contains(list, h.number) {
				numbers[h.room] = append(list, h.number)
			}
		case <-time.After(patience):
			t.Fatalf("not all is handled: %v", numbers)
		}
	}
	for room, list := range numbers {
		if !slices.Equal(list, count(20)) {
			t.Errorf("room %s: %v", room, list)
		}
	}
}

// TestFeed has what is in the stream come out of a relay.
func TestFeed(t *testing.T) {
	url, jellyfish, bridge := startBridged(t, Layout{})
	relay := stream.NewRelay(t.Context())
	sub, err := relay.Subscribe(t.Context(), stream.InRooms("a"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	fed := make(chan error, 1)
	go func() { fed <- Feed(ctx, connect(t, url), Layout{}, relay) }()
	// What comes before the feed has begun isn't for it.
	sent := 0
	for received := 0; received < 3; {
		sent++
		send(t, jellyfish, numbered("a", sent), numbered("b", sent))
		select {
		case n := <-sub.Notifications():
			if _, number := numberOf(t, n); received > 0 && number > sent {
				t.Errorf("%v", n)
			}
			received++
		case <-time.After(50 * time.Millisecond):
		}
	}
	if bridge.Stats().Role != Leading {
		t.Error(bridge)
	}
	cancel()
	if err := <-fed; !errors.Is(err, context.Canceled) {
		t.Errorf("Feed returned %v", err)
	}
}

// TestAnotherLayoutIsRefused by bridges, workers and feeds.
func TestAnotherLayoutIsRefused(t *testing.T) {
	url, _, bridge := startBridged(t, Layout{Partitions: 4})
	conn := connect(t, url)
	if _, err := NewWorker(t.Context(), conn, WorkerConfig{}); !errors.Is(err, ErrLayout) {
		t.Errorf("NewWorker: %v", err)
	}
	if err := Feed(t.Context(), conn, Layout{Partitions: 5}, stream.NewRelay(t.Context())); !errors.Is(err, ErrLayout) {
		t.Errorf("Feed: %v", err)
	}
	other, err := NewBridge(conn, bridge.notifier, BridgeConfig{Layout: Layout{Partitions: 3}})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Run(t.Context()); !errors.Is(err, ErrLayout) {
		t.Errorf("Run: %v", err)
	}
	for _, err := range []error{
		second(NewBridge(nil, bridge.notifier, BridgeConfig{})),
		second(NewBridge(conn, nil, BridgeConfig{})),
		second(NewBridge(conn, bridge.notifier, BridgeConfig{Lease: -1})),
		second(NewBridge(conn, bridge.notifier, BridgeConfig{Layout: Layout{Prefix: "a.b"}})),
		second(NewWorker(t.Context(), conn, WorkerConfig{Group: "*"})),
		second(NewWorker(t.Context(), conn, WorkerConfig{AckWait: 1})),
	} {
		var bad *stream.InputError
		if !errors.As(err, &bad) {
			t.Errorf("%v is no InputError", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestWhatTheStreamHasLetGoOfIsAGap stops a worker, has messages age out, and starts
// another.
func TestWhatTheStreamHasLetGoOfIsAGap(t *testing.T) {
	layout := Layout{Partitions: 1, MaxAge: 2 * time.Second}
	url, jellyfish, bridge := startBridged(t, layout)
	w, stop := startWorker(t, url, WorkerConfig{Layout: layout})
	_ = next(t, w).Ack()
	send(t, jellyfish, numbered("a", 1))
	_ = next(t, w).Ack()
	stop()
	for range w.Deliveries() {
	}
	send(t, jellyfish, numbered("a", 2), numbered("a", 3))
	await(t, "published", func() bool { return bridge.Stats().Published == 4 })
	await(t, "aged out", func() bool {
		s, err := w.js.Stream(t.Context(), w.config.Layout.streamName())
		return err == nil && s.CachedInfo().State.Msgs == 0
	})
	w, _ = startWorker(t, url, WorkerConfig{Layout: layout})
	send(t, jellyfish, numbered("a", 4))
	d := next(t, w)
	if g, ok := d.Notification.(stream.Gap); !ok || !errors.Is(g.Err, ErrExpired) || d.Sequence != 4 {
		t.Errorf("%v at %d, want a Gap at 4", d.Notification, d.Sequence)
	}
}
