package stream

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// modelFeed is a model of a room feed, as simple as possible. It is valid when
// everything has settled after each step.
type modelFeed struct {
	bound bound
	wants func(decode.Kind) bool // What a room delivers.

	open    map[string]*modelRoom
	left    map[string]bool
	ended   map[string]time.Time
	all     []*modelRoom
	hand    []modelEvent // On offer.
	lost    Gap
	waiting []modelEvent

	over  bool // Nothing more is accepted.
	cause error
	stats RoomFeedStats
}

type modelRoom struct {
	id     string
	box    *modelBox
	outage bool
}

// modelEvent is a room or a Gap.
type modelEvent struct {
	room *modelRoom
	gap  Gap
}

func newModelFeed(b bound, wants func(decode.Kind) bool) *modelFeed {
	return &modelFeed{
		bound: b,
		wants: wants,
		open:  make(map[string]*modelRoom),
		left:  make(map[string]bool),
		ended: make(map[string]time.Time),
	}
}

func (f *modelFeed) put(n decode.Notification) {
	id, ok := decode.RoomOf(n)
	if f.over || !ok {
		return
	}
	_, created := n.(decode.RoomCreated)
	end := n.Kind() == decode.KindRoomDeleted || n.Kind() == decode.KindRoomCrashed
	if r := f.open[id]; r != nil && created && r.outage {
		f.end1(r)
	}
	if f.open[id] == nil {
		at, ended := f.ended[id]
		ended = ended && time.Since(at) < time.Minute
		switch {
		case created:
		case ended:
			f.stats.Late++
			if end {
				delete(f.left, id)
			}
			return
		case end:
			f.ended[id] = time.Now()
			delete(f.left, id)
			return
		case f.left[id]:
			return
		}
		delete(f.ended, id)
		delete(f.left, id)
		r := &modelRoom{id: id, box: &modelBox{bound: f.bound, wants: func(decode.Notification) bool { return true }, held: true}}
		f.open[id] = r
		f.all = append(f.all, r)
		f.waiting = append(f.waiting, modelEvent{room: r})
		f.stats.Opened++
	}
	r := f.open[id]
	if f.wants(n.Kind()) {
		r.box.put(n)
	}
	if end {
		f.end1(r)
	}
	f.trim()
	f.offer()
}

func (f *modelFeed) end1(r *modelRoom) {
	delete(f.open, r.id)
	f.ended[r.id] = time.Now()
	r.box.end(ErrRoomEnded, true)
}

func (f *modelFeed) waitingRooms() int {
	rooms := 0
	for _, e := range f.waiting {
		if e.room != nil {
			rooms++
		}
	}
	return rooms
}

func (f *modelFeed) trim() {
	for f.waitingRooms() > f.bound.rooms {
		e := f.waiting[0]
		f.waiting = f.waiting[1:]
		if e.room == nil {
			f.lost = f.lost.fold(e.gap)
			continue
		}
		dropped := max(1, e.room.box.stats.Dropped+uint64(e.room.box.items()))
		f.lost.Dropped += dropped
		f.stats.Dropped += dropped
		f.stats.DroppedRooms++
		if f.open[e.room.id] == e.room {
			delete(f.open, e.room.id)
		}
		e.room.box.end(nil, false)
	}
	if len(f.waiting) > 0 && f.waiting[0].room == nil && !f.lost.isZero() {
		f.lost = f.lost.fold(f.waiting[0].gap)
		f.waiting = f.waiting[1:]
	}
}

func (f *modelFeed) mark(g Gap) {
	if f.over {
		return
	}
	f.stats.Outages += uint64(g.Outages)
	f.stats.Undecodable += g.Undecodable
	for _, r := range f.open {
		r.outage = r.outage || g.Outages > 0
		r.box.mark(g)
	}
	if g.Outages > 0 {
		clear(f.left)
	}
	if len(f.waiting) == 0 {
		f.lost = f.lost.fold(g)
	} else if last := &f.waiting[len(f.waiting)-1]; last.room == nil {
		last.gap = last.gap.fold(g)
	} else {
		f.waiting = append(f.waiting, modelEvent{gap: g})
	}
	f.offer()
}

// offer takes the next event in hand if nothing is.
func (f *modelFeed) offer() {
	if len(f.hand) > 0 {
		return
	}
	if !f.lost.isZero() {
		f.hand = append(f.hand, modelEvent{gap: f.lost})
		f.lost = Gap{}
	}
	if len(f.waiting) > 0 {
		f.hand = append(f.hand, f.waiting[0])
		f.waiting = f.waiting[1:]
	}
	for _, e := range f.hand {
		if e.room != nil {
			e.room.box.held = false
			e.room.box.pump()
		}
	}
}

// receive returns what is in the channel: an event, nothing yet, or the end.
func (f *modelFeed) receive() (e modelEvent, came, end bool) {
	if len(f.hand) == 0 {
		return modelEvent{}, false, f.over
	}
	e, f.hand = f.hand[0], f.hand[1:]
	f.offer()
	return e, true, false
}

func (f *modelFeed) leave(r *modelRoom) {
	if f.open[r.id] == r {
		delete(f.open, r.id)
		f.left[r.id] = true
	}
	r.box.end(ErrRoomLeft, false)
}

func (f *modelFeed) end(cause error, deliver bool) {
	if f.over && (deliver || f.closed() && f.roomsClosed()) {
		return
	}
	if !f.closed() {
		f.cause = cause
	}
	f.over = true
	clear(f.open)
	for _, r := range f.all {
		r.box.end(cause, deliver)
	}
	if !deliver {
		f.hand, f.lost, f.waiting = nil, Gap{}, nil
	}
}

func (f *modelFeed) closed() bool {
	return f.over && len(f.hand) == 0 && len(f.waiting) == 0 && f.lost.isZero()
}

func (f *modelFeed) roomsClosed() bool {
	for _, r := range f.all {
		if !r.box.closed() {
			return false
		}
	}
	return true
}
