package stream

import (
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

const (
	// channelBuffer is what may be in a channel beyond a subscription's bound: a
	// channel of 0 or 1 costs twice as much a notification, one of 1,024 gains
	// nothing.
	channelBuffer = 64

	// What may be queued unless WithBound says otherwise.
	queuedItems = 16_384
	queuedBytes = 4 << 20
)

// mailbox hands notifications to one consumer without ever waiting for it.
//
// While its queue is empty, notifications go straight into the channel, and the
// mailbox has no goroutine. When the channel is full they are queued, and a pump
// is started, which moves them into the channel and ends in the same hold of the
// lock in which it finds nothing left. The queue is bounded: the oldest give way
// and are counted in a Gap at its head.
//
// The channel has one sender at any time, the pump or whoever holds the lock
// while no pump runs, and that one closes it.
type mailbox[E any] struct {
	out    chan E
	wrap   func(decode.Notification) E
	bound  bound
	closed func() // Called once, without the lock, when the channel is closed.
	warn   func() // Called on a goroutine of its own when an episode of overflow begins.

	mu      sync.Mutex
	lost    Gap // What is missing before the queue's first entry.
	queue   queue
	items   int // Of the queue's entries, those that are no Gap.
	bytes   int
	pumping bool
	warned  bool // Of this episode, which lasts until the queue has run empty.
	stats   SubscriptionStats

	// The end.
	ending bool          // Nothing more is accepted.
	cause  error         // Why.
	quit   chan struct{} // Closed when the queue is not to be delivered.
	err    error         // The cause, once the channel is closed.
}

// bound is how much may be in the channel, and queued behind it.
type bound struct{ channel, items, bytes int }

func defaultBound() bound {
	return bound{channel: channelBuffer, items: queuedItems, bytes: queuedBytes}
}

func newMailbox[E any](b bound, wrap func(decode.Notification) E, closed, warn func()) *mailbox[E] {
	return &mailbox[E]{
		out:    make(chan E, b.channel),
		wrap:   wrap,
		bound:  b,
		closed: closed,
		warn:   warn,
		quit:   make(chan struct{}),
	}
}

// put accepts a notification of the given size.
func (m *mailbox[E]) put(n decode.Notification, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ending || !m.pumping && m.trySend(n) {
		return
	}
	m.queue.push(entry{n, size})
	m.items++
	m.bytes += size
	m.trim()
	m.startPump()
}

// mark notes a loss behind all that was accepted so far.
func (m *mailbox[E]) mark(g Gap) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ending {
		return
	}
	m.stats.Undecodable += g.Undecodable
	m.stats.Outages += uint64(g.Outages)
	if !m.pumping && m.trySend(g) {
		return
	}
	last := m.queue.last()
	if last == nil {
		m.lost = m.lost.fold(g)
	} else if tail, ok := last.n.(Gap); ok {
		last.n = tail.fold(g)
	} else {
		m.queue.push(entry{n: g})
	}
	m.startPump()
}

// trim drops the oldest until the queue is within its bound. The newest always
// stays, however large.
func (m *mailbox[E]) trim() {
	for m.items > m.bound.items || m.bytes > m.bound.bytes && m.items > 1 {
		m.drop()
	}
	if m.lost.isZero() {
		return
	}
	if first := m.queue.first(); first != nil {
		if _, ok := first.n.(Gap); ok {
			m.drop()
		}
	}
}

// drop moves the queue's first entry into the Gap at its head.
func (m *mailbox[E]) drop() {
	e := m.queue.pop()
	if g, ok := e.n.(Gap); ok {
		m.lost = m.lost.fold(g)
		return
	}
	m.lost.Dropped++
	m.stats.Dropped++
	m.items--
	m.bytes -= e.size
	if !m.warned {
		m.warned = true
		go m.warn()
	}
}

// end accepts nothing more and closes the channel: at once, or, where what is
// queued is to be delivered, after that. A later end that doesn't deliver cuts
// an earlier one short.
func (m *mailbox[E]) end(cause error, deliver bool) {
	m.mu.Lock()
	if m.err != nil || m.ending && deliver {
		m.mu.Unlock()
		return
	}
	if !deliver {
		m.discard()
	}
	m.ending = true
	m.cause = cause
	if m.pumping {
		m.mu.Unlock()
		return
	}
	m.close()
	m.mu.Unlock()
	m.closed()
}

// discard empties the queue and makes a pump stop.
func (m *mailbox[E]) discard() {
	m.lost, m.queue, m.items, m.bytes = Gap{}, queue{}, 0, 0
	select {
	case <-m.quit:
	default:
		close(m.quit)
	}
}

// close closes the channel; its caller is the one sender and holds the lock.
func (m *mailbox[E]) close() {
	m.err = m.cause
	close(m.out)
}

func (m *mailbox[E]) snapshot() SubscriptionStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Queued, s.QueuedBytes = m.items, m.bytes
	return s
}

func (m *mailbox[E]) errClosed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
