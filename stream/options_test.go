package stream_test

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A subscription to metrics only receives nothing else, and is never too slow.
func TestOnlyMetricsCarriesNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		var log lockedBuffer
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		sub := subscribe(t.Context(), t, cfg, stream.OnlyMetrics(), stream.WithBound(1, 0))
		send(t, server, roomsFrom(0, 200)...)
		server.Cut(jellyfishtest.CutReset)
		server.SendMessage([]byte{0xff})
		if r := <-sub.Metrics(); r.JSON == "" {
			t.Error("a report is empty")
		}
		synctest.Wait()
		if s := sub.Stats(); s != (stream.SubscriptionStats{}) || len(sub.Notifications()) > 0 {
			t.Errorf("counters are %+v", s)
		}
		if log.count("too slow") > 0 {
			t.Error("there is a warning")
		}
		var bad *stream.InputError
		if err := sub.SetRooms("a"); !errors.As(err, &bad) {
			t.Errorf("SetRooms returned %v", err)
		}
		sub.Drain()
		if err := expectEnd(t, sub); err != stream.ErrDrained {
			t.Errorf("Err is %v", err)
		}
	})
	relay := stream.NewRelay(t.Context())
	for _, option := range []stream.Option{stream.InRooms("a"), stream.OfKinds(decode.KindRoomCreated)} {
		var bad *stream.InputError
		if _, err := relay.Subscribe(t.Context(), stream.OnlyMetrics(), option); !errors.As(err, &bad) || bad.Field != "OnlyMetrics" {
			t.Errorf("Subscribe returned %v", err)
		}
	}
}

// The rooms of a live subscription can be changed; an empty list means none.
func TestP1SetRoomsChangesWhatComesAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		sub := join(t.Context(), t, relay, stream.InRooms("a", "b"), stream.OfKinds(decode.KindPeerConnected))
		typed, err := stream.SubscribeTo[decode.PeerConnected](t.Context(), relay)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		fill := func() {
			i++
			for _, id := range []string{"a", "b", "c"} {
				put(t, relay, connected(id, strconv.Itoa(i)), decode.RoomCreated{RoomID: id})
			}
		}
		set := func(ids ...string) {
			t.Helper()
			for _, err := range []error{sub.SetRooms(ids...), typed.SetRooms(ids...)} {
				if err != nil {
					t.Errorf("SetRooms: %v", err)
				}
			}
		}
		want := func(wants ...decode.PeerConnected) {
			t.Helper()
			for _, n := range wants {
				expect(t, sub, n)
				if e := <-typed.Events(); e.Value != n {
					t.Errorf("received %+v, want %v", e, n)
				}
			}
		}
		set("b", "c", "b")
		fill()
		set()
		fill()
		put(t, relay, outage)
		set("a")
		fill()
		want(connected("b", "1"), connected("c", "1"))
		expect(t, sub, outage)
		if e := <-typed.Events(); e.Gap == nil {
			t.Errorf("received %+v, want a gap", e)
		}
		want(connected("a", "3"))
		expectNothing(t, sub)
		for _, ids := range [][]string{{""}, {"a", "\xff"}} {
			var bad *stream.InputError
			if err := sub.SetRooms(ids...); !errors.As(err, &bad) || bad.Field != "SetRooms" {
				t.Errorf("SetRooms(%q) returned %v", ids, err)
			}
		}
		fill() // Nothing was changed.
		expect(t, sub, connected("a", "4"))
		expectNothing(t, sub)
		sub.Drain()
		synctest.Wait()
		if err := sub.SetRooms("b"); err != nil {
			t.Errorf("SetRooms after the end: %v", err)
		}
		typed.Drain()
		synctest.Wait()
		if left := relay.Stats().Subscriptions; left != 0 {
			t.Errorf("%d subscriptions left", left)
		}
	})
}

func TestSubscriptionsSayWhatTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		relay := stream.NewRelay(t.Context())
		typed, err := stream.SubscribeTo[decode.RoomDeleted](t.Context(), relay)
		if err != nil {
			t.Fatal(err)
		}
		every := join(t.Context(), t, n, stream.WithBound(10, 0))
		for range 70 {
			send(t, server, room(1))
			synctest.Wait()
		}
		some := join(t.Context(), t, relay, stream.InRooms("b", "a\n"), stream.OfKinds(decode.KindRoomCreated, decode.KindRoomDeleted))
		many := join(t.Context(), t, relay, stream.InRooms("1", "2", "3", "4", "5", "6", "7"))
		none := join(t.Context(), t, relay, stream.OnlyMetrics())
		if err := many.SetRooms(); err != nil {
			t.Error(err)
		}
		feed := eachRoom(t.Context(), t, relay, stream.OfKinds(decode.KindPeerConnected))
		put(t, relay, connected("a", "1"))
		a := nextRoom(t, feed, "a")
		relay.Close()
		synctest.Wait()
		for _, c := range []struct{ got, want string }{
			{every.String(), "subscription to " + server.Address() + " (every room): 5 queued, 25 bytes"},
			{some.String(), `subscription to relay (rooms "a\n", "b"; kinds room_created, room_deleted): 0 queued, 0 bytes; ended: stream: closed`},
			{many.String(), `subscription to relay (no room): 0 queued, 0 bytes; ended: stream: closed`},
			{none.String(), `subscription to relay (metrics only): 0 queued, 0 bytes; ended: stream: closed`},
			{typed.String(), "subscription to relay (every room; kinds room_deleted): 0 queued, 0 bytes; ended: stream: closed"},
			{feed.String(), "room feed of relay (every room; kinds peer_connected): 0 open, 0 waiting; ended: stream: closed"},
			{a.String(), `room "a" of relay: 0 queued, 0 bytes; ended: stream: closed`},
		} {
			if c.got != c.want {
				t.Errorf("String is\n%s, want\n%s", c.got, c.want)
			}
		}
		i := 0
		for range typed.All() {
			i++
		}
		if i != 0 || strings.Contains(n.String(), jellyfishtest.Token) {
			t.Error("All of a closed channel isn't empty, or the token shows")
		}
	})
}

// Whatever rooms are set while notifications arrive, none is received twice or out of
// order, and batches that were delivered stay as they were.
func TestP1SetRoomsBesideDelivery(t *testing.T) {
	relay := stream.NewRelay(t.Context())
	sub := join(t.Context(), t, relay, stream.InRooms("a"))
	batches := inBatches(t.Context(), t, relay, stream.InRooms("b"))
	increasing := func(last *int, n decode.Notification) {
		p, ok := n.(decode.PeerConnected)
		if !ok {
			return // A Gap.
		}
		if i, _ := strconv.Atoi(p.PeerID); i <= *last {
			t.Errorf("received %d after %d", i, *last)
		} else {
			*last = i
		}
	}
	var consumers, setting sync.WaitGroup
	consumers.Go(func() {
		last := -1
		for n := range sub.All() {
			increasing(&last, n)
		}
	})
	consumers.Go(func() {
		last := -1
		for _, batch := range slices.Collect(batches.All()) {
			for _, n := range batch {
				increasing(&last, n)
			}
		}
	})
	over := make(chan struct{})
	setting.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-over:
				return
			default:
			}
			rooms := [][]string{{"a"}, {}, {"b", "c"}, {"a", "a", "b"}}[i%4]
			for _, set := range []func(...string) error{sub.SetRooms, batches.SetRooms} {
				if err := set(rooms...); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for i := range 5_000 {
		put(t, relay, connected([]string{"a", "b", "c"}[i%3], strconv.Itoa(i)))
	}
	close(over)
	setting.Wait()
	relay.Close()
	consumers.Wait()
}
