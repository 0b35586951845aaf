package stream

import (
	"context"
	"iter"
	"reflect"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// Event is an element of a channel that carries values of one type: a value, or a Gap
// before the next one.
type Event[T any] struct {
	// Value is the value, zero if Gap isn't nil.
	Value T
	// Gap says what is or may be missing here; nil if there is a Value.
	Gap *Gap
}

// TypedSubscription is a subscription to one kind of notification. Use [SubscribeTo]
// to create one. Otherwise it is like a [Subscription].
type TypedSubscription[T decode.Notification] struct {
	membership[Event[T]]
}

// SubscribeTo creates a subscription to the notifications of type T, like Subscribe
// of the [Source]:
//
//	tracks, err := stream.SubscribeTo[decode.TrackAdded](ctx, notifier, stream.InRooms(id))
//
// T is one of the notification types of package decode. [WithMetrics],
// [OnlyMetrics] and [OfKinds] must not be given.
func SubscribeTo[T decode.Notification](ctx context.Context, source Source, options ...Option) (*TypedSubscription[T], error) {
	if err := checkSource("SubscribeTo", source); err != nil {
		return nil, err
	}
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	if err := s.withoutMetrics("a channel of one kind has no metrics"); err != nil {
		return nil, err
	}
	if err := onlyType[T](&s.filter); err != nil {
		return nil, err
	}
	typed := &TypedSubscription[T]{}
	err = source.whenReady(ctx, s, func(h *hub) {
		typed.membership = joinMailbox(ctx, h, &member{filter: s.filter}, s.bound, eventOf[T])
	})
	if err != nil {
		return nil, err
	}
	return typed, nil
}

func eventOf[T decode.Notification](n decode.Notification) Event[T] {
	if g, ok := n.(Gap); ok {
		return Event[T]{Gap: &g}
	}
	value, _ := n.(T)
	return Event[T]{Value: value}
}

// onlyType limits the filter to one notification type. It checks the type itself before
// it relies on its Kind: a pointer's Kind would panic, and a type that embeds a
// notification would have that one's.
func onlyType[T decode.Notification](f *filter) error {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || t.PkgPath() != notificationPackage {
		return input.New("SubscribeTo", "must be for a notification type of package decode, not %v", t)
	}
	if f.kinds != 0 {
		return input.New("OfKinds", "must not be given to SubscribeTo, which is for one kind")
	}
	var zero T
	if err := checkKind(zero.Kind()); err != nil {
		return input.New("SubscribeTo", "%w", err)
	}
	f.kinds = 1 << uint(zero.Kind())
	return nil
}

// Events returns the channel. All calls return the same channel. It is closed when
// the subscription ends; [TypedSubscription.Err] then says why.
func (t *TypedSubscription[T]) Events() <-chan Event[T] { return t.mailbox.out }

// All returns an iterator over the channel, like [Subscription.All].
func (t *TypedSubscription[T]) All() iter.Seq[Event[T]] { return all(t.mailbox.out) }

// SetRooms changes the rooms of the subscription, like [Subscription.SetRooms].
func (t *TypedSubscription[T]) SetRooms(ids ...string) error { return t.setRooms(ids) }

// Err returns nil until the channel is closed, and then the reason, like
// [Subscription.Err].
func (t *TypedSubscription[T]) Err() error { return t.mailbox.errClosed() }

// Drain ends the subscription once what was received is delivered, like
// [Subscription.Drain].
func (t *TypedSubscription[T]) Drain() { t.member.finish(ErrDrained, true) }

// Stats returns the subscription's counters. It is cheap.
func (t *TypedSubscription[T]) Stats() SubscriptionStats { return t.mailbox.snapshot() }

// String describes the subscription, like [Subscription.String].
func (t *TypedSubscription[T]) String() string { return t.describe() }
