package stream

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"reflect"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Source is a source of notifications to subscribe to: a [*Notifier], which receives
// over a WebSocket, a [*Webhook], or a [*Relay], into which a program puts
// notifications. Nothing else implements it.
type Source interface {
	// Subscribe creates a subscription, which receives what arrives from now on; the
	// context is its lifetime. The error is an [*InputError] for an invalid option or
	// a nil source, the context's error, or the reason why the source has ended.
	Subscribe(ctx context.Context, options ...Option) (*Subscription, error)

	// whenReady lets a subscription begin on the source's hub, once the source provides
	// what it wants.
	whenReady(ctx context.Context, s settings, begin func(*hub)) error
}

// checkSource refuses a nil source.
func checkSource(field string, source Source) error {
	missing := source == nil
	switch s := source.(type) {
	case *Notifier:
		missing = s == nil
	case *Webhook:
		missing = s == nil
	case *Relay:
		missing = s == nil
	}
	if missing {
		return input.New(field, "must have a source, which is nil")
	}
	return nil
}

func subscribe(ctx context.Context, source Source, options []Option) (*Subscription, error) {
	if err := checkSource("Subscribe", source); err != nil {
		return nil, err
	}
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	var sub *Subscription
	err = source.whenReady(ctx, s, func(h *hub) { sub = newSubscription(ctx, h, s) })
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// newSubscription creates a subscription with the lifetime of ctx.
func newSubscription(ctx context.Context, h *hub, s settings) *Subscription {
	m := &member{filter: s.filter}
	if s.metrics {
		m.reports = newReportQueue()
	}
	return &Subscription{joinMailbox(ctx, h, m, s.bound, unwrapped)}
}

func unwrapped(n decode.Notification) decode.Notification { return n }

func warnOfOverflow(log *slog.Logger) func() {
	return func() {
		log.Warn("a subscription's consumer is too slow: notifications are dropped")
	}
}

// Subscription is a subscription to a [Source]. Use [Subscribe] or a Source's
// Subscribe method to create one, and cancel its context to unsubscribe. Its methods
// are safe for concurrent use, and several goroutines may receive from its channels.
type Subscription struct {
	membership[decode.Notification]
}

// Notifications returns the channel of notifications. All calls return the same
// channel. It carries the server's notifications in order (that of the requests, for
// a webhook), and a Gap at each place where some are or may be missing. It is closed
// when the subscription ends; [Subscription.Err] then says why.
func (s *Subscription) Notifications() <-chan decode.Notification { return s.mailbox.out }

// All returns an iterator over the channel of notifications, for a range loop that
// ends when the subscription does. Leaving the loop does not unsubscribe: a later
// loop continues where it left off.
func (s *Subscription) All() iter.Seq[decode.Notification] { return all(s.mailbox.out) }

// Metrics returns the channel of metrics reports. It holds the newest few; older ones
// are dropped. All calls return the same channel. It is closed when the subscription
// ends, while the last notifications are still delivered. It is nil, which a select
// never chooses, unless [WithMetrics] or [OnlyMetrics] was given. The two channels
// aren't ordered relative to each other.
func (s *Subscription) Metrics() <-chan Report {
	if s.member.reports == nil {
		return nil
	}
	return s.member.reports.out
}

// SetRooms replaces the rooms whose notifications the subscription receives. Without
// ids it receives none; Gaps are delivered regardless. What was received before the
// call is still delivered; the new rooms apply to what arrives afterwards. A
// subscription to all rooms can be limited to some, but not widened to all rooms
// again.
//
// The error is an [*InputError] for an id that is empty or not UTF-8, or on a
// subscription with [OnlyMetrics]; nothing is changed then. On a subscription that
// has ended it has no effect. The cost is proportional to the number of rooms before
// and after.
func (s *Subscription) SetRooms(ids ...string) error { return s.setRooms(ids) }

// Err returns nil until the channel of notifications is closed, and then the reason:
// the context's error, [ErrClosed], [ErrDrained], or, with a [Notifier], an error
// that wraps [ErrUnauthorized].
func (s *Subscription) Err() error { return s.mailbox.errClosed() }

// Drain stops receiving, and ends the subscription once what was received is
// delivered: the channel is then closed, and Err returns [ErrDrained]. It doesn't
// wait for the consumer. Cancelling the context ends it early.
func (s *Subscription) Drain() { s.member.finish(ErrDrained, true) }

// Stats returns the subscription's counters. It is cheap.
func (s *Subscription) Stats() SubscriptionStats { return s.mailbox.snapshot() }

// String returns one line with the subscription's source, its filter, how much is
// queued, and why it has ended.
func (s *Subscription) String() string { return s.describe() }

// membership is a member of a hub with its mailbox, which is everything that a
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

// all returns a channel as a sequence.
func all[E any](channel <-chan E) iter.Seq[E] {
	return func(yield func(E) bool) {
		for e := range channel {
			if !yield(e) {
				return
			}
		}
	}
}

// Await reads the subscription's channel on the caller's goroutine until it receives
// a notification of type T that match accepts, and returns it; a nil match accepts
// any. Other notifications are discarded. A Gap is returned as a [*GapError], since
// the awaited notification may be lost in it. Otherwise the error is the context's,
// or [Subscription.Err] if the subscription ends.
//
// Subscribe first, then act, then await: notifications can arrive before the response
// to a REST call.
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
