package stream_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// What a filter keeps of a batch counts with its own size.
func TestP3BatchElementsCountAtTheirOwnSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		sub := join(t.Context(), t, n, stream.InRooms("a"))
		batch := []decode.Notification{decode.PeerMetadataUpdated{RoomID: "a", Metadata: decode.Metadata(strings.Repeat("x", 1<<20))}}
		for range 1000 {
			batch = append(batch, decode.PeerConnected{RoomID: "b", PeerID: "p"})
		}
		for range 100 {
			if err := server.SendBatch(batch...); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		// One is in the pump's hand, and 3 of a little over 1 MiB each fit into 4 MiB.
		if s := sub.Stats(); s.Queued != 3 || s.QueuedBytes < 3<<20 || s.Dropped != 100-64-1-3 {
			t.Errorf("counters are %+v", s)
		}
	})
}

// P3: the reader never waits for a consumer. One that has stopped reading delays no
// other consumer, no metrics, no pong and no reconnect.
func TestP3StalledConsumerDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		stalled := join(t.Context(), t, n, stream.WithMetrics())
		other := join(t.Context(), t, n, stream.WithMetrics())
		for round := range 40 {
			from := round * 1000
			send(t, server, roomsFrom(from, from+1000)...)
			expect(t, other, roomsFrom(from, from+1000)...)
		}
		// The server closes after 60 s without a pong (protocol, section 1.5).
		upgrades := len(server.Upgrades())
		start := time.Now()
		for time.Since(start) < 5*time.Minute {
			<-other.Metrics()
		}
		if now := len(server.Upgrades()); now != upgrades {
			t.Fatalf("%d connections were made, want the first to live on", now-upgrades)
		}
		expectNothing(t, other)
		server.Cut(jellyfishtest.CutReset)
		expect(t, other, outage)
		send(t, server, room(1))
		expect(t, other, room(1))
		expect(t, stalled, roomsFrom(0, 65)...)
		for i := 65; i < 40_000; {
			switch got := next(t, stalled).(type) {
			case stream.Gap:
				i += int(got.Dropped)
			default:
				compare(t, i, got, room(i))
				i++
			}
		}
		expect(t, stalled, outage, room(1))
	})
}

// The queue is bounded in bytes too, and the newest entry stays however large it is.
func TestP3QueueIsBoundedInBytes(t *testing.T) {
	const each = 100_000
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		large := func(i int) decode.Notification {
			return decode.PeerMetadataUpdated{RoomID: "r", PeerID: string(rune('a' + i%26)), Metadata: decode.Metadata(strings.Repeat("x", each))}
		}
		for i := range 65 {
			send(t, server, large(i))
		}
		synctest.Wait()
		for i := 65; i < 200; i++ {
			send(t, server, large(i))
		}
		synctest.Wait()
		const kept = (4 << 20) / (each + 18)
		for i := range 65 {
			compare(t, i, next(t, sub), large(i))
		}
		expect(t, sub, stream.Gap{Dropped: 200 - 65 - kept})
		for i := 200 - kept; i < 200; i++ {
			compare(t, i, next(t, sub), large(i))
		}
		for i := range 65 {
			send(t, server, large(i))
		}
		synctest.Wait()
		huge := decode.PeerMetadataUpdated{RoomID: "r", Metadata: decode.Metadata(strings.Repeat("y", 5<<20))}
		send(t, server, large(65), huge)
		synctest.Wait()
		for i := range 65 {
			compare(t, i, next(t, sub), large(i))
		}
		expect(t, sub, stream.Gap{Dropped: 1})
		compare(t, 66, next(t, sub), huge)
	})
}
