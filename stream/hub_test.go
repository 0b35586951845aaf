package stream

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// What is collected in batches belongs to those that were there when it came, and
// as they were then.
func TestP4BatchesHoldNothingFromBefore(t *testing.T) {
	relay := NewRelay(t.Context())
	join := func() *BatchSubscription {
		b, err := Batches(t.Context(), relay)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	numbered := func(id string) decode.Notification { return decode.RoomCreated{RoomID: id} }
	received := func(b *BatchSubscription, want ...string) {
		t.Helper()
		var got []decode.Notification
		for len(b.Batches()) > 0 {
			got = append(got, <-b.Batches()...)
		}
		if len(got) != len(want) {
			t.Fatalf("received %v, want %v", got, want)
		}
		for i, id := range want {
			if got[i] != numbered(id) {
				t.Errorf("received %v, want %v", got, want)
			}
		}
	}
	early := join()
	relay.hub.deliver(numbered("1"), 1) // The source has more, and doesn't flush.
	late := join()
	relay.hub.deliver(numbered("2"), 1)
	if err := early.SetRooms("3"); err != nil {
		t.Fatal(err)
	}
	relay.hub.deliver(numbered("3"), 1)
	relay.hub.deliver(numbered("4"), 1)
	relay.hub.flush()
	received(early, "1", "2", "3")
	received(late, "2", "3", "4")
	relay.hub.deliver(numbered("3"), 1)
	early.Drain()
	received(early, "3")
	relay.hub.deliver(numbered("5"), 1)
	relay.Close()
	received(late, "3", "5")
}
