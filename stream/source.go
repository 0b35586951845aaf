package stream

import (
	"context"
	"log/slog"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// Source is a source of notifications to subscribe to: a [*Notifier], which receives
// over a WebSocket, a [*Webhook], or a [*Relay], into which a program puts
// notifications. Nothing else implements it.
type Source interface {
	// Subscribe creates a subscription, which receives what arrives from now on; the
	// context is its lifetime. The error is an [*InputError] for an invalid option or
	// a nil source, the context's error, or the reason why the source has ended.
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
