package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

// Webhook is an [net/http.Handler] for the notifications that servers post, and a
// [Source] to subscribe to. Use [NewWebhook] to create one. Its methods are safe for
// concurrent use.
//
// The response is sent as soon as the request is decoded, whatever consumers do. That
// matters because servers post serially: Jellyfish and self-hosted Fishjam per node,
// each request once; Fishjam Cloud per room, retrying a request that got a 5xx response
// or none, up to 8 times in about 30 s.
//
// A subscription receives notifications in the order of the requests. Its Gaps report
// overflow, undecodable elements of a batch, and requests that were refused although
// they had a valid secret, see [Webhook.ServeHTTP]. What a server could not deliver
// can't be detected, since servers don't number notifications. Requests without a
// valid secret are ignored.
type Webhook struct {
	requests decode.RequestDecoder
	timeout  time.Duration
	log      *slog.Logger
	hub      hub
	bodies   *semaphore.Weighted // Limits the bytes of bodies in memory.

	refused     atomic.Uint64
	noDeadlines sync.Once  // To log once that BodyTimeout has no effect.
	mu          sync.Mutex // Held while a request's notifications are passed on, so that they stay together.
	ended       error
	stats       WebhookStats
	repeats     *repeats // Nil unless repeats are dropped.
}

// bodyBytes is how many bytes the bodies of all requests may have together while they
// are read, unless BodyLimit allows a larger one.
const bodyBytes = 16 << 20

// bodyBudget returns how many bytes may be in memory. One byte more than the limit
// is read of a body, to see whether it is over.
func bodyBudget(limit int64) int64 {
	if limit < bodyBytes {
		return bodyBytes
	}
	return limit + min(1, math.MaxInt64-limit)
}

// WebhookConfig configures a [Webhook]. The zero value accepts requests from anyone,
// which is for tests and is logged as a warning.
type WebhookConfig struct {
	// Requests verifies and decodes the requests. NewWebhook copies its lists.
	Requests decode.RequestDecoder
	// BodyTimeout is how long a request's body may take; 0 means 5 s, after which
	// the server gives up too. It replaces the [net/http.Server]'s own limit if the
	// ResponseWriter is net/http's, or unwraps to it. Otherwise, such as behind a
	// [net/http.TimeoutHandler], it has no effect, which is logged once: set
	// [net/http.Server].ReadTimeout there, since without it a body that never arrives
	// blocks forever.
	BodyTimeout time.Duration
	// DropRepeats drops a request, with status 200, if it is identical to the last
	// one of its room that was delivered, within a minute. It is for Fishjam Cloud,
	// which repeats a request if the response was lost, before any other request of
	// that room. Such requests are counted in [WebhookStats].Repeated.
	//
	// It doesn't guarantee that nothing is delivered twice: several processes behind
	// one address don't share their state, and it is lost on a restart. And two
	// events can be equal, such as when a peer sets the same metadata again; the
	// second one is then dropped. [decode.VAD] can repeat itself and isn't repeated
	// by the server: it is always delivered. Requests for up to 65,536 rooms are
	// remembered, by a hash each.
	DropRepeats bool
	// Logger logs slow consumers, lost requests and, at level Debug, refused requests
	// without a valid secret; nil disables logging. Its handler must not block.
	Logger *slog.Logger
}

// defaultBodyTimeout is how long a server waits for a response.
const defaultBodyTimeout = 5 * time.Second

func (c WebhookConfig) check() error {
	var invalid *input.Error
	switch err := c.Requests.Check(); {
	case errors.As(err, &invalid):
		return &input.Error{Field: "Requests." + invalid.Field, Err: invalid.Err}
	case c.BodyTimeout < 0:
		return input.New("BodyTimeout", "must not be negative")
	}
	return nil
}

func (c WebhookConfig) bodyTimeout() time.Duration {
	if c.BodyTimeout == 0 {
		return defaultBodyTimeout
	}
	return c.BodyTimeout
}

// NewWebhook creates a Webhook; the context is its lifetime and that of every
// subscription to it. It starts no goroutine; Close or the end of the context
// releases it. The error is an [*InputError], or the context's.
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
	w := &Webhook{
		requests: requests,
		timeout:  cfg.bodyTimeout(),
		log:      orSilent(cfg.Logger),
		bodies:   semaphore.NewWeighted(bodyBudget(requests.BodyLimit)),
	}
	if cfg.DropRepeats {
		w.repeats = newRepeats()
	}
	if !w.verifies() {
		w.log.Warn("webhooks are accepted from anyone: no secrets are set")
	}
	w.hub.name = func() string { return "webhook" }
	w.hub.left, w.hub.warn = func(*member) {}, warnOfOverflow(w.log)
	w.hub.live(ctx, func() { w.end(lifetime.Err(ctx), false) })
	return w, nil
}

// Subscribe creates a subscription, which receives what is posted from now on; the
// context is its lifetime. The options are those of [Notifier.Subscribe] except
// [WithMetrics], since metrics aren't posted. On a webhook that has ended it returns
// the reason, which is [ErrClosed] after Close.
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

// Close makes the webhook respond to requests with HTTP 503 from now on, and returns at
// once. What was received is still delivered: each subscription's channel is closed,
// with [ErrClosed], once its consumer has made room for the rest. Close doesn't wait
// for that; [Webhook.Shutdown] does. It may be called more than once, and concurrently
// with Subscribe.
func (w *Webhook) Close() { w.end(ErrClosed, true) }

func (w *Webhook) end(cause error, deliver bool) {
	w.mu.Lock()
	if w.ended == nil {
		w.ended = cause
	}
	w.mu.Unlock()
	w.hub.end(cause, deliver)
}

// Format prints the type only, whatever the verb.
func (w *Webhook) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "stream.Webhook") }
