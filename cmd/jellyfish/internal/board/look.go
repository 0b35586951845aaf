package board

import (
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Query is what a screen has room for.
type Query struct {
	// Sort, Reversed and Filter say which rooms come, and how.
	Sort     Sort
	Reversed bool
	Filter   string
	// Selected is the room that the cursor is on, Move how far the cursor is moved
	// from there, Top the first row that was shown and Rows how many are.
	Selected  Key
	Move, Top int
	Rows      int
	// Open is the room to be shown in full, if there is one.
	Open *Key
	// Events is how many are shown. They are those up to the number Until, if it
	// isn't 0, but for the Skip latest; of the room Room and with the text Find
	// alone, where they aren't empty.
	Events int
	Until  uint64
	Skip   int
	Room   string
	Find   string
}

// Look is what a screen shows at one moment.
type Look struct {
	Now       time.Time
	State     stream.State
	LastFrame time.Time
	PerSecond float64
	Gaps      uint64
	Dropped   uint64
	Nodes     []watch.Node
	Synced    bool

	Rooms, Peers, Connected, Tracks int

	// Matching is how many rooms the filter leaves, Index the place of the cursor
	// among them, Selected the room there, and Top the place of the first of List.
	Matching, Index, Top int
	Selected             Key
	List                 []Room

	// Opened is the room in full, nil where none is asked for; Gone tells that
	// there is no such room any more.
	Opened *Opened
	Gone   bool

	// Events are the latest first; Newest is the number of the latest of all.
	Events []Event
	Newest uint64
}

// Opened is a room in full.
type Opened struct {
	watch.Room
	// Sums are the room's numbers, Traffic that of its peers by their ids.
	Sums    Room
	Traffic map[string]Traffic
}

// Look returns what a screen shows now.
func (b *Board) Look(q Query) Look {
	now := time.Now()
	stats, got := b.notifier.Stats(), b.sub.Stats()
	look := Look{
		Now:       now,
		State:     b.notifier.State(),
		LastFrame: stats.LastFrame,
		Gaps:      got.Gaps,
		Dropped:   got.Dropped,
		Nodes:     b.view.Nodes(),
		Synced:    isClosed(b.view.Synced()),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	look.PerSecond = b.pace.rate(stats.Received, now)
	look.Rooms, look.Peers, look.Connected, look.Tracks = len(b.rooms), b.totals.peers, b.totals.connected, b.totals.tracks
	b.list(&look, q)
	b.open(&look, q)
	b.late.release(&b.events, look.Now)
	look.Newest = b.events.last
	until := q.Until
	if until == 0 {
		until = b.events.last
	}
	skip := q.Skip
	look.Events = b.events.before(until, q.Events, func(e Event) bool {
		if !e.IsGap() && q.Room != "" && e.Room != q.Room || q.Find != "" && !e.IsGap() && !e.Contains(q.Find) {
			return false
		}
		skip--
		return skip < 0
	})
	for i, e := range look.Events { // A name can be known later than what it is in.
		if e.Name == "" && e.Notification != nil {
			look.Events[i].Name = b.names.of(about(e.Notification))
		}
	}
	return look
}

// list fills in the rows around the cursor.
func (b *Board) list(look *Look, q Query) {
	sorted := b.sorted(q, look.Now)
	look.Matching = len(sorted)
	if len(sorted) == 0 || q.Rows <= 0 {
		return
	}
	index := slices.IndexFunc(sorted, func(r *Room) bool { return r.Key == q.Selected })
	if index < 0 { // Its node was found out, or it is gone.
		index = max(0, slices.IndexFunc(sorted, func(r *Room) bool { return r.ID == q.Selected.ID }))
	}
	look.Index = min(max(0, index+q.Move), len(sorted)-1)
	look.Selected = sorted[look.Index].Key
	top := min(q.Top, look.Index)
	top = max(top, look.Index-q.Rows+1, 0)
	look.Top = max(0, min(top, len(sorted)-q.Rows))
	for _, room := range sorted[look.Top:min(look.Top+q.Rows, len(sorted))] {
		look.List = append(look.List, *room)
	}
}

// open fills in the room that is shown in full.
func (b *Board) open(look *Look, q Query) {
	key := q.Open
	if key == nil {
		b.meters.show("")
		return
	}
	b.meters.show(key.ID)
	room, ok := b.view.Room(key.ID)
	if !ok {
		look.Gone = true
		return
	}
	opened := &Opened{Room: room, Traffic: make(map[string]Traffic)}
	if sums := b.byID[key.ID]; sums != nil {
		opened.Sums = *sums
	}
	for _, peer := range room.Peers {
		if traffic, ok := b.meters.peers[endpoint{key.ID, peer.ID}]; ok {
			opened.Traffic[peer.ID] = traffic
		}
	}
	look.Opened = opened
}

// pace measures how many notifications come a second.
type pace struct {
	marks []mark
}

type mark struct {
	at       time.Time
	received uint64
}

// over is the time over which the rate is an average.
const over = 3 * time.Second

func (p *pace) rate(received uint64, now time.Time) float64 {
	p.marks = append(p.marks, mark{now, received})
	for len(p.marks) > 2 && now.Sub(p.marks[1].at) >= over {
		p.marks = p.marks[1:]
	}
	first := p.marks[0]
	elapsed := now.Sub(first.at).Seconds()
	if elapsed <= 0 {
		return 0
	}
	return float64(received-first.received) / elapsed
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
