package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/internal/size"
)

// hub passes everything that a source receives to the subscriptions that want it. It
// does so with its lock held: no member waits for a consumer, so this is short, and a
// removed member receives nothing more.
type hub struct {
	name func() string // Where the notifications come from, for String.
	left func(*member) // Called when a member has ended, for whatever reason.
	warn func()        // Called when a member's backlog begins to overflow.

	mu         sync.Mutex
	release    func() bool // From the source's context, once the source and all members have ended.
	ended      bool        // The source has ended.
	all        memberList
	everything memberList             // Members that want every notification.
	kinds      [kindsInSet]memberList // Members that want kinds of every room, by kind.
	rooms      map[string]*memberList // The others, by room.
	batched    memberList             // Members that want every notification, in batches.

	received    [kindsInSet]uint64 // Notifications, by kind.
	undecodable uint64
	outages     uint64

	collecting []*batchBox // Those for which put has collected something.

	closed closedChannels
}

// inbox receives a member's notifications: a mailbox of any element type.
type inbox interface {
	put(r run)                    // Without Gaps; the inbox must not keep the slices.
	mark(gap decode.Notification) // A Gap, shared by all since it is large.
	end(cause error, deliver bool)
	unreceived() int // How much waits for the consumer, including the channel.
}

// member is a subscription as the hub sees it.
type member struct {
	inbox
	filter  filter
	reports *reportQueue // Nil unless metrics are wanted.
	batches *batchBox    // The inbox, if it is one for batches.

	// Guarded by the hub's lock.
	release func() bool // From the subscription's context.
	places  []place     // Its places in the hub's lists; none before it is added and after it is removed.
}

// finish ends the member's channels. Metrics are recent values: nobody waits for their
// delivery.
func (m *member) finish(cause error, deliver bool) {
	if m.reports != nil {
		m.reports.end()
	}
	m.end(cause, deliver)
}

// memberList is a list from which any member can be removed at once.
type memberList struct {
	entries []listEntry
}

// listEntry is a member, and which of its places this is.
type listEntry struct {
	*member
	place int
}

// place is where a member is in one list.
type place struct {
	list  *memberList
	index int
}

func (l *memberList) add(m *member) {
	l.entries = append(l.entries, listEntry{m, len(m.places)})
	m.places = append(m.places, place{l, len(l.entries) - 1})
}

// remove takes the entry at index out; the last one moves there.
func (l *memberList) remove(index int) {
	last := len(l.entries) - 1
	moved := l.entries[last]
	l.entries[index] = moved
	moved.places[moved.place].index = index
	l.entries[last] = listEntry{}
	l.entries = l.entries[:last]
}

// live ties the hub to the lifetime of its source's context.
func (h *hub) live(ctx context.Context, end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release = context.AfterFunc(ctx, end)
}

// join adds a member with the lifetime of ctx.
func (h *hub) join(ctx context.Context, m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(m)
	m.release = context.AfterFunc(ctx, func() { m.finish(lifetime.Err(ctx), false) })
}

// add puts a member on the lists for what it wants. The caller holds h.mu.
func (h *hub) add(m *member) {
	h.all.add(m)
	switch {
	case m.filter.metricsOnly:
	case m.filter.byRoom:
		h.addRooms(m)
	case m.filter.kinds == 0 && m.batches != nil:
		h.batched.add(m)
	case m.filter.kinds == 0:
		h.everything.add(m)
	default:
		for k := range h.kinds {
			if m.filter.kinds.has(decode.Kind(k)) {
				h.kinds[k].add(m)
			}
		}
	}
}

func (h *hub) addRooms(m *member) {
	if h.rooms == nil {
		h.rooms = make(map[string]*memberList)
	}
	for _, id := range m.filter.rooms {
		room := h.rooms[id]
		if room == nil {
			room = &memberList{}
			h.rooms[id] = room
		}
		room.add(m)
	}
}

// unlist removes a member from all lists. The caller holds h.mu.
func (h *hub) unlist(m *member) {
	for _, p := range m.places {
		p.list.remove(p.index)
	}
	m.places = nil
	for _, id := range m.filter.rooms {
		if room := h.rooms[id]; room != nil && len(room.entries) == 0 {
			delete(h.rooms, id)
		}
	}
}

// setRooms changes the rooms of a member that is still in the hub.
func (h *hub) setRooms(m *member, ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.places == nil {
		return
	}
	h.unlist(m)
	m.filter.byRoom, m.filter.rooms = true, ids
	h.add(m)
}

