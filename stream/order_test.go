package stream_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P1: exact order, and every gap is marked. The server's sequence is delivered.
func TestP1SequenceIsTheServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		want := []decode.Notification{
			decode.RoomCreated{RoomID: "r"},
			decode.PeerAdded{RoomID: "r", PeerID: "p"},
			decode.PeerConnected{RoomID: "r", PeerID: "p"},
			decode.TrackAdded{RoomID: "r", Owner: decode.Owner{Type: decode.OwnerPeer, ID: "p"}, Track: decode.Track{ID: "t", Type: decode.TrackTypeVideo, Metadata: "null"}},
			decode.PeerCrashed{RoomID: "r", PeerID: "p", Reason: "boom"},
			decode.RoomDeleted{RoomID: "r"},
		}
		send(t, server, want...)
		expect(t, sub, want...)
		if err := server.SendBatch(want...); err != nil {
			t.Fatal(err)
		}
		if err := server.SendFragmented(room(1), 3); err != nil {
			t.Fatal(err)
		}
		expect(t, sub, append(want, room(1))...)
		expectNothing(t, sub)
	})
}

// A consumer that stops and goes on at random gets every notification in order,
// or is told exactly how many it didn't get, at the place where they are missing.
func TestP1EveryGapIsMarkedAtItsPlace(t *testing.T) {
	const total = 200_000
	server, cfg := onTCP(t)
	sub := subscribe(t.Context(), t, cfg)
	sent := make(chan struct{}, total/1000)
	go func() {
		defer close(sent)
		for i := 0; i < total; i += 1000 {
			_ = server.Send(roomsFrom(i, i+1000)...)
			sent <- struct{}{}
		}
		_ = server.Send(decode.RoomDeleted{RoomID: "last"})
	}()
	expected := 0
	gaps := 0
	for {
		switch n := next(t, sub).(type) {
		case decode.RoomCreated:
			compare(t, expected, n, room(expected))
			expected++
			if rand.IntN(10_000) == 0 {
				for range rand.IntN(60) { // Stall.
					<-sent
				}
			}
		case stream.Gap:
			if !n.Exact() || n.Dropped == 0 {
				t.Fatalf("%v, want dropped ones only", n)
			}
			expected += int(n.Dropped)
			gaps++
		case decode.RoomDeleted:
			if expected != total {
				t.Fatalf("delivered and dropped are %d, want %d", expected, total)
			}
			t.Logf("%d gaps", gaps)
			return
		}
	}
}

// What is in the channel and in the pump's hand stays; after it the oldest are dropped.
func TestP1DroppedAreCountedExactly(t *testing.T) {
	const kept, direct, extra = 16_384, 65, 1_000
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		send(t, server, roomsFrom(0, direct)...)
		synctest.Wait() // The pump has taken the 65th.
		send(t, server, roomsFrom(direct, direct+kept+extra)...)
		synctest.Wait()
		expect(t, sub, roomsFrom(0, direct)...)
		expect(t, sub, stream.Gap{Dropped: extra})
		expect(t, sub, roomsFrom(direct+extra, direct+kept+extra)...)
		expectNothing(t, sub)
		// Two episodes are two gaps.
		send(t, server, roomsFrom(0, direct)...)
		synctest.Wait()
		send(t, server, roomsFrom(direct, direct+kept+1)...)
		synctest.Wait()
		expect(t, sub, roomsFrom(0, direct)...)
		expect(t, sub, stream.Gap{Dropped: 1})
		expect(t, sub, roomsFrom(direct+1, direct+kept+1)...)
		expectNothing(t, sub)
	})
}

// An outage in the middle of a queue is merged into the Gap at its head once everything
// between them is dropped; until then there are two Gaps.
func TestP1OutageAndOverflowKeepTheirPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		send(t, server, roomsFrom(0, 75)...) // 10 are queued.
		synctest.Wait()
		server.Cut(jellyfishtest.CutClean)
		reconnected(t, server)
		send(t, server, roomsFrom(100, 100+16_384-10+3)...) // 3 too many.
		synctest.Wait()
		expect(t, sub, roomsFrom(0, 65)...)
		expect(t, sub, stream.Gap{Dropped: 3})
		expect(t, sub, roomsFrom(68, 75)...)
		expect(t, sub, outage)
		expect(t, sub, roomsFrom(100, 100+16_384-10+3)...)
		expectNothing(t, sub)

		send(t, server, roomsFrom(0, 75)...)
		synctest.Wait()
		server.Cut(jellyfishtest.CutClean)
		reconnected(t, server)
		send(t, server, roomsFrom(100, 100+16_384+5)...) // 10 before the outage, 5 after.
		synctest.Wait()
		expect(t, sub, roomsFrom(0, 65)...)
		expect(t, sub, stream.Gap{Dropped: 15, Outages: 1})
		expect(t, sub, roomsFrom(105, 100+16_384+5)...)
		expectNothing(t, sub)
	})
}

// Losses are merged into one Gap while it is queued.
func TestP1OutagesMergeWhileQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		send(t, server, roomsFrom(0, 66)...)
		synctest.Wait()
		for range 3 {
			server.Cut(jellyfishtest.CutClean)
			reconnected(t, server)
		}
		server.SendMessage([]byte{0xff})
		synctest.Wait()
		expect(t, sub, roomsFrom(0, 66)...)
		expect(t, sub, stream.Gap{Outages: 3, Undecodable: 1})
		expectNothing(t, sub)
	})
}

// Each subscription has its own losses.
func TestP1LossesAreASubscriptionsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		slow, fast := join(t.Context(), t, n), join(t.Context(), t, n)
		send(t, server, roomsFrom(0, 65)...)
		synctest.Wait()
		expect(t, fast, roomsFrom(0, 65)...)
		send(t, server, roomsFrom(65, 65+16_384)...)
		synctest.Wait()
		expect(t, fast, roomsFrom(65, 65+16_384)...)
		send(t, server, roomsFrom(20_000, 20_007)...)
		synctest.Wait()
		expect(t, fast, roomsFrom(20_000, 20_007)...)
		expect(t, slow, roomsFrom(0, 65)...)
		expect(t, slow, stream.Gap{Dropped: 7})
		expect(t, slow, roomsFrom(72, 65+16_384)...)
		expect(t, slow, roomsFrom(20_000, 20_007)...)
	})
}

// reconnected waits, in a bubble, until the only client is subscribed again.
func reconnected(t *testing.T, server *jellyfishtest.Server) {
	t.Helper()
	before := len(server.Upgrades())
	for range 1000 {
		synctest.Wait()
		if len(server.Upgrades()) > before && server.Connections() > 0 {
			return
		}
		sleepInBubble()
	}
	t.Fatal("the client did not come back")
}
