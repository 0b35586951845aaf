package stream

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// SubscriptionStats are a subscription's counters since it began. The notifications
// delivered, dropped and still queued add up to those received.
type SubscriptionStats struct {
	// Delivered is the number of notifications sent to the channel.
	Delivered uint64
	// Dropped is the number of notifications that were dropped because the consumer
	// was too slow.
	Dropped uint64
	// Gaps is the number of Gaps sent to the channel.
	Gaps uint64
	// Outages is the number of lost connections.
	Outages uint64
	// Undecodable is the number of messages that couldn't be decoded, and of webhook
	// requests that were lost.
	Undecodable uint64
	// Queued and QueuedBytes are the current size of the queue behind the channel.
	// One more notification may be in transit to the channel.
	Queued, QueuedBytes int
}

// add counts what was sent to the channel.
func (s *SubscriptionStats) add(sent tally) {
	s.Delivered += sent.notifications
	s.Gaps += sent.gaps
}

// tally is how much was sent to a channel.
type tally struct{ notifications, gaps uint64 }

func tallyOf(n decode.Notification) tally {
	if _, ok := n.(Gap); ok {
		return tally{gaps: 1}
	}
	return tally{notifications: 1}
}

func (t *tally) add(other tally) {
	t.notifications += other.notifications
	t.gaps += other.gaps
}

// NotifierStats are a notifier's counters since it began.
type NotifierStats struct {
	// Subscriptions is the current number of subscriptions.
	Subscriptions int
	// Received is the number of notifications received, ByKind their number by kind.
	Received uint64
	ByKind   map[decode.Kind]uint64
	// Outages is the number of lost connections.
	Outages uint64
	// Undecodable is the number of messages that couldn't be decoded.
	Undecodable uint64
	// Unsolicited is the number of unexpected control messages, and of empty
	// messages.
	Unsolicited uint64
	// LastFrame is when the last frame was received, including pings.
	LastFrame time.Time
}

// WebhookStats are a webhook's counters since it began.
type WebhookStats struct {
	// Subscriptions is the current number of subscriptions.
	Subscriptions int
	// Requests is the number of accepted requests, Refused that of refused requests,
	// and Repeated that of requests dropped as repeated, see
	// [WebhookConfig].DropRepeats.
	Requests, Refused, Repeated uint64
	// Received is the number of notifications in them, ByKind their number by kind.
	Received uint64
	ByKind   map[decode.Kind]uint64
	// Undecodable is the number of batch elements that couldn't be decoded, and of
	// requests that were refused and lost although they had a valid secret.
	Undecodable uint64
	// Outages is the number of requests with a valid URL secret that got status 503, so
	// that they may be sent again.
	Outages uint64
	// LastRequest is when the last request was accepted or dropped.
	LastRequest time.Time
}

// RelayStats are a relay's counters since it began.
type RelayStats struct {
	// Subscriptions is the current number of subscriptions.
	Subscriptions int
	// Received is the number of notifications put in, ByKind their number by kind.
	Received uint64
	ByKind   map[decode.Kind]uint64
	// Outages and Undecodable are the sums of those fields of the Gaps put in.
	Outages, Undecodable uint64
}

// hubStats are the counters that all sources have.
type hubStats struct {
	subscriptions                  int
	received, outages, undecodable uint64
	byKind                         map[decode.Kind]uint64
}

func (h *hub) stats() hubStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := hubStats{
		subscriptions: len(h.all.entries),
		outages:       h.outages,
		undecodable:   h.undecodable,
	}
	for k, count := range h.received {
		if count == 0 {
			continue
		}
		if s.byKind == nil {
			s.byKind = make(map[decode.Kind]uint64)
		}
		s.byKind[decode.Kind(k)] = count
		s.received += count
	}
	return s
}

// Stats returns the notifier's counters. It is cheap.
func (n *Notifier) Stats() NotifierStats {
	s := n.hub.stats()
	return NotifierStats{
		Subscriptions: s.subscriptions,
		Received:      s.received,
		ByKind:        s.byKind,
		Outages:       s.outages,
		Undecodable:   s.undecodable,
		Unsolicited:   n.unsolicited.Load(),
		LastFrame:     n.conn.LastFrame(),
	}
}

// Stats returns the webhook's counters. It is cheap.
func (w *Webhook) Stats() WebhookStats {
	w.mu.Lock()
	s := w.stats
	w.mu.Unlock()
	s.Refused = w.refused.Load()
	h := w.hub.stats()
	s.Subscriptions, s.Undecodable, s.Outages = h.subscriptions, h.undecodable, h.outages
	s.Received, s.ByKind = h.received, h.byKind
	return s
}
