package stream_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func connected(room, peer string) decode.PeerConnected {
	return decode.PeerConnected{RoomID: room, PeerID: peer}
}

func TestFiltersKeepWhatIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		all := join(t.Context(), t, n)
		room := join(t.Context(), t, n, stream.InRooms("a", "a"), stream.InRooms("b"))
		kind := join(t.Context(), t, n, stream.OfKinds(decode.KindRoomDeleted, decode.KindUnknown))
		both := join(t.Context(), t, n, stream.InRooms("a"), stream.OfKinds(decode.KindPeerConnected))
		sent := []decode.Notification{
			connected("a", "1"), connected("b", "2"), connected("c", "3"),
			decode.RoomDeleted{RoomID: "a"}, decode.RoomDeleted{RoomID: "c"},
			decode.Unknown{Number: 99, Payload: "?"},
			decode.ViewerConnected{StreamID: "a", ViewerID: "v"},
		}
		send(t, server, sent...)
		server.Cut(jellyfishtest.CutClean)
		expect(t, all, append(sent, outage)...)
		expect(t, room, connected("a", "1"), connected("b", "2"), decode.RoomDeleted{RoomID: "a"}, outage)
		expect(t, kind, decode.RoomDeleted{RoomID: "a"}, decode.RoomDeleted{RoomID: "c"}, decode.Unknown{Number: 99, Payload: "?"}, outage)
		expect(t, both, connected("a", "1"), outage)
		for _, sub := range []*stream.Subscription{all, room, kind, both} {
			expectNothing(t, sub)
		}
	})
}

func TestBadOptionsAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		for _, c := range []struct {
			name   string
			option stream.Option
		}{
			{"InRooms", stream.InRooms()},
			{"InRooms", stream.InRooms("a", "")},
			{"InRooms", stream.InRooms("a", "\xff")}, // No room can have it: texts are UTF-8.
			{"InRooms", stream.InRooms("\xed\xa0\x80")},
			{"OfKinds", stream.OfKinds()},
			{"OfKinds", stream.OfKinds(decode.Kind(99))},
			{"OfKinds", stream.OfKinds(decode.Kind(6))},
			{"OfKinds", stream.OfKinds(decode.Kind(-7))},
			{"OfKinds", stream.OfKinds(decode.KindGap)},
			{"OfKinds", stream.OfKinds(decode.KindUndecodable)},
			{"OfKinds", stream.OfKinds(decode.KindMetricsReport)},
			{"WithBound", stream.WithBound(-1, 0)},
			{"WithBound", stream.WithBound(0, -1)},
		} {
			_, err := n.Subscribe(t.Context(), c.option)
			var bad *stream.InputError
			if !errors.As(err, &bad) || bad.Field != c.name {
				t.Errorf("Subscribe with a bad %s returned %v", c.name, err)
			}
			if _, err := stream.Subscribe(t.Context(), cfg, c.option); !errors.As(err, &bad) {
				t.Errorf("stream.Subscribe with a bad %s returned %v", c.name, err)
			}
		}
		if sub := join(t.Context(), t, n, stream.WithBound(0, 0)); sub == nil {
			t.Error("a bound of zero is refused")
		}
	})
}

func TestSubscribeToIsAChannelOfOneType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		typed, err := stream.SubscribeTo[decode.PeerConnected](t.Context(), n, stream.InRooms("a"), stream.WithBound(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		send(t, server, decode.RoomCreated{RoomID: "a"}, connected("b", "0"), connected("a", "1"))
		if e := <-typed.Events(); e.Gap != nil || e.Value != connected("a", "1") {
			t.Errorf("event is %+v", e)
		}
		server.Cut(jellyfishtest.CutReset)
		if e := <-typed.Events(); e.Gap == nil || e.Gap.Outages != 1 || e.Value != (decode.PeerConnected{}) {
			t.Errorf("event is %+v, want a gap", e)
		}
		for range 65 {
			send(t, server, connected("a", "early"))
		}
		synctest.Wait()
		send(t, server, connected("a", "dropped"), connected("a", "kept"))
		synctest.Wait()
		typed.Drain()
		for range 65 {
			<-typed.Events()
		}
		if e := <-typed.Events(); e.Gap == nil || e.Gap.Dropped != 1 {
			t.Errorf("event is %+v, want one dropped", e)
		}
		if e := <-typed.Events(); e.Value.PeerID != "kept" {
			t.Errorf("event is %+v", e)
		}
		if _, ok := <-typed.Events(); ok || typed.Err() != stream.ErrDrained {
			t.Errorf("ended with %v", typed.Err())
		}
		if s := typed.Stats(); s.Delivered != 67 || s.Dropped != 1 || s.Gaps != 2 || s.Outages != 1 {
			t.Errorf("counters are %+v", s)
		}
	})
}

// embedding has the Kind of what it embeds, and is never sent.
type embedding struct{ decode.RoomCreated }

