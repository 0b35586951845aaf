package stream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

// Subscription is a mailbox on a [Notifier]'s connection or a [Webhook], made by
// subscribing: the zero value is of no use. Cancel its context to unsubscribe. Its
// methods may be called from any goroutine, and several goroutines may share its
// channels.
type Subscription struct {
	mailbox *mailbox[decode.Notification]
	member  *member
}

// Notifications returns the channel of notifications, always the same. It
// carries the server's notifications in their order, that of the requests where
// they come by webhook, and a [Gap] at each place where some are known to be
// missing, or may be. It is closed when the subscription ends; [Subscription.Err]
// then says why.
func (s *Subscription) Notifications() <-chan decode.Notification { return s.mailbox.out }

// Metrics returns the channel of metrics reports, always the same: the newest
// few, older ones give way. It is closed when the subscription ends, while the
// last notifications are still delivered, and it is nil, which a select never
// chooses, unless [WithMetrics] was given. Between the two channels no order is
// promised.
func (s *Subscription) Metrics() <-chan Report {
	if s.member.reports == nil {
		return nil
	}
	return s.member.reports.out
}

// Err returns nil until the channel of notifications is closed, and then why:
// the context's error, [ErrClosed], [ErrDrained], or, never on a [Webhook], an
// error that wraps [ErrUnauthorized].
func (s *Subscription) Err() error { return s.mailbox.errClosed() }

// String describes the subscription.
func (s *Subscription) String() string {
	if err := s.Err(); err != nil {
		return "subscription (ended: " + err.Error() + ")"
	}
	return "subscription"
}

// Drain ends the subscription once what was received for it is delivered, and
// accepts nothing more: the channel is then closed, and Err is [ErrDrained]. It
// doesn't wait for the consumer. Cancelling the context cuts it short.
func (s *Subscription) Drain() { s.member.finish(ErrDrained, true) }

// All returns the channel of notifications as a sequence, for a range loop that
// ends when the subscription does. Leaving the loop does not unsubscribe: a
// later loop goes on where it left off.
func (s *Subscription) All() iter.Seq[decode.Notification] {
	return func(yield func(decode.Notification) bool) {
		for n := range s.mailbox.out {
			if !yield(n) {
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
		return none, &ConfigError{"Await", fmt.Errorf("%v never comes: notifications are plain values", t)}
	}
	if sub == nil {
		return none, &ConfigError{"Await", errors.New("no subscription given")}
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
