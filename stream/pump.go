package stream

import "github.com/jellyfish-dev/jellyfish-go/decode"

func (m *mailbox[E]) startPump() {
	if !m.pumping {
		m.pumping = true
		go m.pump()
	}
}

func (m *mailbox[E]) pump() {
	var sent SubscriptionStats
	for {
		gap, n, more := m.take(sent)
		if !more {
			return
		}
		sent = SubscriptionStats{}
		if !gap.isZero() && !m.send(gap, &sent) {
			break
		}
		if n != nil && !m.send(n, &sent) {
			break
		}
	}
	m.mu.Lock()
	m.stats.add(sent)
	m.close()
	m.mu.Unlock()
	m.closed()
}

// take counts what was sent, moves what the channel has room for, and returns
// what to send next. Or it says that there is nothing left and the pump is over.
func (m *mailbox[E]) take(sent SubscriptionStats) (gap Gap, n decode.Notification, more bool) {
	m.mu.Lock()
	m.stats.add(sent)
	m.move()
	gap, m.lost = m.lost, Gap{}
	if !m.queue.empty() {
		n = m.pop()
	}
	if !gap.isZero() || n != nil {
		m.mu.Unlock()
		return gap, n, true
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
	return Gap{}, nil, false
}

// move sends what doesn't have to wait.
func (m *mailbox[E]) move() {
	if !m.lost.isZero() {
		if !m.trySend(m.lost) {
			return
		}
		m.lost = Gap{}
	}
	for !m.queue.empty() && m.trySend(m.queue.first().n) {
		m.pop()
	}
}

func (m *mailbox[E]) pop() decode.Notification {
	e := m.queue.pop()
	if _, ok := e.n.(Gap); !ok {
		m.items--
		m.bytes -= e.size
	}
	return e.n
}

func (m *mailbox[E]) trySend(n decode.Notification) bool {
	select {
	case m.out <- m.wrap(n):
		m.stats.count(n)
		return true
	default:
		return false
	}
}

func (m *mailbox[E]) send(n decode.Notification, sent *SubscriptionStats) bool {
	select {
	case m.out <- m.wrap(n):
		sent.count(n)
		return true
	case <-m.quit:
		return false
	}
}
