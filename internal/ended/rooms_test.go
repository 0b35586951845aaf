package ended_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/ended"
)

func TestP13EndedRoomsAreForgotten(t *testing.T) {
	t.Parallel()
	var rooms ended.Rooms
	now := time.Now()
	rooms.Remove("a")
	if rooms.Has("a", now) {
		t.Error("the zero value has a room")
	}
	rooms.Add("a", now)
	rooms.Add("b", now)
	rooms.Add("a", now.Add(ended.For/2)) // It came again, and ended again.
	rooms.Remove("b")
	for _, test := range []struct {
		id    string
		after time.Duration
		want  bool
	}{{"a", 0, true}, {"a", ended.For, true}, {"a", 3 * ended.For / 2, false}, {"b", 0, false}, {"c", 0, false}} {
		if got := rooms.Has(test.id, now.Add(test.after)); got != test.want {
			t.Errorf("room %s is remembered after %v: %t", test.id, test.after, got)
		}
	}
}

func TestP13EndedRoomsAreBounded(t *testing.T) {
	t.Parallel()
	var rooms ended.Rooms
	now := time.Now()
	for i := range 2 * ended.Kept {
		rooms.Add(strconv.Itoa(i), now)
	}
	if rooms.Len() != ended.Kept || rooms.Has("1", now) || !rooms.Has(strconv.Itoa(2*ended.Kept-1), now) {
		t.Errorf("%d rooms are remembered", rooms.Len())
	}
	rooms.Add("last", now.Add(ended.For))
	if rooms.Len() != 1 {
		t.Errorf("after a while %d rooms are remembered", rooms.Len())
	}
}
