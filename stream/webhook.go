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

// Webhook is an [net/http.Handler] for the notifications that servers post, and
// a [Source] of subscriptions to them. [NewWebhook] makes one: the zero value is
// of no use. Its methods may be called from any goroutine.
//
// A request is answered as soon as it is decoded, whatever consumers do. That
// matters because a server posts one notification after the other: Jellyfish and
// self-hosted Fishjam those of all rooms of a node, each once; Fishjam Cloud those
// of a room, and it repeats a request that was answered with 5xx or not at all, up
// to 8 times in about 30 s.
//
// A subscription receives what comes in the order of the requests. Its Gaps tell
// of overflow, of undecodable elements of a batch, and of requests that were
// refused though they showed a secret, see [Webhook.ServeHTTP]. What a server could
// not deliver leaves no trace: it counts nothing. Nor does a stranger's request.
type Webhook struct {
	requests decode.RequestDecoder
	timeout  time.Duration
	log      *slog.Logger
	hub      hub
	bodies   *semaphore.Weighted // The bytes of bodies that may be in memory.

	refused     atomic.Uint64
	noDeadlines sync.Once  // Told the logger that BodyTimeout has no effect.
	mu          sync.Mutex // Held while a request's notifications are handed on, so that they stay together.
	ended       error
	stats       WebhookStats
	repeats     *repeats // Nil where repeats aren't dropped.
}

// bodyBytes is how many bytes the bodies of all requests may have together while
// they are read, unless BodyLimit allows one of more.
const bodyBytes = 16 << 20

// bytesOfBodies returns how many bytes may be in memory. A body over the limit is
// read to one byte beyond, which shows that it is.
func bytesOfBodies(limit int64) int64 {
	if limit < bodyBytes {
		return bodyBytes
	}
	return limit + min(1, math.MaxInt64-limit)
}

// WebhookConfig says which requests a [Webhook] accepts. The zero value accepts
// those of anyone, which is for tests and worth a warning in the log.
type WebhookConfig struct {
	// Requests verifies and limits the requests. NewWebhook copies its lists.
	Requests decode.RequestDecoder
	// BodyTimeout is how long a request's body may take; 0 means 5 s, after which
	// the server gives up too. It takes the place of the [net/http.Server]'s own
	// limit where the ResponseWriter is net/http's, or unwraps to it. Elsewhere, as
	// behind [net/http.TimeoutHandler], it has no effect, of which the logger is told
	// once: set [net/http.Server].ReadTimeout there, without which a body that
	// doesn't come is waited for for ever.
	BodyTimeout time.Duration
	// DropRepeats answers a request with 200 and doesn't deliver it if it is, byte for
	// byte, the last one of its room that was delivered, within a minute of that. It
	// is for Fishjam Cloud, which posts a request again when the answer was lost, and
	// nothing else of that room before. Such requests are counted in
	// [WebhookStats].Repeated.
	//
	// It is no promise that nothing comes twice: several processes behind one
	// address don't know of each other, and none knows what was before its start.
	// And two events can be equal: a peer that sets the metadata it has, for example,
	// of which the second is dropped. [decode.VAD] can repeat itself and isn't
	// repeated by the server: it is always delivered. Requests for up to 65,536 rooms
	// are remembered, by a hash each.
	DropRepeats bool
	// Logger is told of slow consumers, of requests that are lost and, at the level
	// Debug, of strangers' that are refused; nil means silence. Its handler must not
	// block.
	Logger *slog.Logger
}

// defaultBodyTimeout is how long a server waits for an answer.
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

// NewWebhook makes a Webhook; the context is its lifetime and that of every
// subscription to it. It starts no goroutine; Close, or the context's end, lets go
// of it. The error is an [*InputError], or the context's.
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
		bodies:   semaphore.NewWeighted(bytesOfBodies(requests.BodyLimit)),
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

// Close has requests answered with HTTP 503 from now on, and returns at once. What
// was received is still delivered: each subscription's channel is closed, with
// [ErrClosed], once its consumer has made room for the rest. Close doesn't wait for
// that; [Webhook.Shutdown] does. It may be called more than once, and beside
// Subscribe.
func (w *Webhook) Close() { w.end(ErrClosed, true) }

func (w *Webhook) end(cause error, deliver bool) {
	w.mu.Lock()
	if w.ended == nil {
		w.ended = cause
	}
	w.mu.Unlock()
	w.hub.end(cause, deliver)
}

// Format prints what it is and no more, whatever the verb: its fields change all the
// time.
func (w *Webhook) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "stream.Webhook") }
