package stream

import (
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// channelBuffer is how much a channel may hold beyond a subscription's bound: with a
// buffer of 0 or 1 a notification costs twice as much, and 1,024 gains nothing.
const channelBuffer = 64

// mailbox delivers notifications to one consumer without ever waiting for it.
//
// While its backlog is empty, notifications go straight into the channel, and the
// mailbox has no goroutine. When the channel is full they are queued, and a pump is
// started, which moves them into the channel. The pump ends while still holding the
// lock under which it finds nothing left. The backlog is bounded: the oldest are
// dropped and counted in a Gap at its head.
//
// The channel has one sender at a time, the pump or, while no pump runs, whoever holds
// the lock. The sender closes it.
type mailbox[E any] struct {
	mailboxConfig[E]
	out chan E

	mu      sync.Mutex
	backlog backlog
	pumping bool
	inHand  int  // What the pump has taken and perhaps not sent yet.
	warned  bool // In this episode of overflow, which lasts until the backlog is empty.
	stats   SubscriptionStats
	counts  []int // Sizes of the last elements sent; nil if each holds one.
	sent    int   // Elements sent, if there are counts.

	// The end.
	ending bool          // Nothing more is accepted.
	cause  error         // Why.
	quit   chan struct{} // Closed when the backlog is not to be delivered, or nobody receives any more.
	err    error         // The cause, once the channel is closed.
}

type mailboxConfig[E any] struct {
	bound  bound
	done   <-chan struct{} // Closed with the consumer's context.
	wrap   func(decode.Notification) E
	pack   func(*backlog) element[E] // Takes one element from the backlog; nil means one notification.
	closed func()                    // Called once, without the lock, when the channel is closed.
	warn   func()                    // Called in its own goroutine when an episode of overflow begins.
}

func newMailbox[E any](cfg mailboxConfig[E]) *mailbox[E] {
	return &mailbox[E]{
		mailboxConfig: cfg,
		out:           make(chan E, cfg.bound.channel),
		backlog:       backlog{bound: cfg.bound},
		quit:          make(chan struct{}),
	}
}

// put accepts notifications.
func (m *mailbox[E]) put(r run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ending {
		return
	}
	for i, n := range r.notifications {
		if !m.sendNow(n) {
			m.queue(r.part(i, len(r.notifications)))
			return
		}
	}
}

// queue adds notifications to the backlog. The caller holds the lock.
func (m *mailbox[E]) queue(r run) {
	m.backlog.queue.reserve(min(len(r.notifications), m.backlog.bound.items))
	for i, n := range r.notifications {
		if dropped := m.backlog.push(entry{n, r.sizes[i]}); dropped > 0 {
			m.stats.Dropped += dropped
			m.warnOnce()
		}
	}
	m.startPump()
}

// mark records a loss after everything accepted so far. The notification is a Gap.
func (m *mailbox[E]) mark(n decode.Notification) {
	g := n.(Gap)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ending {
		return
	}
	m.stats.Undecodable += g.Undecodable
	m.stats.Outages += uint64(g.Outages)
	if m.sendNow(n) {
		return
	}
	m.backlog.mark(g)
	m.startPump()
}

// sendNow sends a notification past the backlog, if that is empty and the channel has
// space.
func (m *mailbox[E]) sendNow(n decode.Notification) bool {
	if m.pumping || !m.hasRoom() {
		return false
	}
	m.out <- m.wrap(n)
	m.count(tallyOf(n))
	return true
}

// count counts an element that was sent. The caller holds the lock.
func (m *mailbox[E]) count(sent tally) {
	m.stats.add(sent)
	if m.counts != nil {
		m.counts[m.sent%len(m.counts)] = int(sent.notifications + sent.gaps)
		m.sent++
	}
}

// hasRoom reports whether sending wouldn't block. It is for the channel's only sender.
func (m *mailbox[E]) hasRoom() bool { return len(m.out) < cap(m.out) }

func (m *mailbox[E]) warnOnce() {
	if !m.warned {
		m.warned = true
		go m.warn()
	}
}

// end accepts nothing more and closes the channel: at once or, with deliver, after what
// is queued was delivered. A later end without deliver cuts an earlier one short.
func (m *mailbox[E]) end(cause error, deliver bool) {
	m.mu.Lock()
	if !deliver {
		m.discard()
	}
	if m.err != nil || m.ending && deliver {
		m.mu.Unlock()
		return
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

// discard empties the backlog and stops the pump.
func (m *mailbox[E]) discard() {
	m.backlog.clear()
	if !isClosed(m.quit) {
		close(m.quit)
	}
}

// close closes the channel; the caller is its only sender and holds the lock.
func (m *mailbox[E]) close() {
	m.err = m.cause
	close(m.out)
}

func (m *mailbox[E]) snapshot() SubscriptionStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Queued, s.QueuedBytes = m.backlog.items, m.backlog.bytes
	return s
}

func (m *mailbox[E]) errClosed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// unreceived returns how many notifications and Gaps are waiting for the consumer.
func (m *mailbox[E]) unreceived() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.abandoned() {
		return 0
	}
	return m.backlog.count() + m.inHand + m.inChannel()
}

// abandoned reports whether the consumer has unsubscribed. It needs no lock.
func (m *mailbox[E]) abandoned() bool { return isClosed(m.quit) || isClosed(m.done) }

func isClosed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// inChannel returns how many notifications and Gaps are in the channel. Once the
// channel is closed it needs no lock.
func (m *mailbox[E]) inChannel() int {
	elements := len(m.out)
	if m.counts == nil {
		return elements
	}
	total := 0
	for i := range min(elements, m.sent) {
		total += m.counts[(m.sent-1-i)%len(m.counts)]
	}
	return total
}

func (m *mailbox[E]) startPump() {
	if !m.pumping {
		m.pumping = true
		go m.pump()
	}
}

// element is an element on its way into the channel.
type element[E any] struct {
	value E
	tally tally
}

// next removes the channel's next element from the backlog, which must not be empty.
func (m *mailbox[E]) next() element[E] {
	if m.pack != nil {
		return m.pack(&m.backlog)
	}
	n := m.backlog.pop()
	return element[E]{m.wrap(n), tallyOf(n)}
}

// hold keeps everything in the backlog until release. It must be called first.
func (m *mailbox[E]) hold() { m.pumping = true }

// release starts sending what was held.
func (m *mailbox[E]) release() {
	if hand, count := m.take(nil); count > 0 {
		go m.send(hand, count)
	}
}

// pump sends what is waiting until nothing is, or until the end discards it.
func (m *mailbox[E]) pump() { m.send(m.take(nil)) }

// send sends what is in hand, and then what waits behind it.
func (m *mailbox[E]) send(hand [2]element[E], count int) {
	for count > 0 {
		for i := range count {
			select {
			case m.out <- hand[i].value:
				continue
			case <-m.quit:
			}
			m.mu.Lock()
			for _, sent := range hand[:i] {
				m.count(sent.tally)
			}
			m.close()
			m.mu.Unlock()
			m.closed()
			return
		}
		hand, count = m.take(hand[:count])
	}
}

// take counts what was sent, moves what the channel has space for, and returns what to
// send next. It returns a Gap at the head together with what follows it, since a
// consumer that is always late would otherwise receive nothing but Gaps. If it returns
// nothing, nothing is left and the pump is over.
func (m *mailbox[E]) take(sent []element[E]) (hand [2]element[E], count int) {
	m.mu.Lock()
	for _, s := range sent {
		m.count(s.tally)
	}
	m.inHand = 0
	for !m.backlog.empty() && m.hasRoom() {
		h := m.next()
		m.out <- h.value
		m.count(h.tally)
	}
	for gapAlone := true; count < len(hand) && gapAlone && !m.backlog.empty(); count++ {
		lost := !m.backlog.lost.isZero()
		hand[count] = m.next()
		gapAlone = lost && hand[count].tally.notifications == 0
		m.inHand += int(hand[count].tally.notifications + hand[count].tally.gaps)
	}
	if count > 0 {
		m.mu.Unlock()
		return hand, count
	}
	m.pumping, m.warned = false, false
	ending := m.ending
	if ending {
		m.close()
	}
	m.mu.Unlock()
	if ending {
		m.closed()
	}
	return hand, 0
}
