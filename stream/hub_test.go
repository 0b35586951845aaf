package stream

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Batches hold what arrived since their subscription began, by the filter it had then.
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
	send := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			if err := relay.Put(numbered(id)); err != nil {
				t.Fatal(err)
			}
		}
	}
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
	send("1")
	late := join()
	send("2")
	if err := early.SetRooms("3"); err != nil {
		t.Fatal(err)
	}
	send("3", "4")
	received(early, "1", "2", "3")
	received(late, "2", "3", "4")
	send("3")
	early.Drain()
	received(early, "3")
	send("5")
	relay.Close()
	received(late, "3", "5")
}
