package stream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

// Shutdown closes the connection and waits until the consumers have received
// everything that is queued for them (not until they have processed it): until every
// channel of notifications, batches and rooms is closed and empty. Then the error is
// nil. If ctx ends first, it is an [*UndeliveredError]; what is left can still be
// received, as after [Notifier.Close]. Shutdown doesn't wait for subscriptions whose
// own context has ended, for rooms that were left, or for metrics.
//
// The consumers must continue reading until their channels are closed, and the
// context that was given to Open must not end before Shutdown has returned, since its
// end discards what is queued.
func (n *Notifier) Shutdown(ctx context.Context) error {
	n.Close()
	return n.hub.awaitReceived(ctx)
}

// Shutdown makes the webhook respond to requests with HTTP 503 from now on, and waits
// until the consumers have received everything that was accepted (not until they have
// processed it), like [Notifier.Shutdown]. It doesn't shut down the HTTP server: do
// that first, so that no request is refused.
func (w *Webhook) Shutdown(ctx context.Context) error {
	w.Close()
	return w.hub.awaitReceived(ctx)
}

// Shutdown ends the relay and waits until the consumers have received everything that
// was put in (not until they have processed it), like [Notifier.Shutdown].
func (r *Relay) Shutdown(ctx context.Context) error {
	r.Close()
	return r.hub.awaitReceived(ctx)
}

// UndeliveredError means that Shutdown's context ended before the consumers had
// received everything.
type UndeliveredError struct {
	// Left is the number of notifications and Gaps that haven't been received, in all
	// subscriptions together.
	Left int
	// Err is the error of Shutdown's context.
	Err error
}

// Error says how much is left.
func (e *UndeliveredError) Error() string {
	return fmt.Sprintf("stream: shutdown: %d notifications were not received by their consumers: %v", e.Left, e.Err)
}

// Unwrap returns the context's error.
func (e *UndeliveredError) Unwrap() error { return e.Err }

// How often Shutdown checks whether everything was received: nothing signals that a
// channel has become empty.
const (
	firstLook   = time.Millisecond
	longestLook = 50 * time.Millisecond
)

// awaitReceived waits until nothing is left to be received. The hub has ended.
func (h *hub) awaitReceived(ctx context.Context) error {
	wait := firstLook
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		left := h.unreceived()
		if left == 0 {
			return nil
		}
		select {
		case <-timer.C:
			wait = min(2*wait, longestLook)
			timer.Reset(wait)
		case <-ctx.Done():
			return &UndeliveredError{left, lifetime.Err(ctx)}
		}
	}
}

// unreceived returns how much is waiting for the consumers. A channel that is closed
// meanwhile may be counted twice, but is never left out.
func (h *hub) unreceived() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := 0
	for _, m := range h.all.entries {
		left += m.unreceived()
	}
	return left + h.closed.unreceived()
}

// closedChannels remembers mailboxes whose channel is closed and not empty, for
// Shutdown to wait for. A consumer may never come back to its channel, so only the
// newest are kept. No other lock is taken while its lock is held.
type closedChannels struct {
	mu      sync.Mutex
	boxes   []closedChannel
	trimmed int // How many were left after the last check.
}

const closedChannelsKept = 1024

// closedChannel is a mailbox whose channel is closed.
type closedChannel interface {
	inChannel() int
	abandoned() bool
}

func (c *closedChannels) add(box closedChannel) {
	if isEmpty(box) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.boxes = append(c.boxes, box)
	if len(c.boxes) >= 2*c.trimmed+channelBuffer {
		c.trim()
	}
}

func (c *closedChannels) trim() {
	kept := c.boxes[:0]
	for _, box := range c.boxes {
		if !isEmpty(box) {
			kept = append(kept, box)
		}
	}
	if excess := len(kept) - closedChannelsKept; excess > 0 {
		kept = append(kept[:0], kept[excess:]...)
	}
	clear(c.boxes[len(kept):])
	c.boxes, c.trimmed = kept, len(kept)
}

func (c *closedChannels) unreceived() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := 0
	for _, box := range c.boxes {
		if !isEmpty(box) {
			left += box.inChannel()
		}
	}
	return left
}

// isEmpty reports whether nothing that anybody waits for is left in a closed channel.
func isEmpty(box closedChannel) bool { return box.abandoned() || box.inChannel() == 0 }
