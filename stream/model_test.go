package stream

import (
	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// modelBox is a model of a mailbox, as simple as possible: no goroutine, no lock, lists
// instead of a ring. It is valid when everything has settled after each step.
type modelBox struct {
	bound bound
	wants func(decode.Notification) bool
	most  int // In one element of the channel; 0 means 1.

	pending []decode.Notification // For a batch, until nothing more arrives at once.
	channel [][]decode.Notification
	hand    [][]decode.Notification // What the pump holds while the channel is full.
	lost    Gap
	queue   []decode.Notification

	held bool // Nothing is sent to the channel yet.

	ended bool // Nothing more is accepted.
	cause error
	stats SubscriptionStats
}

func (m *modelBox) put(n decode.Notification) {
	if m.ended || !m.wants(n) {
		return
	}
	m.pending = append(m.pending, n)
	if len(m.pending) == max(1, m.most) {
		m.flush()
	}
}

// flush delivers what arrived at once.
func (m *modelBox) flush() {
	batch := m.pending
	m.pending = nil
	if len(batch) == 0 || m.handOver(batch) {
		return
	}
	for _, n := range batch {
		m.queue = append(m.queue, n)
		m.trim()
	}
	m.pump()
}

func (m *modelBox) mark(g Gap) {
	if m.ended {
		return
	}
	m.flush()
	m.stats.Outages += uint64(g.Outages)
	m.stats.Undecodable += g.Undecodable
	if m.handOver([]decode.Notification{g}) {
		return
	}
	if len(m.queue) == 0 {
		m.lost = m.lost.fold(g)
	} else if tail, ok := m.queue[len(m.queue)-1].(Gap); ok {
		m.queue[len(m.queue)-1] = tail.fold(g)
	} else {
		m.queue = append(m.queue, g)
	}
	m.pump()
}

func (m *modelBox) handOver(batch []decode.Notification) bool {
	if m.held || len(m.hand) > 0 || len(m.channel) == m.bound.channel {
		return false
	}
	m.deliver(batch)
	return true
}

func (m *modelBox) deliver(batch []decode.Notification) {
	m.channel = append(m.channel, batch)
	for _, n := range batch {
		if _, ok := n.(Gap); ok {
			m.stats.Gaps++
		} else {
			m.stats.Delivered++
		}
	}
}

func (m *modelBox) items() int {
	items := 0
	for _, n := range m.queue {
		if _, ok := n.(Gap); !ok {
			items++
		}
	}
	return items
}

func (m *modelBox) trim() {
	for m.items() > m.bound.items {
		if g, ok := m.queue[0].(Gap); ok {
			m.lost = m.lost.fold(g)
		} else {
			m.lost.Dropped++
			m.stats.Dropped++
		}
		m.queue = m.queue[1:]
	}
	if g, ok := m.queue[0].(Gap); ok && !m.lost.isZero() {
		m.lost = m.lost.fold(g)
		m.queue = m.queue[1:]
	}
}

// pump moves what it can, until it holds something for which there is no space.
func (m *modelBox) pump() {
	for !m.held {
		for len(m.hand) > 0 && len(m.channel) < m.bound.channel {
			m.deliver(m.hand[0])
			m.hand = m.hand[1:]
		}
		if len(m.hand) > 0 {
			return
		}
		if !m.lost.isZero() && m.most <= 1 {
			m.hand = append(m.hand, []decode.Notification{m.lost})
			m.lost = Gap{}
		}
		if batch := m.next(); len(batch) > 0 {
			m.hand = append(m.hand, batch)
		}
		if len(m.hand) == 0 {
			return
		}
	}
}

// next removes and returns what one element holds.
func (m *modelBox) next() (batch []decode.Notification) {
	if !m.lost.isZero() {
		batch = append(batch, m.lost)
		m.lost = Gap{}
	}
	for len(batch) < max(1, m.most) && len(m.queue) > 0 {
		batch = append(batch, m.queue[0])
		m.queue = m.queue[1:]
	}
	return batch
}

// receive returns what is in the channel: an element, nothing yet, or the end.
func (m *modelBox) receive() (batch []decode.Notification, end bool) {
	if len(m.channel) == 0 {
		return nil, m.ended
	}
	batch, m.channel = m.channel[0], m.channel[1:]
	m.pump()
	return batch, false
}

func (m *modelBox) end(cause error, deliver bool) {
	if m.closed() || m.ended && deliver {
		return
	}
	m.flush()
	m.ended, m.cause = true, cause
	if !deliver {
		m.hand, m.lost, m.queue = nil, Gap{}, nil
	}
}

// closed reports whether everything is in the channel, after its end.
func (m *modelBox) closed() bool {
	return m.ended && len(m.hand) == 0 && len(m.queue) == 0 && m.lost.isZero()
}
