package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func eachRoom(ctx context.Context, t *testing.T, source stream.Source, options ...stream.Option) *stream.RoomFeed {
	t.Helper()
	feed, err := stream.EachRoom(ctx, source, options...)
	if err != nil {
		t.Fatalf("EachRoom: %v", err)
	}
	return feed
}

func put(t *testing.T, relay *stream.Relay, ns ...decode.Notification) {
	t.Helper()
	if err := relay.Put(ns...); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

// nextRoom receives a room, which must be the next.
func nextRoom(t *testing.T, feed *stream.RoomFeed, id string) *stream.RoomSubscription {
	t.Helper()
	select {
	case e, ok := <-feed.Rooms():
		if !ok || e.Gap != nil || e.Value.ID() != id {
			t.Fatalf("received %+v (open: %v), want room %s", e, ok, id)
		}
		return e.Value
	case <-time.After(waitLimit()):
		t.Fatalf("room %s didn't come", id)
	}
	return nil
}

func noRoom(t *testing.T, feed *stream.RoomFeed) {
	t.Helper()
	synctest.Wait()
	select {
	case e, ok := <-feed.Rooms():
		t.Fatalf("received %+v (open: %v), want nothing", e, ok)
	default:
	}
}

// expectRoom receives exactly these notifications from a room.
func expectRoom(t *testing.T, room *stream.RoomSubscription, want ...decode.Notification) {
	t.Helper()
	for i, w := range want {
		select {
		case n := <-room.Notifications():
			compare(t, i, n, w)
		case <-time.After(waitLimit()):
			t.Fatalf("%v didn't come", w)
		}
	}
}

func expectRoomEnd(t *testing.T, room *stream.RoomSubscription, cause error) {
	t.Helper()
	select {
	case n, ok := <-room.Notifications():
		if ok {
			t.Fatalf("received %v, want the end", n)
		}
	case <-time.After(waitLimit()):
		t.Fatal("the channel was not closed")
	}
	if !errors.Is(room.Err(), cause) {
		t.Errorf("Err is %v, want %v", room.Err(), cause)
	}
}

// P13: a worker per room receives everything about its room, even if the room is
// created and filled at once, and if the connection is lost meanwhile.
func TestP13WorkersReceiveAllOfTheirRooms(t *testing.T) {
	const rooms, peers = 20, 200
	for _, cut := range []bool{false, true} {
		t.Run(fmt.Sprintf("with cuts %v", cut), func(t *testing.T) {
			server, cfg := onTCP(t)
			cfg.Backoff = stream.Backoff{Base: time.Millisecond, Cap: 2 * time.Millisecond}
			n := open(t.Context(), t, cfg)
			feed := eachRoom(t.Context(), t, n)
			var workers, serving sync.WaitGroup
			received := make(map[string]int)
			var mu sync.Mutex
			serving.Go(func() {
				for e := range feed.All() {
					if e.Gap != nil {
						continue
					}
					workers.Go(func() {
						last := -1
						for n := range e.Value.All() {
							p, ok := n.(decode.PeerAdded)
							if !ok {
								continue
							}
							if i, _ := strconv.Atoi(p.PeerID); i <= last {
								t.Errorf("room %s: %d after %d", p.RoomID, i, last)
							} else {
								last = i
							}
							mu.Lock()
							received[p.RoomID]++
							mu.Unlock()
						}
						if e.Value.Err() != stream.ErrRoomEnded {
							t.Errorf("room %s ended with %v", e.Value.ID(), e.Value.Err())
						}
					})
				}
			})
			marker := join(t.Context(), t, n, stream.InRooms("marker"))
			for i := range rooms {
				id := fmt.Sprintf("room-%d", i)
				all := []decode.Notification{decode.RoomCreated{RoomID: id}}
				for k := range peers {
					all = append(all, decode.PeerAdded{RoomID: id, PeerID: strconv.Itoa(k)})
				}
				all = append(all, decode.RoomDeleted{RoomID: id})
				half := len(all) / 2
				send(t, server, all[:half]...)
				if cut {
					send(t, server, decode.PeerCrashed{RoomID: "marker"})
					expect(t, marker, decode.PeerCrashed{RoomID: "marker"})
					server.Cut(jellyfishtest.CutReset)
					expect(t, marker, outage)
				}
				send(t, server, all[half:]...)
			}
			send(t, server, decode.RoomDeleted{RoomID: "marker"})
			expect(t, marker, decode.RoomDeleted{RoomID: "marker"})
			feed.Drain()
			serving.Wait()
			workers.Wait()
			for i := range rooms {
				if id := fmt.Sprintf("room-%d", i); received[id] != peers {
					t.Errorf("%s received %d of %d", id, received[id], peers)
				}
			}
			n.Close()
		})
	}
}

func TestP13RoomOpensAtItsFirstNotificationAndEndsAfterItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		feed := eachRoom(t.Context(), t, relay)
		added := decode.PeerAdded{RoomID: "a", PeerID: "1"}
		put(t, relay,
			decode.RoomDeleted{RoomID: "unknown"},  // Opens nothing.
			decode.ViewerConnected{StreamID: "a"},  // Has no room.
			added, decode.RoomCreated{RoomID: "a"}, // Precedes the creation.
			decode.RoomCreated{RoomID: "b"}, room(7), // Others.
			connected("a", "1"),                   // Of the first room again.
			decode.RoomCrashed{RoomID: "a"},       // Its end,
			decode.HLSUploaded{RoomID: "a"},       // and a late notification.
			decode.RoomDeleted{RoomID: "a"},       //
			decode.HLSUploaded{RoomID: "unknown"}, // Late, too.
		)
		a := nextRoom(t, feed, "a")
		expectRoom(t, a, added, decode.RoomCreated{RoomID: "a"}, connected("a", "1"), decode.RoomCrashed{RoomID: "a"})
		expectRoomEnd(t, a, stream.ErrRoomEnded)
		b := nextRoom(t, feed, "b")
		expectRoom(t, b, decode.RoomCreated{RoomID: "b"})
		expectRoom(t, nextRoom(t, feed, "7"), room(7))
		noRoom(t, feed)
		if s := feed.Stats(); s != (stream.RoomFeedStats{Open: 2, Opened: 3, Late: 3}) {
			t.Errorf("counters are %+v", s)
		}
		put(t, relay, decode.RoomCreated{RoomID: "a"})
		expectRoom(t, nextRoom(t, feed, "a"), decode.RoomCreated{RoomID: "a"})
		put(t, relay, decode.RoomDeleted{RoomID: "a"})
		time.Sleep(59 * time.Second)
		put(t, relay, connected("a", "2"))
		noRoom(t, feed)
		time.Sleep(time.Second)
		put(t, relay, connected("a", "3"))
		expectRoom(t, nextRoom(t, feed, "a"), connected("a", "3"))
	})
}

