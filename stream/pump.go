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

// take counts what was sent and returns what to send next, or says that there is
// nothing left and the pump is over.
func (m *mailbox[E]) take(sent SubscriptionStats) (gap Gap, n decode.Notification, more bool) {
	m.mu.Lock()
	m.stats.add(sent)
	gap, m.lost = m.lost, Gap{}
	if !m.queue.empty() {
		e := m.queue.pop()
		n = e.n
		if _, ok := n.(Gap); !ok {
			m.items--
			m.bytes -= e.size
		}
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

func (m *mailbox[E]) send(n decode.Notification, sent *SubscriptionStats) bool {
	select {
	case m.out <- m.wrap(n):
		if _, ok := n.(Gap); ok {
			sent.Gaps++
		} else {
			sent.Delivered++
		}
		return true
	case <-m.quit:
		return false
	}
}
