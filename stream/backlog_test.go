package stream

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// The ring behaves like a slice, whatever the order of operations.
func TestQueueIsFirstInFirstOut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var q queue
	var model []entry
	for i := range 100_000 {
		if growing := i/5_000%2 == 0; len(model) == 0 || random.IntN(10) < map[bool]int{true: 6, false: 4}[growing] {
			e := entry{decode.RoomCreated{RoomID: strconv.Itoa(i)}, i}
			q.push(e)
			model = append(model, e)
		} else {
			if got := q.pop(); got != model[0] {
				t.Fatalf("step %d: pop is %v, want %v", i, got, model[0])
			}
			model = model[1:]
		}
		if q.count != len(model) || q.empty() != (len(model) == 0) {
			t.Fatalf("step %d: %d entries, want %d", i, q.count, len(model))
		}
		if len(model) > 0 && (*q.first() != model[0] || *q.last() != model[len(model)-1]) {
			t.Fatalf("step %d: ends are %v and %v", i, q.first(), q.last())
		}
	}
	if q.at(-1) != nil || q.at(q.count) != nil {
		t.Error("an entry stands beyond the ends")
	}
}

func TestP3QueueGivesMemoryBackWhenEmpty(t *testing.T) {
	var q queue
	for i := range 10_000 {
		q.push(entry{decode.RoomCreated{}, i})
	}
	for range 10_000 {
		q.pop()
	}
	if q.ring != nil {
		t.Errorf("a ring of %d entries is kept", len(q.ring))
	}
}

// Every kind that can be received has a bit in a filter, and a counter.
func TestKindsFitInASet(t *testing.T) {
	for k := decode.Kind(0); k < 10_000; k++ {
		if _, known := decode.ParseKind(k.String()); known && k >= kindsInSet {
			t.Errorf("%v has the number %d", k, int(k))
		}
	}
}

// Channels that nobody reads any more are not kept forever.
func TestClosedChannelsAreBounded(t *testing.T) {
	var closed closedChannels
	for range 10 * closedChannelsKept {
		box := newMailbox(mailboxConfig[decode.Notification]{bound: bound{channel: 1, items: 1, bytes: 1}, wrap: unwrapped, closed: func() {}})
		box.put(sized([]decode.Notification{decode.RoomCreated{}}))
		box.end(ErrClosed, true)
		closed.add(box)
	}
	if most := 2*closedChannelsKept + channelBuffer; len(closed.boxes) > most {
		t.Errorf("%d are kept, want at most %d", len(closed.boxes), most)
	}
	for _, box := range closed.boxes {
		<-box.(*mailbox[decode.Notification]).out
	}
	if closed.trim(); closed.unreceived() != 0 || len(closed.boxes) != 0 {
		t.Errorf("%d are kept that were received", len(closed.boxes))
	}
}
