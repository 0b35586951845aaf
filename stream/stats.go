package stream

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// SubscriptionStats are a subscription's counters since it began. What was
// delivered, what was dropped and what still waits is together what was
// received for it.
type SubscriptionStats struct {
	// Delivered counts the notifications handed to the channel.
	Delivered uint64
	// Dropped counts the notifications that were given up because the consumer
	// was too slow.
	Dropped uint64
	// Gaps counts the Gaps handed to the channel.
	Gaps uint64
	// Outages counts the lost connections.
	Outages uint64
	// Undecodable counts the messages that were none of this protocol, and webhook
	// requests that were lost.
	Undecodable uint64
	// Queued and QueuedBytes are what waits behind the channel now. One more may
	// be on its way into the channel.
	Queued, QueuedBytes int
}

// add counts what was handed to the channel.
func (s *SubscriptionStats) add(sent tally) {
	s.Delivered += sent.notifications
	s.Gaps += sent.gaps
}

// tally is how much was handed to a channel.
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
	// Subscriptions is how many there are now.
	Subscriptions int
	// Received counts the notifications received, ByKind those of each kind that
	// has come.
	Received uint64
	ByKind   map[decode.Kind]uint64
	// Outages counts the lost connections.
	Outages uint64
	// Undecodable counts the messages that were none of this protocol.
	Undecodable uint64
	// Unsolicited counts control messages that nobody asked for, and empty ones.
	Unsolicited uint64
	// LastFrame is when the last frame was received, pings included.
	LastFrame time.Time
}

// WebhookStats are a webhook's counters since it began.
type WebhookStats struct {
	// Subscriptions is how many there are now.
	Subscriptions int
	// Requests counts the requests that were accepted, Refused those that weren't, and
	// Repeated those that were dropped as repeated, see [WebhookConfig].DropRepeats.
	Requests, Refused, Repeated uint64
	// Received counts the notifications in them, ByKind those of each kind that
	// has come.
	Received uint64
	ByKind   map[decode.Kind]uint64
	// Undecodable counts the elements of batches that could not be decoded, and the
	// requests that were lost: refused though they showed a secret.
	Undecodable uint64
	// Outages counts the requests that showed a URL secret and were answered with
	// 503, so that they may come again.
	Outages uint64
	// LastRequest is when the last request was accepted or dropped.
	LastRequest time.Time
}

// RelayStats are a relay's counters since it began.
type RelayStats struct {
	// Subscriptions is how many there are now.
	Subscriptions int
	// Received counts the notifications put in, ByKind those of each kind that
	// has come.
	Received uint64
	ByKind   map[decode.Kind]uint64
	// Outages and Undecodable add up what the Gaps put in say.
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

// Stats returns the notifier's counters. It is cheap, and safe for concurrent
// use.
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

// Stats returns the webhook's counters. It is cheap, and safe for concurrent
// use.
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
