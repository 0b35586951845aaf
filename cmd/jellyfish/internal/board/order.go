package board

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Sort is what rooms are sorted by.
type Sort int

// What rooms can be sorted by.
const (
	ByAge Sort = iota
	ByPeers
	ByTracks
	ByTraffic
	ByLast
	ByRoom
	sorts
)

// String returns the heading of the column.
func (s Sort) String() string {
	return [...]string{"age", "peers", "tracks", "bitrate", "last event", "name"}[s]
}

// Next returns the sort that follows.
func (s Sort) Next() Sort { return (s + 1) % sorts }

// resort is how often rows may change places, so that they can be read.
const resort = time.Second

// order is the sorted list of the rooms that are wanted.
type order struct {
	rooms    []*Room
	by       Sort
	reversed bool
	filter   string
	made     time.Time
	changed  bool // Rooms came or went.
	moved    bool // What they are sorted by has changed.
}

// touch tells that what is sorted by has changed for some room.
func (o *order) touch(what Sort) {
	if what == ByRoom {
		o.changed = true
	}
	if what == o.by {
		o.moved = true
	}
}

// sorted returns the rooms that a query wants, in its order.
func (b *Board) sorted(q Query, now time.Time) []*Room {
	o := &b.order
	asked := o.by != q.Sort || o.reversed != q.Reversed || o.filter != q.Filter || o.made.IsZero()
	stale := (o.changed || o.moved) && now.Sub(o.made) >= resort
	// A few rooms are sorted at once.
	if !asked && !stale && !(o.changed && len(b.rooms) <= 64) {
		return o.rooms
	}
	o.by, o.reversed, o.filter = q.Sort, q.Reversed, q.Filter
	o.made, o.changed, o.moved = now, false, false
	o.rooms = o.rooms[:0]
	filter := strings.ToLower(q.Filter)
	for _, room := range b.rooms {
		if filter == "" || strings.Contains(strings.ToLower(room.ID), filter) {
			o.rooms = append(o.rooms, room)
		}
	}
	clear(o.rooms[len(o.rooms):cap(o.rooms)])
	compare := comparison(q.Sort)
	slices.SortFunc(o.rooms, func(x, y *Room) int {
		c := compare(x, y)
		if q.Reversed {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(x.ID, y.ID), cmp.Compare(x.Node, y.Node))
	})
	return o.rooms
}

// comparison returns the order in which what is of interest comes first: the
// newest, the fullest, the busiest.
func comparison(by Sort) func(x, y *Room) int {
	switch by {
	case ByPeers:
		return func(x, y *Room) int {
			return cmp.Or(cmp.Compare(y.Connected, x.Connected), cmp.Compare(y.Peers, x.Peers))
		}
	case ByTracks:
		return func(x, y *Room) int { return cmp.Compare(y.Tracks(), x.Tracks()) }
	case ByTraffic:
		return func(x, y *Room) int {
			return cmp.Compare(y.Traffic.In.Value+y.Traffic.Out.Value, x.Traffic.In.Value+x.Traffic.Out.Value)
		}
	case ByLast:
		return func(x, y *Room) int { return y.LastAt.Compare(x.LastAt) }
	case ByRoom:
		return func(x, y *Room) int { return cmp.Compare(x.ID, y.ID) }
	}
	return func(x, y *Room) int { return y.Appeared.Compare(x.Appeared) }
}
