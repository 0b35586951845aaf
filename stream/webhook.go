package stream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

// Webhook is an [net/http.Handler] for the notifications that servers post, and
// a [Source] of subscriptions to them. [NewWebhook] makes one: the zero value is
// of no use. Its methods may be called from any goroutine.
//
// A request is answered as soon as it is decoded, whatever consumers do. That
// matters because a server posts one notification after the other, those of all
// rooms of its node, and tries each once.
//
// A subscription receives what comes in the order of the requests. Its Gaps tell
// of overflow, of undecodable elements of a batch, and of requests that were lost:
// refused though they showed a secret, see [Webhook.ServeHTTP]. What a server could
// not deliver leaves no trace: it counts nothing and repeats nothing. Nor does a
// stranger's request.
type Webhook struct {
	requests decode.Webhook
	timeout  time.Duration
	log      *slog.Logger
	hub      hub

	refused     atomic.Uint64
	noDeadlines sync.Once  // Told the logger that BodyTimeout has no effect.
	mu          sync.Mutex // Held while a request's notifications are handed on, so that they stay together.
	ended       error
	stats       WebhookStats
}

// NewWebhook makes a Webhook; the context is its lifetime and that of every
// subscription to it. It starts no goroutine; Close, or the context's end, lets go
// of it. The error is a [*InputError], or the context's.
func NewWebhook(ctx context.Context, cfg WebhookConfig) (*Webhook, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, lifetime.Err(ctx)
	}
	requests := cfg.Requests
	requests.URLSecrets = slices.Clone(requests.URLSecrets)
	requests.SigningSecrets = slices.Clone(requests.SigningSecrets)
	w := &Webhook{requests: requests, timeout: cfg.bodyTimeout(), log: orSilent(cfg.Logger)}
	if !w.verifies() {
		w.log.Warn("webhooks are accepted from anyone: no secrets are set")
	}
	w.hub.name = func() string { return "webhook" }
	w.hub.left, w.hub.warn = func(*member) {}, warnOfOverflow(w.log)
	w.hub.live(ctx, func() { w.end(lifetime.Err(ctx), false) })
	return w, nil
}

// Subscribe makes a subscription, which receives what is posted from now on; the
// context is its lifetime. Options are as with [Notifier.Subscribe], but for
// [WithMetrics]: metrics aren't posted. On a webhook that has ended it returns
// why, [ErrClosed] after Close.
func (w *Webhook) Subscribe(ctx context.Context, options ...Option) (*Subscription, error) {
	return subscribe(ctx, w, options)
}

func (w *Webhook) whenReady(ctx context.Context, s settings, begin func(*hub)) error {
	if err := s.withoutMetrics("metrics come over a WebSocket only"); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return lifetime.Err(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		return w.ended
	}
	begin(&w.hub)
	return nil
}

// Close ends all subscriptions, with [ErrClosed], once they have delivered what
// was received. It doesn't wait for their consumers. Requests are answered with
// HTTP 503 from then on. It may be called more than once, and beside Subscribe.
func (w *Webhook) Close() { w.end(ErrClosed, true) }

func (w *Webhook) end(cause error, deliver bool) {
	w.mu.Lock()
	if w.ended == nil {
		w.ended = cause
	}
	w.mu.Unlock()
	w.hub.end(cause, deliver)
}

// Format prints the webhook without its secrets, whatever the verb.
func (w *Webhook) Format(f fmt.State, _ rune) {
	shown := WebhookConfig{Requests: w.requests, BodyTimeout: w.timeout}.shown()
	fmt.Fprintf(f, "stream.Webhook%v", shown)
}
