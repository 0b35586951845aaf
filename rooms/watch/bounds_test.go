package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Metadata is compared by its meaning as long as that takes little time; beyond
// that another spelling is a change.
func TestP12MetadataIsComparedInBoundedTime(t *testing.T) {
	spelt := func(size int) (a, b decode.Metadata) {
		zeros := "0" + strings.Repeat(",0", size/2)
		return decode.Metadata("[" + zeros + "]"), decode.Metadata("[ " + zeros + "]")
	}
	for _, test := range []struct {
		a, b decode.Metadata
		same bool
	}{
		{`{"a":1,"b":[2]}`, `{ "b":[2], "a":1 }`, true},
		{`{"a":1}`, `{"a":2}`, false},
		{"", "null", true},
		{`9007199254740992`, `9007199254740993`, false},
		{`{"a":`, `{"a": `, false},
		{decode.Metadata(strings.Repeat("[", 60_000)), decode.Metadata(" " + strings.Repeat("[", 60_000)), false},
	} {
		if got := newComparison().sameMetadata(test.a, test.b); got != test.same {
			t.Errorf("%.40s and %.40s: the same is %t", test.a, test.b, got)
		}
	}
	if a, b := spelt(60_000); !newComparison().sameMetadata(a, b) {
		t.Error("60 kB aren't compared by their meaning")
	}
	a, b := spelt(10_000_000)
	if c := newComparison(); c.sameMetadata(a, b) || c.left != comparedBytes {
		t.Errorf("10 MB are compared by their meaning, of %d bytes are left %d", comparedBytes, c.left)
	}
	c, compared := newComparison(), 0
	for range 100 {
		if a, b := spelt(60_000); c.sameMetadata(a, b) {
			compared++
		}
	}
	if compared < 30 || compared > 40 {
		t.Errorf("in one comparison %d texts of 60 kB were compared by their meaning", compared)
	}
}

// What is kept of rooms without a node, of notifications and of lookups is bounded
// in bytes, however long the ids.
func TestP12MemoryIsBoundedInBytes(t *testing.T) {
	us := unlisted{rooms: make(map[string]*unlistedRoom)}
	n := newNode(t.Context(), nil, "node", time.Now())
	h, pad := history{}, strings.Repeat("x", 20_000)
	for i := range 20_000 {
		id := fmt.Sprint(i, pad)
		notified := decode.PeerMetadataUpdated{RoomID: id, PeerID: "p", Metadata: "1"}
		h.add(notified)
		if h.bytes > historyBytes {
			h.trim(h.next() - 100)
		}
		us.open(id, h.next(), []*node{n})
		us.touch(id, sizeOf(notified))
		for _, gone := range us.excess() {
			us.close(gone)
		}
		n.lookUp(id, 1_000_000, h.next(), time.Now())
	}
	if us.size > unlistedBytes || len(us.rooms)*len(pad) > unlistedBytes || len(us.rooms) < 100 {
		t.Errorf("%d rooms of %d bytes are kept", len(us.rooms), us.size)
	}
	if n.lookupsBytes > lookupBytes || len(n.lookups) < 10 {
		t.Errorf("%d lookups of %d bytes wait", len(n.lookups), n.lookupsBytes)
	}
	if n.listDue.IsZero() {
		t.Error("no list in the place of lookups")
	}
	if len(us.order) > 2*len(us.rooms)+maxEnded+1 {
		t.Errorf("%d entries for %d rooms", len(us.order), len(us.rooms))
	}
	for id := range us.rooms {
		us.close(id)
	}
	if us.size != 0 || us.absent != 0 {
		t.Errorf("of nothing %d bytes are kept", us.size)
	}
	h.trim(h.next())
	if h.bytes != 0 {
		t.Errorf("of no notifications %d bytes are kept", h.bytes)
	}
	var ended endedRooms
	ended.at = make(map[uint64]time.Time)
	for i := range 10_000 {
		ended.add(fmt.Sprint(i), time.Now())
	}
	if len(ended.at) != maxEnded || len(ended.order) != maxEnded || !ended.has("9999", time.Now()) || ended.has("1", time.Now()) {
		t.Errorf("%d ids of rooms that ended are remembered", len(ended.at))
	}
}

// A Retry-After is a floor for the node's next list, of at most 2 minutes, with
// jitter on top; a Gap doesn't undercut it.
func TestP12RetryAfterIsAFloor(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{0: 0, time.Minute: time.Minute, time.Hour: 2 * time.Minute} {
		now := time.Now()
		n := newNode(t.Context(), nil, "node", now)
		q := n.next(now, func(*node) bool { return true })
		n.onFailure(answer{question: q, err: &rooms.Error{Status: 503, RetryAfter: after}}, now, time.Minute, true)
		n.onGap(now, now)
		if wait := n.due().Sub(now); wait < want || wait > want+max(retryBase, want/4) {
			t.Errorf("after %v the next list is due in %v", after, wait)
		}
	}
}