// RoomCreated for an open room means another room only after an outage.
func TestP13RoomIsReplacedAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		feed := eachRoom(t.Context(), t, relay)
		created := decode.RoomCreated{RoomID: "a"}
		put(t, relay, created, created)
		first := nextRoom(t, feed, "a")
		put(t, relay, stream.Gap{Undecodable: 1}, created)
		synctest.Wait() // The Gap is on offer, and nothing merges into it any more.
		expectRoom(t, first, created, created, stream.Gap{Undecodable: 1}, created)
		put(t, relay, outage, connected("a", "1"), created)
		expectRoom(t, first, outage, connected("a", "1"))
		expectRoomEnd(t, first, stream.ErrRoomEnded)
		for _, want := range []stream.Gap{{Undecodable: 1}, outage} {
			if e := <-feed.Rooms(); e.Gap == nil || *e.Gap != want {
				t.Errorf("received %+v, want %v", e, want)
			}
		}
		second := nextRoom(t, feed, "a")
		put(t, relay, created)
		expectRoom(t, second, created, created)
	})
}

func TestP13LeaveIgnoresTheRoomUntilItIsAnother(t *testing.T) {
	for name, again := range map[string][]decode.Notification{
		"created anew": {decode.RoomCreated{RoomID: "a"}},
		"outage":       {outage, connected("a", "2")},
		"ended":        {decode.RoomDeleted{RoomID: "a"}, decode.RoomCreated{RoomID: "a"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			relay := stream.NewRelay(t.Context())
			feed := eachRoom(t.Context(), t, relay)
			put(t, relay, connected("a", "1"))
			a := nextRoom(t, feed, "a")
			a.Leave()
			a.Leave()
			<-a.Notifications() // What is in the channel can still be read.
			expectRoomEnd(t, a, stream.ErrRoomLeft)
			put(t, relay, connected("a", "2"))
			noRoom(t, feed)
			put(t, relay, again...)
			if name == "outage" {
				if e := <-feed.Rooms(); e.Gap == nil {
					t.Errorf("received %+v, want a gap", e)
				}
			}
			expectRoom(t, nextRoom(t, feed, "a"), again[len(again)-1])
			if late := feed.Stats().Late; late != 0 {
				t.Errorf("%s: %d late", name, late)
			}
		})
	}
}

