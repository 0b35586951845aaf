package stream

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Source is what can be subscribed to: a [*Notifier], which receives over a
// WebSocket, or a [*Webhook]. Nothing else implements it.
type Source interface {
	// Subscribe makes a subscription, which receives what comes from now on; the
	// context is its lifetime. The error is a [*ConfigError] for an option that
	// can't be used or a nil pointer to subscribe to, the context's, or why the
	// source has ended.
	Subscribe(ctx context.Context, options ...Option) (*Subscription, error)

	// whenReady lets a subscription begin on the source's hub, once what it wants
	// can come.
	whenReady(ctx context.Context, s settings, begin func(*hub)) error
}

// given tells a source from nothing.
func given(source Source) bool {
	switch s := source.(type) {
	case nil:
		return false
	case *Notifier:
		return s != nil
	case *Webhook:
		return s != nil
	}
	return true // It embeds one.
}

func subscribe(ctx context.Context, source Source, options []Option) (*Subscription, error) {
	if !given(source) {
		return nil, &ConfigError{"Subscribe", errors.New("nothing given to subscribe to")}
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

// newSubscription makes a subscription with the lifetime of ctx.
func newSubscription(ctx context.Context, h *hub, s settings) *Subscription {
	m := &member{filter: s.filter}
	if s.metrics {
		m.reports = newReportQueue()
	}
	return &Subscription{mailbox: joinMailbox(ctx, h, m, s.bound, unwrapped), member: m}
}

// joinMailbox gives a member a mailbox and adds it to the hub.
func joinMailbox[E any](ctx context.Context, h *hub, m *member, b bound, wrap func(decode.Notification) E) *mailbox[E] {
	box := newMailbox(mailboxConfig[E]{bound: b, wrap: wrap, closed: func() { h.remove(m) }, warn: h.warn})
	m.inbox = box
	h.join(ctx, m)
	return box
}

func unwrapped(n decode.Notification) decode.Notification { return n }

func warnOfOverflow(log *slog.Logger) func() {
	return func() {
		log.Warn("a subscription's consumer is too slow: notifications are dropped")
	}
}
