package stream

import (
	"context"
	"log/slog"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// Source is what can be subscribed to: a [*Notifier], which receives over a
// WebSocket, a [*Webhook], or a [*Relay], into which a program puts what it has
// from elsewhere. Nothing else implements it.
type Source interface {
	// Subscribe makes a subscription, which receives what comes from now on; the
	// context is its lifetime. The error is an [*InputError] for an option that
	// can't be used or a nil pointer to subscribe to, the context's, or why the
	// source has ended.
	Subscribe(ctx context.Context, options ...Option) (*Subscription, error)

	// whenReady lets a subscription begin on the source's hub, once what it wants
	// can come.
	whenReady(ctx context.Context, s settings, begin func(*hub)) error
}

// checkSource refuses a source that isn't there.
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

// newSubscription makes a subscription with the lifetime of ctx.
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
