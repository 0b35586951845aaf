package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

// hub hands everything that a source receives to the subscriptions it concerns.
// It holds its lock while it does: no member waits for a consumer, so that this is
// short, and a member that was removed is given nothing any more.
type hub struct {
	name func() string // Where its notifications come from, for String.
	left func(*member) // Called when a member has ended, whatever ended it.
	warn func()        // Called when a member's backlog begins to overflow.

	mu         sync.Mutex
	release    func() bool // From the source's context, once the source and all members have ended.
	ended      bool        // The source has.
	all        memberList
	everything memberList             // Those that want every notification.
	kinds      [kindsInSet]memberList // Those that want kinds of every room, by kind.
	rooms      map[string]*memberList // The others, by room.
	batched    memberList             // Those that want every notification, in batches.

	received    [kindsInSet]uint64 // Notifications, by kind.
	undecodable uint64
	outages     uint64

	shared     pendingBatch // For all that want every notification in batches.
	collecting []*batchBox  // Others that may have collected something.

	closed closedChannels
}

// inbox is where a member's notifications go: a mailbox of whatever element type.
type inbox interface {
	put(n decode.Notification, size int)
	mark(gap decode.Notification) // One for all: a Gap is large.
	end(cause error, deliver bool)
	unreceived() int // How much waits for the consumer, in the channel too.
}

// member is a subscription as the hub sees it.
type member struct {
	inbox
	filter  filter
	reports *reportQueue // Nil where no metrics were asked for.
	batches *batchBox    // The inbox, where that is for batches.

	// Guarded by the hub's lock.
	release func() bool // From the subscription's context.
	places  []place     // In the hub's lists; none before it is added and after it is removed.
}

// finish ends the member's channels. Metrics are recent values, which nobody
// waits for to be delivered.
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

// listEntry is a member, and which of its places is this one.
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

// live gives the hub the lifetime of its source's context.
func (h *hub) live(ctx context.Context, end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release = context.AfterFunc(ctx, end)
}

// join adds a member, with the lifetime of ctx.
func (h *hub) join(ctx context.Context, m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(m)
	m.release = context.AfterFunc(ctx, func() { m.finish(lifetime.Err(ctx), false) })
}

// add puts a member on the lists of what it wants. The caller holds h.mu.
func (h *hub) add(m *member) {
	h.flushBatches() // They are for those that were there.
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

// unlist takes a member out of all lists. The caller holds h.mu.
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

// setRooms has a member receive from other rooms, if it is still there.
func (h *hub) setRooms(m *member, ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.places == nil {
		return
	}
	h.flushBatches()
	h.unlist(m)
	m.filter.byRoom, m.filter.rooms = true, ids
	h.add(m)
}

// remove takes m out, if it is still there.
func (h *hub) remove(m *member) {
	h.mu.Lock()
	h.unlist(m)
	release := m.release
	h.releaseIfOver()
	h.mu.Unlock()
	release()
	h.left(m)
}

// end ends all members. The source lets no new one in.
func (h *hub) end(cause error, deliver bool) {
	h.mu.Lock()
	h.flushBatches()
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

// releaseIfOver lets go of the source's context when nobody is left for whom its
// end would mean anything. The caller holds h.mu.
func (h *hub) releaseIfOver() {
	if h.ended && len(h.all.entries) == 0 {
		h.release()
	}
}

// deliver hands on whatever was decoded; size is in bytes on the wire.
func (h *hub) deliver(n decode.Notification, size int) {
	switch n := n.(type) {
	case decode.MetricsReport:
		h.report(n)
	case Gap:
		h.mark(n)
	case decode.Undecodable:
		h.mark(Gap{Undecodable: 1, Err: errors.New(n.Reason)})
	default:
		h.put(n, size)
	}
}

func (h *hub) put(n decode.Notification, size int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kind := n.Kind()
	h.received[kind]++
	if len(h.batched.entries) > 0 {
		if h.shared.add(n, size); h.shared.full() {
			h.flushShared()
		}
	}
	for _, m := range h.everything.entries {
		m.put(n, size)
	}
	for _, m := range h.kinds[kind].entries {
		m.put(n, size)
	}
	if len(h.rooms) == 0 {
		return
	}
	id, ok := decode.RoomOf(n)
	if !ok {
		return
	}
	if room := h.rooms[id]; room != nil {
		for _, m := range room.entries {
			if m.filter.kinds.has(kind) {
				m.put(n, size)
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
	h.flushBatches()
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
