package stream

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Event is an element of a channel of one kind: a value, or the hole before the
// next one.
type Event[T decode.Notification] struct {
	// Value is the notification, the zero value where Gap isn't nil.
	Value T
	// Gap is what is or may be missing here, nil where Value is a notification.
	Gap *Gap
}

// Typed is a subscription to one kind of notification. All else is as with
// [Subscription].
type Typed[T decode.Notification] struct {
	mailbox *mailbox[Event[T]]
}

// Of makes a subscription to the notifications of type T, as Subscribe of the
// [Source] does:
//
//	tracks, err := stream.Of[decode.TrackAdded](ctx, notifier, stream.InRooms(id))
//
// T is one of the notification types of package decode. [WithMetrics] and
// [OfKinds] can't be given.
func Of[T decode.Notification](ctx context.Context, source Source, options ...Option) (*Typed[T], error) {
	if !given(source) {
		return nil, &ConfigError{"Of", errors.New("nothing given to subscribe to")}
	}
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	if err := onlyType[T](&s.filter); err != nil {
		return nil, &ConfigError{"Of", err}
	}
	if s.metrics {
		return nil, &ConfigError{"WithMetrics", errors.New("a channel of one kind has no metrics")}
	}
	typed := &Typed[T]{}
	err = source.whenReady(ctx, s, func(h *hub) {
		typed.mailbox = joinMailbox(ctx, h, &member{filter: s.filter}, s.bound, eventOf[T])
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

// onlyType makes the filter that of one notification type. It asks for the type
// itself before it trusts the type's Kind: a pointer's would panic, and that of a
// type which embeds a notification would be another's.
func onlyType[T decode.Notification](f *filter) error {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || t.PkgPath() != reflect.TypeFor[decode.RoomCreated]().PkgPath() {
		return fmt.Errorf("%v is not one of the notification types of package decode", t)
	}
	if f.kinds != 0 {
		return errors.New("OfKinds is given as well")
	}
	var zero T
	return f.addKinds([]decode.Kind{zero.Kind()})
}

// Events returns the channel, always the same. It is closed when the
// subscription ends; [Typed.Err] then says why.
func (t *Typed[T]) Events() <-chan Event[T] { return t.mailbox.out }

// Err returns nil until the channel is closed, and then why, as
// [Subscription.Err] does.
func (t *Typed[T]) Err() error { return t.mailbox.errClosed() }

// Drain ends the subscription once what was received for it is delivered, as
// [Subscription.Drain] does.
func (t *Typed[T]) Drain() { t.mailbox.end(ErrDrained, true) }

// Stats returns the subscription's counters. It is cheap, and safe for
// concurrent use.
func (t *Typed[T]) Stats() SubscriptionStats { return t.mailbox.snapshot() }
