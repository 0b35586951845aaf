package stream

import (
	"context"
	"iter"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

const (
	// batchSize is how many notifications and Gaps a batch holds at most.
	batchSize = 256
	// batchBuffer is how many batches a channel holds.
	batchBuffer = 16
)

// BatchSubscription is a subscription whose channel carries slices. Use [Batches] to
// create one. Otherwise it is like a [Subscription].
type BatchSubscription struct {
	membership[[]decode.Notification]
}

// Batches creates a subscription that receives notifications in batches, for programs
// that handle several at once, such as with one database insert, or that can't afford
// a channel operation for each. Otherwise it is like Subscribe of the [Source].
//
//	batches, err := stream.Batches(ctx, notifier)
//	…
//	for batch := range batches.All() {
//		insert(batch)
//	}
//
// A batch holds what is available, from 1 to 256 notifications, without waiting for
// more: it is delivered before the connection is waited for, after each webhook
// request, and after each [Relay.Put]. A Gap is an element in its place. A batch may
// be kept, but must not be modified, since it may be shared with other subscriptions.
//
// [WithBound] counts notifications, not batches; the channel has a buffer of 16
// batches beyond it. [WithMetrics] and [OnlyMetrics] must not be given.
func Batches(ctx context.Context, source Source, options ...Option) (*BatchSubscription, error) {
	if err := checkSource("Batches", source); err != nil {
		return nil, err
	}
	first := func(s *settings) { s.bound.channel = batchBuffer }
	s, err := newSettings(slices.Insert(slices.Clone(options), 0, first))
	if err != nil {
		return nil, err
	}
	if err := s.withoutMetrics("a channel of batches has no metrics"); err != nil {
		return nil, err
	}
	b := &BatchSubscription{}
	err = source.whenReady(ctx, s, func(h *hub) { b.membership = joinBatches(ctx, h, s) })
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Batches returns the channel of batches. All calls return the same channel. It is
// closed when the subscription ends; [BatchSubscription.Err] then says why.
func (b *BatchSubscription) Batches() <-chan []decode.Notification { return b.mailbox.out }

// All returns an iterator over the channel of batches, like [Subscription.All].
func (b *BatchSubscription) All() iter.Seq[[]decode.Notification] { return all(b.mailbox.out) }

// SetRooms changes the rooms of the subscription, like [Subscription.SetRooms].
func (b *BatchSubscription) SetRooms(ids ...string) error { return b.setRooms(ids) }

// Err returns nil until the channel is closed, and then the reason, like
// [Subscription.Err].
func (b *BatchSubscription) Err() error { return b.mailbox.errClosed() }

// Drain ends the subscription once what was received is delivered, like
// [Subscription.Drain].
func (b *BatchSubscription) Drain() { b.member.finish(ErrDrained, true) }

// Stats returns the subscription's counters, which count notifications, not batches.
// It is cheap.
func (b *BatchSubscription) Stats() SubscriptionStats { return b.mailbox.snapshot() }

// String describes the subscription, like [Subscription.String].
func (b *BatchSubscription) String() string { return b.describe() }

// batchBox is the inbox of a subscription that receives batches. What it collects is
// guarded by the hub's lock.
type batchBox struct {
	*mailbox[[]decode.Notification]
	hub       *hub
	collected run
}

func joinBatches(ctx context.Context, h *hub, s settings) membership[[]decode.Notification] {
	m := &member{filter: s.filter}
	var box *mailbox[[]decode.Notification]
	closed := func() {
		h.closed.add(box)
		h.remove(m)
	}
	box = newMailbox(mailboxConfig[[]decode.Notification]{
		bound:  s.bound,
		done:   ctx.Done(),
		wrap:   func(n decode.Notification) []decode.Notification { return []decode.Notification{n} },
		pack:   packBatch,
		closed: closed,
		warn:   h.warn,
	})
	box.counts = make([]int, s.bound.channel)
	m.batches = &batchBox{mailbox: box, hub: h}
	m.inbox = m.batches
	h.join(ctx, m)
	return membership[[]decode.Notification]{box, m, h}
}

// packBatch makes a batch of what is waiting.
func packBatch(b *backlog) element[[]decode.Notification] {
	var h element[[]decode.Notification]
	h.value = make([]decode.Notification, min(batchSize, b.count()))
	for i := range h.value {
		h.value[i] = b.pop()
		h.tally.add(tallyOf(h.value[i]))
	}
	return h
}

// put collects notifications while the hub holds its lock.
func (b *batchBox) put(r run) {
	if len(b.collected.notifications) == 0 {
		b.hub.collecting = append(b.hub.collecting, b)
	}
	b.collected.notifications = append(b.collected.notifications, r.notifications...)
	b.collected.sizes = append(b.collected.sizes, r.sizes...)
}

// accept takes over the batch of a run, which others may have too.
func (b *batchBox) accept(batch []decode.Notification, r run) {
	m := b.mailbox
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.ending:
	case !m.pumping && m.hasRoom():
		m.out <- batch
		m.count(tally{notifications: uint64(len(batch))})
	default:
		m.queue(r)
	}
}

// batchOf returns a part of a slice as a batch, which is never modified: a copy if
// keeping the slice would keep much else in memory, and otherwise the part itself,
// which is then taken. It has no spare capacity, since appending to it would modify
// what others received.
func batchOf(all []decode.Notification, from, to int) (batch []decode.Notification, taken bool) {
	if 2*(to-from) < cap(all) {
		return slices.Clip(slices.Clone(all[from:to])), false
	}
	return all[from:to:to], true
}

// handOverBatches delivers what was collected. The caller holds h.mu.
func (h *hub) handOverBatches() {
	for i, b := range h.collecting {
		b.handOver()
		h.collecting[i] = nil
	}
	h.collecting = h.collecting[:0]
}

func (b *batchBox) handOver() {
	c := &b.collected
	batch, taken := batchOf(c.notifications, 0, len(c.notifications))
	b.accept(batch, *c)
	c.reset(taken)
}
