package stream

import (
	"context"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
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
	reports *reportBox // Nil where no metrics were asked for.

	// Guarded by the hub's lock.
	release func() bool // From the subscription's context.
	seats   []seat      // In the hub's rosters; none before it is added and after it is removed.
}

// admit gives a member its mailbox, with the lifetime of ctx, and adds it to the
// hub.
func admit[E any](ctx context.Context, h *hub, m *member, b bound, wrap func(decode.Notification) E) *mailbox[E] {
	box := newMailbox(b, wrap, func() { h.remove(m) }, h.warn)
	m.inbox = box
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(m)
	m.release = context.AfterFunc(ctx, func() { m.finish(lifetime.Err(ctx), false) })
	return box
}

// finish ends the member's channels. Metrics are recent values, which nobody
// waits for to be delivered.
func (m *member) finish(cause error, deliver bool) {
	if m.reports != nil {
		m.reports.end()
	}
	m.end(cause, deliver)
}
