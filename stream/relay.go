package stream

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

// Relay is a [Source] of notifications that the program puts in, such as from a
// message bus, a recording or a test. Subscriptions, room feeds and live views work
// as on a [Notifier]. Use [NewRelay] to create one. Its methods are safe for
// concurrent use; concurrent calls are executed in some order, and the arguments of
// one call stay together.
type Relay struct {
	hub hub

	mu    sync.Mutex // Held while notifications are passed on, so that they stay together.
	ended error
}

// NewRelay creates a Relay; the context is its lifetime and that of every
// subscription to it. It starts no goroutine; Close, Shutdown or the end of the
// context releases it.
func NewRelay(ctx context.Context) *Relay {
	r := &Relay{}
	r.hub.name = func() string { return "relay" }
	r.hub.left, r.hub.warn = func(*member) {}, warnOfOverflow(slog.New(slog.DiscardHandler))
	if ctx.Err() != nil {
		r.ended = lifetime.Err(ctx)
	}
	r.hub.live(ctx, func() { r.end(lifetime.Err(ctx), false) })
	return r
}

// Subscribe creates a subscription, which receives what is put in from now on; the
// context is its lifetime. The options are those of [Notifier.Subscribe]. On a relay
// that has ended it returns the reason, which is [ErrClosed] after Close.
func (r *Relay) Subscribe(ctx context.Context, options ...Option) (*Subscription, error) {
	return subscribe(ctx, r, options)
}

func (r *Relay) whenReady(ctx context.Context, _ settings, begin func(*hub)) error {
	if ctx.Err() != nil {
		return lifetime.Err(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return r.ended
	}
	begin(&r.hub)
	return nil
}

// Put delivers notifications to the matching subscriptions, in this order. It never
// waits for a consumer. Each must be a value of a type of package decode: a
// [decode.MetricsReport] goes to the subscriptions with metrics, a
// [decode.Undecodable] becomes a Gap, and a Gap is treated as by [Relay.Mark], so
// that everything a subscription receives can be put in unchanged.
//
// The error is an [*InputError] for any other value, such as a pointer; nothing is
// delivered then. Otherwise it is the reason why the relay has ended, which is
// [ErrClosed] after Close.
func (r *Relay) Put(notifications ...decode.Notification) error {
	for _, n := range notifications {
		if err := checkNotification(n); err != nil {
			return err
		}
	}
	together := sized(slices.Clone(notifications)) // The caller owns the slice.
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return r.ended
	}
	r.hub.deliver(together)
	return nil
}

// Mark delivers a Gap to every subscription, for losses on the way to the relay: set
// Outages if an unknown number may be missing. Its Dropped is added to the
// subscription's own in the Gaps, but not in the counters. A zero Gap is ignored. The
// error is the reason why the relay has ended.
func (r *Relay) Mark(gap Gap) error { return r.Put(gap) }

func checkNotification(n decode.Notification) error {
	if g, ok := n.(Gap); ok {
		if g.Outages < 0 {
			return input.New("Put", "must not be given a Gap with negative Outages: %d", g.Outages)
		}
		return nil
	}
	t := reflect.TypeOf(n)
	switch {
	case t == nil:
		return input.New("Put", "must not be given nil")
	case t.Kind() == reflect.Pointer:
		return input.New("Put", "must be given the value, not a pointer: %v", t)
	case t.PkgPath() != notificationPackage:
		return input.New("Put", "must be given a notification of package decode, not %v", t)
	}
	return nil
}

var notificationPackage = reflect.TypeFor[decode.RoomCreated]().PkgPath()

// Close ends the relay and returns at once. What was put in is still delivered: each
// subscription's channel is closed, with [ErrClosed], once its consumer has made room
// for the rest. Close doesn't wait for that; [Relay.Shutdown] does. It may be called
// more than once.
func (r *Relay) Close() { r.end(ErrClosed, true) }

func (r *Relay) end(cause error, deliver bool) {
	r.mu.Lock()
	if r.ended == nil {
		r.ended = cause
	}
	r.mu.Unlock()
	r.hub.end(cause, deliver)
}

// Stats returns the relay's counters. It is cheap.
func (r *Relay) Stats() RelayStats {
	s := r.hub.stats()
	return RelayStats{
		Subscriptions: s.subscriptions,
		Received:      s.received,
		ByKind:        s.byKind,
		Outages:       s.outages,
		Undecodable:   s.undecodable,
	}
}

// String describes the relay, with the number of its subscriptions.
func (r *Relay) String() string {
	return fmt.Sprintf("relay to %d subscriptions", r.Stats().Subscriptions)
}
