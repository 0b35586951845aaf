package watch_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// 500 workers of one room each receive the changes of their room, and no others.
func TestP12InRoomsDeliversOnlyTheseRooms(t *testing.T) {
	inScene(t, func(s *scene) {
		const workers, each = 500, 6
		view, _ := s.start(watch.Config{})
		var handed atomic.Int64
		var group sync.WaitGroup
		ctx, cancel := context.WithCancel(s.Context())
		for i := range workers {
			changes := view.Changes(ctx, watch.InRooms(fmt.Sprint("room-", i)))
			group.Go(func() {
				for c := range changes {
					if c.Info().RoomID != fmt.Sprint("room-", i) {
						s.Errorf("worker %d was handed %v", i, c)
					}
					handed.Add(1)
				}
			})
		}
		for i := range workers {
			id := fmt.Sprint("room-", i)
			s.create(rooms.RoomConfig{RoomID: id})
			for range each - 2 {
				s.addPeer(id)
			}
		}
		time.Sleep(time.Minute)
		if n := handed.Load(); n != workers*each {
			s.Errorf("%d changes were handed out", n)
		}
		cancel()
		group.Wait()
	})
}

// Without ids there are no changes; with several, each room comes once, even for a
// consumer that starts late.
func TestInSomeRooms(t *testing.T) {
	inScene(t, func(s *scene) {
		view, _ := s.start(watch.Config{})
		for _, id := range []string{"a", "b", "c"} {
			s.create(rooms.RoomConfig{RoomID: id})
		}
		s.expect(view.Changes(s.Context(), watch.InRooms()))
		some := view.Changes(s.Context(), watch.InRooms("c", "a"), watch.InRooms("a", "nowhere"))
		s.expect(some, "room a (inferred): appeared", "room c (inferred): appeared")
		s.must(s.client.Delete(s.Context(), "a"))
		s.must(s.client.Delete(s.Context(), "b"))
		s.expect(some, "room a: is gone")
	})
}

// The obvious way to raise an alert works, however far the consumer is behind, and
// however the peers became known.
func TestP12ChangeHasTheRoomAsOfIt(t *testing.T) {
	for _, outage := range []bool{false, true} {
		t.Run(fmt.Sprintf("outage %t", outage), func(t *testing.T) {
			inScene(t, func(s *scene) {
				view, changes := s.start(watch.Config{})
				alerts := 0
				done := make(chan struct{})
				ctx, cancel := context.WithCancel(s.Context())
				mine := view.Changes(ctx)
				go func() {
					defer close(done)
					for c := range mine {
						time.Sleep(100 * time.Millisecond)
						if p, ok := c.(watch.PeerChange); ok && p.Before == nil && len(c.Room().Peers) == 11 {
							alerts++
						}
					}
				}()
				id := s.create(rooms.RoomConfig{RoomID: "party"})
				for i := range 30 {
					if outage && i == 5 {
						s.server.Cut(jellyfishtest.CutClean)
					}
					s.addPeer(id)
				}
				time.Sleep(time.Minute)
				cancel()
				<-done
				if alerts != 1 {
					s.Errorf("%d alerts, want 1; %v", alerts, taken(changes))
				}
			})
		})
	}
}

func TestErrIsSetBeforeAChannelCloses(t *testing.T) {
	for range 100 {
		inScene(t, func(s *scene) {
			ctx, cancel := context.WithCancel(s.Context())
			view, err := watch.Start(ctx, s.client, s.notifier, watch.Config{})
			s.must(err)
			s.must(view.WaitSynced(ctx))
			each := view.EachRoom(ctx)
			time.AfterFunc(time.Second, cancel)
			for range view.Changes(ctx) {
			}
			if !errors.Is(view.Err(), context.Canceled) {
				s.Errorf("after the changes Err is %v", view.Err())
			}
			for range each {
			}
			if err := view.WaitSynced(s.Context()); err != nil {
				s.Errorf("WaitSynced of a view that was synced: %v", err)
			}
		})
	}
}

func TestWaitSynced(t *testing.T) {
	inScene(t, func(s *scene) {
		s.must(s.server.FailCalls(jellyfishtest.CallFault{Status: 500}))
		ctx, cancel := context.WithCancel(s.Context())
		view, err := watch.Start(ctx, s.client, s.notifier, watch.Config{})
		s.must(err)
		short, stop := context.WithTimeout(s.Context(), time.Second)
		defer stop()
		if err := view.WaitSynced(short); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("WaitSynced returns %v", err)
		}
		time.AfterFunc(time.Second, cancel)
		if err := view.WaitSynced(s.Context()); !errors.Is(err, context.Canceled) || err != view.Err() {
			s.Errorf("WaitSynced of a view that ends returns %v", err)
		}
	})
}

