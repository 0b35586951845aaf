package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// hub hands everything that is received to the subscriptions it concerns. It
// holds its lock while it does: no member waits for a consumer, so that this is
// short, and a member that was removed is given nothing any more.
type hub struct {
	left func(*member) // Called when a member has ended, whatever ended it.
	warn func()        // Called when a member's queue begins to overflow.

	mu       sync.Mutex
	release  func() bool // From the source's context, once the source and all members have ended.
	ended    bool        // The source has.
	all      roster
	anywhere roster             // Those that want every room.
	rooms    map[string]*roster // The others, by room.

	received    uint64 // Notifications.
	undecodable uint64
	outages     uint64
}

// live gives the hub the lifetime of its source's context.
func (h *hub) live(ctx context.Context, end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release = context.AfterFunc(ctx, end)
}

// add lets a member in. The caller holds h.mu.
func (h *hub) add(m *member) {
	h.all.add(m)
	if len(m.filter.rooms) == 0 {
		h.anywhere.add(m)
		return
	}
	if h.rooms == nil {
		h.rooms = make(map[string]*roster)
	}
	for _, id := range m.filter.rooms {
		room := h.rooms[id]
		if room == nil {
			room = &roster{}
			h.rooms[id] = room
		}
		room.add(m)
	}
}

// remove takes m out, if it is still there.
func (h *hub) remove(m *member) {
	h.mu.Lock()
	for _, s := range m.seats {
		s.roster.vacate(s.place)
	}
	m.seats = nil
	for _, id := range m.filter.rooms {
		if room := h.rooms[id]; room != nil && len(room.occupants) == 0 {
			delete(h.rooms, id)
		}
	}
	release := m.release
	h.releaseIfOver()
	h.mu.Unlock()
	release()
	h.left(m)
}

// end ends all members. The source lets no new one in.
func (h *hub) end(cause error, deliver bool) {
	h.mu.Lock()
	h.ended = true
	h.releaseIfOver()
	members := make([]*member, len(h.all.occupants))
	for i, o := range h.all.occupants {
		members[i] = o.member
	}
	h.mu.Unlock()
	for _, m := range members {
		m.finish(cause, deliver)
	}
}

// releaseIfOver lets go of the source's context when nobody is left for whom its
// end would mean anything. The caller holds h.mu.
func (h *hub) releaseIfOver() {
	if h.ended && len(h.all.occupants) == 0 {
		h.release()
	}
}

// deliver hands on whatever was decoded; size is in bytes on the wire.
func (h *hub) deliver(n decode.Notification, size int) {
	switch n := n.(type) {
	case decode.MetricsReport:
		h.report(n)
	case decode.Undecodable:
		h.mark(Gap{Undecodable: 1, Err: errors.New(n.Reason)})
	default:
		h.put(n, size)
	}
}

func (h *hub) put(n decode.Notification, size int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.received++
	kind := n.Kind()
	for _, m := range h.anywhere.occupants {
		if m.filter.kinds.has(kind) {
			m.put(n, size)
		}
	}
	if len(h.rooms) == 0 {
		return
	}
	id, ok := decode.RoomOf(n)
	if !ok {
		return
	}
	if room := h.rooms[id]; room != nil {
		for _, m := range room.occupants {
			if m.filter.kinds.has(kind) {
				m.put(n, size)
			}
		}
	}
}

func (h *hub) mark(g Gap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.undecodable += g.Undecodable
	h.outages += uint64(g.Outages)
	for _, m := range h.all.occupants {
		m.mark(g)
	}
}

func (h *hub) report(r decode.MetricsReport) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.all.occupants {
		if m.reports != nil {
			m.reports.put(r)
		}
	}
}