func TestSubscribeToRefusesWhatIsNoOneType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		var bad *stream.InputError
		if _, err := stream.SubscribeTo[decode.Notification](t.Context(), n); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo an interface returned %v", err)
		}
		if _, err := stream.SubscribeTo[*decode.RoomCreated](t.Context(), n); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo a pointer returned %v", err)
		}
		if _, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), nil); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo on no notifier returned %v", err)
		}
		if _, err := stream.Await[decode.RoomCreated](t.Context(), nil, nil); !errors.As(err, &bad) {
			t.Errorf("Await on no subscription returned %v", err)
		}
		if _, err := stream.SubscribeTo[embedding](t.Context(), n); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo another type returned %v", err)
		}
		if _, err := stream.Await[*decode.RoomCreated](t.Context(), join(t.Context(), t, n), nil); !errors.As(err, &bad) {
			t.Errorf("Await of a pointer returned %v", err)
		}
		if _, err := stream.SubscribeTo[stream.Gap](t.Context(), n); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo Gap returned %v", err)
		}
		if _, err := stream.SubscribeTo[decode.MetricsReport](t.Context(), n); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo MetricsReport returned %v", err)
		}
		if _, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), n, stream.OfKinds(decode.KindRoomDeleted)); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo with OfKinds returned %v", err)
		}
		if _, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), n, stream.WithMetrics()); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo with WithMetrics returned %v", err)
		}
		n.Close()
		if _, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), n); err != stream.ErrClosed {
			t.Errorf("SubscribeTo on a closed notifier returned %v", err)
		}
	})
}

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		sub := join(t.Context(), t, n)
		send(t, server, connected("a", "1"), connected("a", "2"), decode.RoomDeleted{RoomID: "a"}, connected("a", "3"))
		got, err := stream.Await(t.Context(), sub, func(p decode.PeerConnected) bool { return p.PeerID == "2" })
		if err != nil || got.PeerID != "2" {
			t.Errorf("awaited %v, %v", got, err)
		}
		got, err = stream.Await[decode.PeerConnected](t.Context(), sub, nil)
		if err != nil || got.PeerID != "3" {
			t.Errorf("awaited %v, %v", got, err)
		}

		server.Cut(jellyfishtest.CutReset)
		var gap *stream.GapError
		if _, err := stream.Await[decode.RoomCreated](t.Context(), sub, nil); !errors.As(err, &gap) || gap.Gap.Outages != 1 {
			t.Errorf("a gap passed, and Await returned %v", err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := stream.Await[decode.RoomCreated](ctx, sub, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Await returned %v, want the context's error", err)
		}
		server.Cut(jellyfishtest.CutReset)
		if g, err := stream.Await[stream.Gap](t.Context(), sub, nil); err != nil || g.Outages != 1 {
			t.Errorf("awaited a gap: %v, %v", g, err)
		}
		n.Close()
		if _, err := stream.Await[decode.RoomCreated](t.Context(), sub, nil); err != stream.ErrClosed {
			t.Errorf("Await returned %v, want why the subscription ended", err)
		}
	})
}

func TestAllIsTheSameMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		send(t, server, roomsFrom(0, 10)...)
		i := 0
		for n := range sub.All() {
			compare(t, i, n, room(i))
			if i++; i == 4 {
				break // Doesn't unsubscribe.
			}
		}
		expect(t, sub, room(4))
		sub.Drain()
		i = 5
		for n := range sub.All() {
			compare(t, i, n, room(i))
			i++
		}
		if i != 10 || sub.Err() != stream.ErrDrained {
			t.Errorf("ended after %d with %v", i, sub.Err())
		}
	})
}

// Draining a subscription with its own connection ends the connection too.
func TestDrainOfASingleSubscriptionEndsItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		sub.Drain()
		sub.Drain()
		if err := expectEnd(t, sub); err != stream.ErrDrained {
			t.Errorf("Err is %v", err)
		}
		synctest.Wait()
		if left := server.Connections(); left != 0 {
			t.Errorf("%d connections left", left)
		}
	})
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		sub := join(t.Context(), t, n, stream.WithBound(10, 0))
		join(t.Context(), t, n, stream.InRooms("elsewhere"))
		for range 64 + 1 + 10 + 5 {
			send(t, server, connected("a", "1"))
			synctest.Wait()
		}
		server.SendMessage([]byte{0xff})
		server.SendMessage([]byte{0x32, 0}) // Authenticated, again.
		server.Cut(jellyfishtest.CutReset)
		time.Sleep(time.Minute)
		got := n.Stats()
		if since := time.Since(got.LastFrame); since < 0 || since > 30*time.Second { // A ping comes every 30 s.
			t.Errorf("LastFrame is %v ago", since)
		}
		got.LastFrame = time.Time{}
		if want := (stream.NotifierStats{Subscriptions: 2, Received: 80, Outages: 1, Undecodable: 1, Unsolicited: 1,
			ByKind: map[decode.Kind]uint64{decode.KindPeerConnected: 80}}); !cmp.Equal(got, want) {
			t.Errorf("notifier's counters are %+v, want %+v", got, want)
		}
		wire := len("\x12\x06\x0a\x01a\x12\x011")
		if got, want := sub.Stats(), (stream.SubscriptionStats{
			Delivered: 64, Dropped: 5, Outages: 1, Undecodable: 1, Queued: 10, QueuedBytes: 10 * wire,
		}); got != want {
			t.Errorf("subscription's counters are %+v, want %+v", got, want)
		}
	})
}

// lockedBuffer is a log's output.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), text)
}

func TestOneWarningPerEpisodeOfOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		var log lockedBuffer
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		sub := subscribe(t.Context(), t, cfg, stream.WithBound(5, 0))
		for episode := 1; episode <= 3; episode++ {
			send(t, server, roomsFrom(0, 200)...)
			synctest.Wait()
			if got := log.count("too slow"); got != episode {
				t.Errorf("%d warnings in %d episodes", got, episode)
			}
			for len(sub.Notifications()) > 0 {
				next(t, sub)
				synctest.Wait()
			}
		}
	})
}