// A room's channel has its changes from its appearance to its end, even if the end was
// in an outage, or the room is created again.
func TestP12EachRoomFromAppearanceToEnd(t *testing.T) {
	inScene(t, func(s *scene) {
		old := s.create(rooms.RoomConfig{RoomID: "old"})
		view, _ := s.start(watch.Config{})
		each := view.EachRoom(s.Context())
		first := <-each
		s.expect(first.Changes(), "room old (inferred): appeared")
		peer := s.addPeer(old)
		s.expect(first.Changes(), "room old: peer "+peer+" appeared, disconnected")

		s.create(rooms.RoomConfig{RoomID: "new"})
		synctest.Wait()
		second := <-each
		s.expect(second.Changes(), "room new: appeared", "room new (inferred): changed")
		s.server.Cut(jellyfishtest.CutClean)
		s.client.CloseIdleConnections()
		s.must(s.client.Delete(s.Context(), old))
		time.Sleep(time.Minute)
		s.expect(first.Changes(), "room old (inferred): peer "+peer+" is gone", "room old (inferred): is gone")
		if _, open := <-first.Changes(); open || !errors.Is(first.Err(), watch.ErrRoomEnded) {
			s.Errorf("after its end the room's channel is open: %t, Err is %v", open, first.Err())
		}
		if second.Err() != nil {
			s.Errorf("Err of a room that goes on is %v", second.Err())
		}
		s.create(rooms.RoomConfig{RoomID: "old"})
		synctest.Wait()
		third := <-each
		s.must(s.client.Delete(s.Context(), old))
		s.expect(third.Changes(), "room old: appeared", "room old (inferred): changed", "room old: is gone")
		second.Leave()
		if _, open := <-second.Changes(); open || !errors.Is(second.Err(), context.Canceled) {
			s.Errorf("after Leave: %t, %v", open, second.Err())
		}
		s.notifier.Close()
		if r, open := <-each; open {
			s.Errorf("the channel of rooms is open: %v", r)
		}
		if !errors.Is(view.Err(), stream.ErrClosed) {
			s.Errorf("Err is %v", view.Err())
		}
	})
}

// Rooms that come and go before they are taken are delivered as a whole.
func TestEachRoomTakenLate(t *testing.T) {
	inScene(t, func(s *scene) {
		view, _ := s.start(watch.Config{})
		each := view.EachRoom(s.Context())
		for i := range 100 {
			id := fmt.Sprint("r-", i)
			s.must(s.server.Send(decode.RoomCreated{RoomID: id}, decode.PeerAdded{RoomID: id, PeerID: "p"}, decode.RoomDeleted{RoomID: id}))
		}
		time.Sleep(time.Second)
		for i := range 100 {
			r := <-each
			got := taken(r.Changes())
			if r.ID != fmt.Sprint("r-", i) || len(got) < 2 || got[0].Inferred() || r.Err() != watch.ErrRoomEnded {
				s.Fatalf("room %d is %s, its changes %v, its error %v", i, r.ID, got, r.Err())
			}
		}
	})
}

func TestConnectedPeersAndTimes(t *testing.T) {
	inScene(t, func(s *scene) {
		began := time.Now()
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		early := s.addPeer(id)
		s.must(s.server.ConnectPeer(id, early, ""))
		time.Sleep(time.Second)
		view, _ := s.start(watch.Config{ListInterval: time.Minute})
		time.Sleep(time.Second)
		late, expected := s.addPeer(id), s.addPeer(id)
		s.must(s.server.ConnectPeer(id, late, ""))
		s.must(s.server.AddTrack(id, late, decode.Track{ID: "t"}))
		time.Sleep(time.Hour)
		room, _ := view.Room(id)
		if got := room.Appeared.Sub(began); got != time.Second {
			s.Errorf("the room appeared after %v", got)
		}
		var got []string
		for _, p := range room.Connected() {
			got = append(got, fmt.Sprint(p.ID, " ", p.ConnectedAt.Sub(began)))
		}
		if want := []string{early + " 1s", late + " 2s"}; fmt.Sprint(got) != fmt.Sprint(want) {
			s.Errorf("connected are %v, want %v", got, want)
		}
		if p, ok := room.Peer(expected); !ok || !p.ConnectedAt.IsZero() {
			s.Errorf("the peer that didn't connect is %+v", p)
		}
		s.must(s.server.DisconnectPeer(id, late))
		synctest.Wait()
		room, _ = view.Room(id)
		if len(room.Connected()) != 1 {
			s.Errorf("connected are %v", room.Connected())
		}
	})
}

// Late notifications don't open a room again after its end: those of a peer, or the end
// of an upload. A minute later they would.
func TestP12StragglersOpenNothing(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		view, changes := s.start(watch.Config{})
		s.must(s.client.Delete(s.Context(), id))
		taken(changes)
		s.must(s.server.Send(decode.PeerMetadataUpdated{RoomID: id, PeerID: "p", Metadata: "1"}, decode.TrackRemoved{RoomID: id}, decode.RoomDeleted{RoomID: "unknown"}))
		s.expect(changes)
		s.create(rooms.RoomConfig{RoomID: "r"})
		s.expect(changes, "room r: appeared", "room r (inferred): changed")
		s.must(s.client.Delete(s.Context(), id))
		time.Sleep(time.Minute)
		taken(changes)
		s.must(s.server.Send(decode.HLSPlayable{RoomID: id}))
		s.expect(changes, "room r: appeared")
		if view.Rooms().Len() != 1 {
			s.Errorf("%d rooms", view.Rooms().Len())
		}
	})
}
