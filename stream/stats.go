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

// count counts what was handed to the channel.
func (s *SubscriptionStats) count(n decode.Notification) {
	if _, ok := n.(Gap); ok {
		s.Gaps++
	} else {
		s.Delivered++
	}
}

func (s *SubscriptionStats) add(sent SubscriptionStats) {
	s.Delivered += sent.Delivered
	s.Gaps += sent.Gaps
}

// NotifierStats are a notifier's counters since it began.
type NotifierStats struct {
	// Subscriptions is how many there are now.
	Subscriptions int
	// Received counts the notifications received.
	Received uint64
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
	// Received counts the notifications in them.
	Received uint64
	// Undecodable counts the elements of batches that could not be decoded, and the
	// requests that were lost: refused though they showed a secret.
	Undecodable uint64
	// Outages counts the requests that showed a URL secret and were answered with
	// 503, so that they may come again.
	Outages uint64
	// LastRequest is when the last request was accepted or dropped.
	LastRequest time.Time
}

// Stats returns the subscription's counters. It is cheap, and safe for
// concurrent use.
func (s *Subscription) Stats() SubscriptionStats { return s.mailbox.snapshot() }

// Stats returns the notifier's counters. It is cheap, and safe for concurrent
// use.
func (n *Notifier) Stats() NotifierStats {
	n.hub.mu.Lock()
	s := NotifierStats{
		Subscriptions: len(n.hub.all.occupants),
		Received:      n.hub.received,
		Outages:       n.hub.outages,
		Undecodable:   n.hub.undecodable,
	}
	n.hub.mu.Unlock()
	s.Unsolicited = n.unsolicited.Load()
	s.LastFrame = n.conn.LastFrame()
	return s
}

// Stats returns the webhook's counters. It is cheap, and safe for concurrent
// use.
func (w *Webhook) Stats() WebhookStats {
	w.mu.Lock()
	s := w.stats
	w.mu.Unlock()
	s.Refused = w.refused.Load()
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	s.Subscriptions = len(w.hub.all.occupants)
	s.Received, s.Undecodable, s.Outages = w.hub.received, w.hub.undecodable, w.hub.outages
	return s
}
