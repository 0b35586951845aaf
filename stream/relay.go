package stream

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/internal/size"
)

// Relay is a [Source] of what the program itself puts in: what came over a
// message bus, a recording, or what a test makes up. Subscriptions, room feeds
// and live views on it keep the promises that they keep on a [Notifier].
// [NewRelay] makes one: the zero value is of no use. Its methods may be called
// from any goroutine; the order of concurrent calls is that in which they are
// carried out, and what one call puts in stays together.
type Relay struct {
	hub hub

	mu    sync.Mutex // Held while notifications are handed on, so that they stay together.
	ended error
}

// NewRelay makes a Relay; the context is its lifetime and that of every
// subscription to it. It starts no goroutine; Close, Shutdown or the context's
// end lets go of it.
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

// Subscribe makes a subscription, which receives what is put in from now on; the
// context is its lifetime. Options are as with [Notifier.Subscribe]. On a relay
// that has ended it returns why, [ErrClosed] after Close.
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

// Put hands notifications to the subscriptions they concern, in this order. It
// never waits for a consumer. Each must be a value of a type of package decode:
// a [decode.MetricsReport] goes to those that asked for metrics, a
// [decode.Undecodable] leaves a Gap, and so does a [Gap], as [Relay.Mark] says,
// so that what one subscription receives can be put in as it is.
//
// The error is an [*InputError] for what is no such value, such as a pointer; then
// none is handed on. Or it is why the relay has ended, [ErrClosed] after Close.
func (r *Relay) Put(notifications ...decode.Notification) error {
	group := make([]entry, len(notifications))
	for i, n := range notifications {
		if err := checkNotification(n); err != nil {
			return err
		}
		group[i] = entry{n, size.Of(n)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return r.ended
	}
	r.hub.deliver(group)
	return nil
}

// Mark leaves a Gap in every subscription, for what was lost on the way to the
// relay: with Outages where an unknown number may be missing. What it counts as
// Dropped is added to what a subscription itself drops, in its Gaps, though not in
// its counters. A Gap that says nothing leaves none. The error is why the relay
// has ended.
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

// Close accepts nothing more and returns at once. What was put in is still
// delivered: each subscription's channel is closed, with [ErrClosed], once its
// consumer has made room for the rest. Close doesn't wait for that; [Relay.Shutdown]
// does. It may be called more than once.
func (r *Relay) Close() { r.end(ErrClosed, true) }

func (r *Relay) end(cause error, deliver bool) {
	r.mu.Lock()
	if r.ended == nil {
		r.ended = cause
	}
	r.mu.Unlock()
	r.hub.end(cause, deliver)
}

// Stats returns the relay's counters. It is cheap, and safe for concurrent use.
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

// String tells how many subscriptions the relay has.
func (r *Relay) String() string {
	return fmt.Sprintf("relay to %d subscriptions", r.Stats().Subscriptions)
}