// Kinds and the bound apply to what a room delivers, not to what opens and ends it.
func TestP13OptionsApplyToWhatRoomsDeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		feed := eachRoom(t.Context(), t, relay,
			stream.InRooms("a", "b"), stream.OfKinds(decode.KindPeerConnected), stream.WithBound(2, 0))
		put(t, relay, decode.RoomCreated{RoomID: "a"}, decode.RoomCreated{RoomID: "c"})
		for i := range 5 {
			put(t, relay, decode.PeerCrashed{RoomID: "b"}, connected("b", strconv.Itoa(i)))
		}
		put(t, relay, decode.RoomDeleted{RoomID: "b"}, decode.RoomDeleted{RoomID: "a"})
		expectRoomEnd(t, nextRoom(t, feed, "a"), stream.ErrRoomEnded)
		b := nextRoom(t, feed, "b")
		expectRoom(t, b, stream.Gap{Dropped: 3}, connected("b", "3"), connected("b", "4"))
		expectRoomEnd(t, b, stream.ErrRoomEnded)
		noRoom(t, feed)
	})
}

// Rooms that aren't received are dropped as a whole, the oldest first, and are
// counted.
func TestP3RoomsThatAreNotReceivedAreBounded(t *testing.T) {
	const most, more = 1024, 50
	id := func(i int) string { return fmt.Sprintf("room-%d", i) }
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		feed := eachRoom(t.Context(), t, relay)
		put(t, relay, decode.RoomCreated{RoomID: "first"})
		synctest.Wait() // The first one is on offer.
		for i := range most + more {
			put(t, relay, decode.RoomCreated{RoomID: id(i)}, connected(id(i), "1"))
		}
		if s := feed.Stats(); s.Waiting != most || s.DroppedRooms != more || s.Dropped != 2*more {
			t.Errorf("counters are %+v", s)
		}
		put(t, relay, decode.RoomDeleted{RoomID: id(0)}) // No such room is open.
		put(t, relay, connected(id(1), "2"))             // Opens again, and one more is dropped.
		expectRoom(t, nextRoom(t, feed, "first"), decode.RoomCreated{RoomID: "first"})
		if e := <-feed.Rooms(); e.Gap == nil || *e.Gap != (stream.Gap{Dropped: 2*more + 2}) {
			t.Errorf("received %+v, want a gap", e)
		}
		for i := more + 1; i < most+more; i++ {
			expectRoom(t, nextRoom(t, feed, id(i)), decode.RoomCreated{RoomID: id(i)}, connected(id(i), "1"))
		}
		expectRoom(t, nextRoom(t, feed, id(1)), connected(id(1), "2"))
		noRoom(t, feed)
	})
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		feed := eachRoom(t.Context(), t, relay, stream.WithBound(0, 10_000))
		for i := range 10 {
			put(t, relay, connected(id(i), strings.Repeat("x", 3_000)))
			synctest.Wait()
		}
		if s := feed.Stats(); s.Waiting != 3 || s.DroppedRooms != 6 || s.Dropped != 6 {
			t.Errorf("counters are %+v", s)
		}
	})
}

