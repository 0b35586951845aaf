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
	reports *reportBox  // Nil where no metrics were asked for.
	release func() bool // From the subscription's context.
	place   int         // In the hub's list.
}

// hub hands everything that is received to the subscriptions it concerns. It
// holds its lock while it does: no member waits for a consumer, so that this is
// short, and a member that was removed is given nothing any more.
type hub struct {
	mu      sync.Mutex
	members []*member
}

func (h *hub) add(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.place = len(h.members)
	h.members = append(h.members, m)
}

// remove takes m out, if it is still there, and returns how many are left.
func (h *hub) remove(m *member) (left int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := len(h.members) - 1
	if m.place > last || h.members[m.place] != m {
		return len(h.members)
	}
	h.members[m.place] = h.members[last]
	h.members[m.place].place = m.place
	h.members[last] = nil
	h.members = h.members[:last]
	return last
}

func (h *hub) put(n decode.Notification, size int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.members {
		m.put(n, size)
	}
}

func (h *hub) mark(g Gap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.members {
		m.mark(g)
	}
}

func (h *hub) report(r decode.MetricsReport) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.members {
		if m.reports != nil {
			m.reports.put(r)
		}
	}
}

// snapshot returns the members of this moment.
func (h *hub) snapshot() []*member {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*member(nil), h.members...)
}
