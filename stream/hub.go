package stream

import (
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// inbox is a mailbox of whatever element type.
type inbox interface {
	put(n decode.Notification, size int)
	mark(g Gap)
	end(cause error, deliver bool)
}

// member is a subscription as the hub sees it.
type member struct {
	inbox
	filter  filter
	reports *reportBox  // Nil where no metrics were asked for.
	release func() bool // From the subscription's context.
	seats   []seat      // In the hub's rosters; none before it is added and after it is removed.
}

// finish ends the member's channels. Metrics are recent values, which nobody
// waits for to be delivered.
func (m *member) finish(cause error, deliver bool) {
	if m.reports != nil {
		m.reports.end()
	}
	m.end(cause, deliver)
}

// hub hands everything that is received to the subscriptions it concerns. It
// holds its lock while it does: no member waits for a consumer, so that this is
// short, and a member that was removed is given nothing any more.
type hub struct {
	mu       sync.Mutex
	all      roster
	anywhere roster             // Those that want every room.
	rooms    map[string]*roster // The others, by room.

	received    uint64 // Notifications.
	undecodable uint64
	outages     uint64
}

func (h *hub) add(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
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

// remove takes m out, if it is still there, and returns how many are left.
func (h *hub) remove(m *member) (left int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range m.seats {
		s.roster.vacate(s.place)
	}
	m.seats = nil
	for _, id := range m.filter.rooms {
		if room := h.rooms[id]; room != nil && len(room.occupants) == 0 {
			delete(h.rooms, id)
		}
	}
	return len(h.all.occupants)
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

// snapshot returns the members of this moment.
func (h *hub) snapshot() []*member {
	h.mu.Lock()
	defer h.mu.Unlock()
	members := make([]*member, len(h.all.occupants))
	for i, o := range h.all.occupants {
		members[i] = o.member
	}
	return members
}
