package watch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Metadata is compared by its meaning as long as that takes little time; beyond that a
// different spelling is a change.
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

// The size of what is kept of rooms without a node, of notifications and of lookups is
// bounded in bytes, however long the ids are.
func TestP12MemoryIsBoundedInBytes(t *testing.T) {
	us := nodeless{rooms: make(map[string]*nodelessRoom)}
	n := nodeOf(t)
	h, pad := history{}, strings.Repeat("x", 20_000)
	for i := range 20_000 {
		id := fmt.Sprint(i, pad)
		notified := decode.PeerMetadataUpdated{RoomID: id, PeerID: "p", Metadata: "1"}
		h.add(notified)
		if h.bytes > historyBytes {
			h.trim(h.next() - 100)
		}
		us.open(id, h.next(), []*node{n})
		us.touch(newRoom(id, "", time.Now()))
		for _, gone := range us.excess() {
			us.close(gone)
		}
		n.lookUp(id, 1_000_000, h.next(), time.Now())
	}
	if us.size > nodelessBytes || len(us.rooms)*len(pad) > nodelessBytes || len(us.rooms) < 100 {
		t.Errorf("%d rooms of %d bytes are kept", len(us.rooms), us.size)
	}
	if n.lookupsBytes > lookupBytes || len(n.lookups) < 10 {
		t.Errorf("%d lookups of %d bytes wait", len(n.lookups), n.lookupsBytes)
	}
	if n.listDue.IsZero() {
		t.Error("no list in the place of lookups")
	}
	last := fmt.Sprint(19_999, pad)
	if us.rooms[last] == nil || us.rooms["0"+pad] != nil {
		t.Error("others than the oldest have gone")
	}
	for range 1_000_000 {
		us.touch(newRoom(last, "", time.Now()))
	}
	if gone := us.excess(); gone != nil {
		t.Errorf("%d rooms go though a room has only changed", len(gone))
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
}

func nodeOf(t *testing.T) *node {
	t.Helper()
	client, err := rooms.New(rooms.Config{ServerAddress: "node.test", ServerAPIToken: rooms.NewSecret("t")})
	if err != nil {
		t.Fatal(err)
	}
	return newNode(t.Context(), jellyfish{client}, time.Now())
}

// A Retry-After is a floor for the node's next list, of at most 2 minutes, with jitter
// added; a Gap doesn't undercut it.
func TestP12RetryAfterIsAFloor(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{0: 0, time.Minute: time.Minute, time.Hour: 2 * time.Minute} {
		n := nodeOf(t)
		now := n.StaleSince
		q := n.next(now, func(*node) bool { return true })
		n.onFailure(&request{node: n, task: q.task, roomID: q.roomID, err: &rooms.Error{Status: 503, RetryAfter: after}}, now, time.Minute, true)
		n.onGap(now, now)
		if wait := n.due().Sub(now); wait < want || wait > want+max(retryBase, want/4) {
			t.Errorf("after %v the next list is due in %v", after, wait)
		}
	}
}

// Changes of a room that aren't received are replaced by the difference, from its
// appearance to its end.
func TestP12RoomThatLagsIsGivenTheDifference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		client, err := rooms.New(rooms.Config{
			ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient(),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer client.CloseIdleConnections()
		relay := stream.NewRelay(t.Context())
		view, err := start(t.Context(), client, relay, Config{}, limits{changes: 1, steps: 2, notifications: 1000})
		if err != nil {
			t.Fatal(err)
		}
		put := func(n ...decode.Notification) {
			if err := relay.Put(n...); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		each, known, count := view.EachRoom(t.Context()), newReplica(), 0
		put(decode.RoomCreated{RoomID: "r"}, decode.PeerAdded{RoomID: "r", PeerID: "first"})
		room := <-each
		take := func() {
			synctest.Wait()
			for ; ; synctest.Wait() {
				var c Change
				var ok bool
				select {
				case c, ok = <-room.Changes():
				default:
				}
				if !ok {
					return
				}
				if err := known.apply(c); err != nil {
					t.Fatalf("%v doesn't fit: %v", c, err)
				}
				count++
			}
		}
		for i := range 100 {
			id := fmt.Sprint("p-", i/10)
			put(decode.PeerConnected{RoomID: "r", PeerID: id}, decode.PeerDisconnected{RoomID: "r", PeerID: id}, decode.PeerAdded{RoomID: "other", PeerID: "p"})
			if i%40 == 20 {
				take()
			}
		}
		take()
		want := slices.DeleteFunc(stateOf(view.Rooms()), func(r Room) bool { return r.ID != "r" })
		if diff := cmp.Diff(want, known.state()); diff != "" || len(want) != 1 || len(want[0].Peers) != 11 {
			t.Errorf("what is known (-view +consumer):\n%s", diff)
		}
		if count > 100 {
			t.Errorf("%d changes of 212 were given", count)
		}
		put(decode.PeerDeleted{RoomID: "r", PeerID: "first"}, decode.PeerConnected{RoomID: "r", PeerID: "p-1"}, decode.RoomDeleted{RoomID: "r"})
		take()
		if len(known.state()) > 0 || room.Err() != ErrRoomEnded {
			t.Errorf("after the end %v are known, Err is %v", known.state(), room.Err())
		}
		relay.Close()
		for range each { // In the other room.
		}
	})
}
