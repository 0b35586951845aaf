package stream

import (
	"context"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Subscription is a mailbox on a [Notifier]'s connection. Cancel its context to
// unsubscribe. Its methods may be called from any goroutine, and several
// goroutines may share its channels.
type Subscription struct {
	mailbox *mailbox[decode.Notification]
	reports *reportBox
}

// Notifications returns the channel of notifications, always the same. It
// carries the server's notifications in their order, and a [Gap] at each place
// where some are or may be missing. It is closed when the subscription ends;
// [Subscription.Err] then says why.
func (s *Subscription) Notifications() <-chan decode.Notification { return s.mailbox.out }

// Metrics returns the channel of metrics reports, always the same: the newest
// few, older ones give way. It is closed after the channel of notifications, and
// it is nil, which a select never chooses, unless [WithMetrics] was given.
// Between the two channels no order is promised.
func (s *Subscription) Metrics() <-chan Report {
	if s.reports == nil {
		return nil
	}
	return s.reports.out
}

// Err returns nil until the channel of notifications is closed, and then why:
// the context's error, [ErrClosed], or an error that wraps [ErrUnauthorized].
func (s *Subscription) Err() error { return s.mailbox.errClosed() }

// String describes the subscription.
func (s *Subscription) String() string {
	if err := s.Err(); err != nil {
		return "subscription (ended: " + err.Error() + ")"
	}
	return "subscription"
}

// subscribe makes a subscription with the lifetime of ctx; the caller holds n.mu.
func (n *Notifier) subscribe(ctx context.Context, s settings) *Subscription {
	m := &member{}
	box := newMailbox(s.bound, itself, func() { n.leave(m) })
	m.inbox = box
	if s.metrics {
		m.reports = newReportBox()
	}
	n.hub.add(m)
	m.release = context.AfterFunc(ctx, func() {
		n.hub.remove(m)
		box.end(contextError(ctx), false)
	})
	return &Subscription{mailbox: box, reports: m.reports}
}

func itself(n decode.Notification) decode.Notification { return n }
