package stream_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P3: a consumer that hangs behind a full queue keeps no server waiting, whose webhooks
// are posted one after the other (Jellyfish protocol, section 3.4): the responses take
// no time at all. What is in the channel and in the pump's hand stays, and so does what
// the bound allows; the rest is counted.
func TestP3HangingConsumerDelaysNoAnswer(t *testing.T) {
	const direct, bound, extra, each = 64 + 1, 16_384, 1_100, 128
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		hung, beside := join(t.Context(), t, w), join(t.Context(), t, w)
		start := time.Now()
		for i := range direct {
			send(t, server, room(i))
			expect(t, beside, room(i))
		}
		synctest.Wait() // The pump has taken the 65th.
		for i := direct; i < direct+bound; i += each {
			if err := server.SendBatch(roomsFrom(i, i+each)...); err != nil {
				t.Fatal(err)
			}
			expect(t, beside, roomsFrom(i, i+each)...)
		}
		if s := hung.Stats(); s.Queued != bound || s.Dropped != 0 {
			t.Errorf("counters at the bound are %+v", s)
		}
		for i := direct + bound; i < direct+bound+extra; i++ {
			send(t, server, room(i))
			expect(t, beside, room(i))
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the answers took %v together", took)
		}
		if s := hung.Stats(); s.Delivered != direct-1 || s.Queued != bound || s.Dropped != extra {
			t.Errorf("counters behind the full queue are %+v", s)
		}
		if s := beside.Stats(); s.Delivered != direct+bound+extra || s.Dropped != 0 || s.Gaps != 0 {
			t.Errorf("counters of the other subscription are %+v", s)
		}
		expect(t, hung, roomsFrom(0, direct)...)
		expect(t, hung, stream.Gap{Dropped: extra})
		expect(t, hung, roomsFrom(direct+extra, direct+bound+extra)...)
		expectNothing(t, hung)
		expectNothing(t, beside)
	})
}

// answersWithin is P3's limit for the time that a server waits for a response.
const answersWithin = 50 * time.Millisecond

// The same over real sockets, in real time.
func TestP3HangingConsumerDelaysNoAnswerOverTCP(t *testing.T) {
	// A busy machine may be late once; a defect is late every time.
	var took []time.Duration
	for range 3 {
		took = answerTimes(t)
		if slices.Max(took) < answersWithin {
			slices.Sort(took)
			t.Logf("%d answers, the median after %v, the last of them after %v", len(took), took[len(took)/2], took[len(took)-1])
			return
		}
	}
	t.Errorf("an answer took %v", slices.Max(took))
}

// answerTimes posts to a webhook with a consumer that hangs, and returns how long each
// response took, up to the first that took too long.
func answerTimes(t *testing.T) []time.Duration {
	t.Helper()
	const direct, bound, extra = 64 + 1, 100, 500
	w := newWebhook(t.Context(), t, stream.WebhookConfig{})
	defer w.Close()
	hung, beside := join(t.Context(), t, w, stream.WithBound(bound, 0)), join(t.Context(), t, w)
	receiver := httptest.NewServer(w)
	defer receiver.Close()
	var took []time.Duration
	for i := range direct + bound + extra {
		start := time.Now()
		if status := post(t, receiver.Client(), receiver.URL, message(t, room(i))); status != http.StatusOK {
			t.Fatalf("the answer is %d", status)
		}
		if took = append(took, time.Since(start)); took[i] >= answersWithin {
			return took
		}
		expect(t, beside, room(i))
		if i == direct-1 {
			untilNothingIsQueued(t, hung)
		}
	}
	if s := hung.Stats(); s.Queued != bound || s.Dropped != extra {
		t.Errorf("counters behind the full queue are %+v", s)
	}
	expect(t, hung, roomsFrom(0, direct)...)
	expect(t, hung, stream.Gap{Dropped: extra})
	expect(t, hung, roomsFrom(direct+extra, direct+bound+extra)...)
	return took
}

// untilNothingIsQueued waits until the pump has taken what was queued.
func untilNothingIsQueued(t *testing.T, sub *stream.Subscription) {
	t.Helper()
	deadline := time.After(waitLimit())
	for sub.Stats().Queued > 0 {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatal("the pump doesn't move")
		}
	}
}

// The bound in bytes holds for webhooks too: a notification counts with about its size
// on the wire, also an element of a batch of which a filter keeps a part.
func TestP3WebhookQueueIsBoundedInBytes(t *testing.T) {
	const each = 100_000
	large := decode.PeerMetadataUpdated{RoomID: "r", PeerID: "p", Metadata: decode.Metadata(strings.Repeat("x", each))}
	small := decode.PeerMetadataUpdated{RoomID: "other", PeerID: "p"}
	for _, batched := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			server, w := webhookInMemory(t)
			sub := join(t.Context(), t, w, stream.InRooms("r"))
			for range 120 {
				if batched {
					if err := server.SendBatch(small, large, small); err != nil {
						t.Fatal(err)
					}
				} else {
					send(t, server, large)
				}
				synctest.Wait()
			}
			const kept = (4 << 20) / (each + 18)
			if s := sub.Stats(); s.Queued != kept || s.QueuedBytes < kept*each || s.QueuedBytes > 4<<20 || s.Dropped != 120-65-kept {
				t.Errorf("counters are %+v", s)
			}
		})
	}
}

// A huge one stays if it is the newest.
func TestP3WebhookKeepsTheNewestHoweverLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		sub := join(t.Context(), t, w, stream.WithBound(0, 1000))
		send(t, server, roomsFrom(0, 70)...)
		synctest.Wait()
		huge := decode.PeerMetadataUpdated{RoomID: "r", Metadata: decode.Metadata(strings.Repeat("y", 500_000))}
		send(t, server, huge)
		synctest.Wait()
		expect(t, sub, roomsFrom(0, 65)...)
		expect(t, sub, stream.Gap{Dropped: 5}, huge)
		expectNothing(t, sub)
	})
}
