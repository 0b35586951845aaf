package stream

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Subscription is a mailbox on a [Source], made by subscribing: the zero value is
// of no use. Cancel its context to unsubscribe. Its methods may be called from any
// goroutine, and several goroutines may share its channels.
type Subscription struct {
	membership[decode.Notification]
}

// Notifications returns the channel of notifications, always the same. It
// carries the server's notifications in their order, that of the requests where
// they come by webhook, and a [Gap] at each place where some are known to be
// missing, or may be. It is closed when the subscription ends; [Subscription.Err]
// then says why.
func (s *Subscription) Notifications() <-chan decode.Notification { return s.mailbox.out }

// All returns the channel of notifications as a sequence, for a range loop that
// ends when the subscription does. Leaving the loop does not unsubscribe: a
// later loop goes on where it left off.
func (s *Subscription) All() iter.Seq[decode.Notification] { return all(s.mailbox.out) }

// Metrics returns the channel of metrics reports, always the same: the newest
// few, older ones give way. It is closed when the subscription ends, while the
// last notifications are still delivered, and it is nil, which a select never
// chooses, unless [WithMetrics] or [OnlyMetrics] was given. Between the two
// channels no order is promised.
func (s *Subscription) Metrics() <-chan Report {
	if s.member.reports == nil {
		return nil
	}
	return s.member.reports.out
}

// SetRooms has the subscription receive notifications about these rooms and no
// others, instead of those that it received before. With no room left it receives
// none, though Gaps come all the same. What was received before the call is still
// delivered; what comes after it is chosen by the new rooms. A subscription that
// was to every room may be given rooms as well, and can't be widened again.
//
// The error is an [*InputError] for an id that is empty or not UTF-8, or on a
// subscription with [OnlyMetrics]; nothing is changed then. On a subscription that
// has ended it has no effect. The cost grows with the number of rooms, before and
// after.
func (s *Subscription) SetRooms(ids ...string) error { return s.setRooms(ids) }

// Err returns nil until the channel of notifications is closed, and then why:
// the context's error, [ErrClosed], [ErrDrained], or, with a [Notifier] alone, an
// error that wraps [ErrUnauthorized].
func (s *Subscription) Err() error { return s.mailbox.errClosed() }

// Drain ends the subscription once what was received for it is delivered, and
// accepts nothing more: the channel is then closed, and Err is [ErrDrained]. It
// doesn't wait for the consumer. Cancelling the context cuts it short.
func (s *Subscription) Drain() { s.member.finish(ErrDrained, true) }

// Stats returns the subscription's counters. It is cheap, and safe for
// concurrent use.
func (s *Subscription) Stats() SubscriptionStats { return s.mailbox.snapshot() }

// String says on one line where the subscription's notifications come from,
// which it wants, how much waits, and why it has ended.
func (s *Subscription) String() string { return s.describe() }

// membership is a member of a hub with its mailbox, which is all that a
// subscription consists of.
type membership[E any] struct {
	mailbox *mailbox[E]
	member  *member
	hub     *hub
}

// joinMailbox gives a member a mailbox and adds it to the hub.
func joinMailbox[E any](ctx context.Context, h *hub, m *member, b bound, wrap func(decode.Notification) E) membership[E] {
	var box *mailbox[E]
	closed := func() {
		h.closed.add(box)
		h.remove(m)
	}
	box = newMailbox(mailboxConfig[E]{bound: b, done: ctx.Done(), wrap: wrap, closed: closed, warn: h.warn})
	m.inbox = box
	h.join(ctx, m)
	return membership[E]{box, m, h}
}

func (s *membership[E]) setRooms(ids []string) error {
	if s.member.filter.metricsOnly {
		return input.New("SetRooms", "must not be called with OnlyMetrics: reports have no rooms")
	}
	if err := checkRooms("SetRooms", ids); err != nil {
		return err
	}
	s.hub.setRooms(s.member, unique(slices.Clone(ids)))
	return nil
}

func (s *membership[E]) describe() string {
	s.hub.mu.Lock()
	wants := s.member.filter.String()
	s.hub.mu.Unlock()
	stats := s.mailbox.snapshot()
	text := fmt.Sprintf("subscription to %s (%s): %d queued, %d bytes", s.hub.name(), wants, stats.Queued, stats.QueuedBytes)
	if err := s.mailbox.errClosed(); err != nil {
		text += "; ended: " + err.Error()
	}
	return redact.Line(text)
}

// all is a channel as a sequence.
func all[E any](channel <-chan E) iter.Seq[E] {
	return func(yield func(E) bool) {
		for e := range channel {
			if !yield(e) {
				return
			}
		}
	}
}

// Await reads the subscription's channel on the caller's goroutine until a
// notification of type T comes that match accepts, and returns it; a nil match
// accepts the first. What comes before it is passed over. A Gap is returned as a
// [*GapError], since what is awaited may be lost in it. Otherwise the error is
// the context's, or [Subscription.Err] where the subscription ends.
//
// Subscribe first, then act, then await: notifications can come before the
// server answers a REST call.
func Await[T decode.Notification](ctx context.Context, sub *Subscription, match func(T) bool) (T, error) {
	var none T
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Pointer {
		return none, input.New("Await", "must be for a plain value, as all notifications are: %v never comes", t)
	}
	if sub == nil {
		return none, input.New("Await", "must have a subscription, which is nil")
	}
	_, awaitsGap := any(none).(Gap)
	for {
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				return none, sub.Err()
			}
			if g, isGap := n.(Gap); isGap && !awaitsGap {
				return none, &GapError{g}
			}
			if t, isT := n.(T); isT && (match == nil || match(t)) {
				return t, nil
			}
		case <-ctx.Done():
			return none, lifetime.Err(ctx)
		}
	}
}