// remove removes m if it is still there.
func (h *hub) remove(m *member) {
	h.mu.Lock()
	h.unlist(m)
	release := m.release
	h.releaseIfOver()
	h.mu.Unlock()
	release()
	h.left(m)
}

// end ends all members. The source accepts no new ones.
func (h *hub) end(cause error, deliver bool) {
	h.mu.Lock()
	h.ended = true
	h.releaseIfOver()
	members := make([]*member, len(h.all.entries))
	for i, e := range h.all.entries {
		members[i] = e.member
	}
	h.mu.Unlock()
	for _, m := range members {
		m.finish(cause, deliver)
	}
}

// releaseIfOver releases the source's context when no subscription is left that depends
// on it. The caller holds h.mu.
func (h *hub) releaseIfOver() {
	if h.ended && len(h.all.entries) == 0 {
		h.release()
	}
}

// run is what arrived together, in order, with the size of each in bytes.
type run struct {
	notifications []decode.Notification
	sizes         []int
}

// sized returns the notifications with their sizes in memory.
func sized(notifications []decode.Notification) run {
	r := run{notifications, make([]int, len(notifications))}
	for i, n := range notifications {
		r.sizes[i] = size.Of(n)
	}
	return r
}

func (r *run) add(n decode.Notification, size int) {
	r.notifications = append(r.notifications, n)
	r.sizes = append(r.sizes, size)
}

// reset empties the run. Memory that was taken is replaced; more than a batch needs is
// released.
func (r *run) reset(taken bool) {
	switch size := cap(r.notifications); {
	case size > 2*batchSize:
		*r = run{}
	case taken:
		r.notifications, r.sizes = make([]decode.Notification, 0, size), r.sizes[:0]
	default:
		clear(r.notifications)
		r.notifications, r.sizes = r.notifications[:0], r.sizes[:0]
	}
}

func (r run) part(from, to int) run { return run{r.notifications[from:to], r.sizes[from:to]} }

// deliver passes on what arrived together, in order. It reports whether a batch has
// taken the slice of notifications, which must not be reused then.
func (h *hub) deliver(r run) (taken bool) {
	for from := 0; from < len(r.notifications); {
		if to := h.runEnd(r, from); to > from {
			taken = h.put(r, from, to) || taken
			from = to
			continue
		}
		switch n := r.notifications[from].(type) {
		case decode.MetricsReport:
			h.report(n)
		case Gap:
			h.mark(n)
		case decode.Undecodable:
			h.mark(Gap{Undecodable: 1, Err: errors.New(n.Reason)})
		}
		from++
	}
	return taken
}

// runEnd returns the end of the notifications that begin at from, at most a batch.
func (*hub) runEnd(r run, from int) int {
	end := min(len(r.notifications), from+batchSize)
	for i, n := range r.notifications[from:end] {
		switch n.Kind() {
		case decode.KindMetricsReport, decode.KindGap, decode.KindUndecodable:
			return from + i
		}
	}
	return end
}

// put passes on a part of a run, all notifications, while holding the lock once. It
// reports whether a batch has taken the slice of notifications.
func (h *hub) put(all run, from, to int) (taken bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := all.part(from, to)
	if len(h.batched.entries) > 0 {
		var batch []decode.Notification
		batch, taken = batchOf(all.notifications, from, to)
		for _, m := range h.batched.entries {
			m.batches.accept(batch, r)
		}
	}
	for _, m := range h.everything.entries {
		m.put(r)
	}
	for i, n := range r.notifications {
		kind := n.Kind()
		h.received[kind]++
		for _, m := range h.kinds[kind].entries {
			m.put(r.part(i, i+1))
		}
		if len(h.rooms) > 0 {
			h.putToRoom(r.part(i, i+1), kind)
		}
	}
	h.handOverBatches()
	return taken
}

// putToRoom passes a notification to the members that want its room.
func (h *hub) putToRoom(one run, kind decode.Kind) {
	id, ok := decode.RoomOf(one.notifications[0])
	if !ok {
		return
	}
	if room := h.rooms[id]; room != nil {
		for _, m := range room.entries {
			if m.filter.kinds.has(kind) {
				m.put(one)
			}
		}
	}
}

func (h *hub) mark(g Gap) {
	if g.isZero() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.undecodable += g.Undecodable
	h.outages += uint64(g.Outages)
	var n decode.Notification = g
	for _, m := range h.all.entries {
		if !m.filter.metricsOnly {
			m.mark(n)
		}
	}
}

func (h *hub) report(r decode.MetricsReport) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.all.entries {
		if m.reports != nil {
			m.reports.put(r)
		}
	}
}