// P8: what is remembered of ids, and what is queued, is bounded however long ids are.
func TestP8LongRoomIDsAreNotKept(t *testing.T) {
	const rooms, size = 100, 1 << 20
	relay := stream.NewRelay(t.Context())
	feed := eachRoom(t.Context(), t, relay, stream.OfKinds(decode.KindPeerConnected))
	before := heap()
	for i := range rooms {
		id := strings.Repeat(strconv.Itoa(i)+" ", size/4)
		put(t, relay, decode.RoomDeleted{RoomID: "unknown " + id}, decode.RoomCreated{RoomID: id})
	}
	if kept := int64(heap() - before); kept > rooms*size/8 {
		t.Errorf("%d bytes are kept", kept)
	}
	if s := feed.Stats(); s.DroppedRooms < rooms-10 {
		t.Errorf("counters are %+v", s)
	}
	relay.Close()
}

// P5: the end of the context ends all of it; Close delivers all of it.
func TestP5RoomFeedEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		feed := eachRoom(ctx, t, relay)
		for i := range 200 {
			put(t, relay, connected("a", strconv.Itoa(i)), connected("b", strconv.Itoa(i)), connected("c", strconv.Itoa(i)))
		}
		a := nextRoom(t, feed, "a")
		put(t, relay, decode.RoomDeleted{RoomID: "a"}) // It is waiting for its consumer.
		synctest.Wait()
		cancel()
		synctest.Wait()
		if _, ok := <-feed.Rooms(); ok || !errors.Is(feed.Err(), context.Canceled) {
			t.Errorf("the feed ended with %v", feed.Err())
		}
		for range 64 {
			<-a.Notifications()
		}
		expectRoomEnd(t, a, context.Canceled)
		if left := relay.Stats().Subscriptions; left != 0 {
			t.Errorf("%d subscriptions left", left)
		}
	})
}

func TestP5CloseDeliversAllRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		relay := stream.NewRelay(t.Context())
		feed := eachRoom(t.Context(), t, relay)
		for i := range 100 {
			for r := range 10 {
				put(t, relay, connected(strconv.Itoa(r), strconv.Itoa(i)))
			}
		}
		relay.Close()
		for r := range 10 {
			room := nextRoom(t, feed, strconv.Itoa(r))
			for i := range 100 {
				expectRoom(t, room, connected(strconv.Itoa(r), strconv.Itoa(i)))
			}
			expectRoomEnd(t, room, stream.ErrClosed)
		}
		if _, ok := <-feed.Rooms(); ok || feed.Err() != stream.ErrClosed {
			t.Errorf("the feed ended with %v", feed.Err())
		}
		synctest.Wait()
		if left := relay.Stats().Subscriptions; left != 0 {
			t.Errorf("%d subscriptions left", left)
		}
		if _, err := stream.EachRoom(t.Context(), relay); err != stream.ErrClosed {
			t.Errorf("EachRoom on a closed relay returned %v", err)
		}
	})
}

func TestEachRoomRefusesMetrics(t *testing.T) {
	relay := stream.NewRelay(t.Context())
	var bad *stream.InputError
	for name, option := range map[string]stream.Option{
		"WithMetrics": stream.WithMetrics(), "OnlyMetrics": stream.OnlyMetrics(), "InRooms": stream.InRooms("\xff"),
	} {
		if _, err := stream.EachRoom(t.Context(), relay, option); !errors.As(err, &bad) || bad.Field != name {
			t.Errorf("EachRoom with %s returned %v", name, err)
		}
	}
	for _, none := range []stream.Source{nil, (*stream.Relay)(nil), (*stream.Notifier)(nil)} {
		if _, err := stream.EachRoom(t.Context(), none); !errors.As(err, &bad) || bad.Field != "EachRoom" {
			t.Errorf("EachRoom of %T returned %v", none, err)
		}
	}
}
