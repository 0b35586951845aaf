package stream

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// Notifier is one connection to a server, shared by any number of subscriptions.
// [Open] makes one: the zero value is of no use. Its methods may be called from
// any goroutine.
type Notifier struct {
	conn    *wsconn.Conn
	hub     hub
	log     *slog.Logger
	timeout time.Duration
	single  bool          // It ends with its one subscription.
	done    chan struct{} // Closed when the reader has ended.

	// The reader's own.
	address     string    // That is, or was, connected.
	latest      handshake // That succeeded.
	withMetrics bool      // It asked for metrics.
	first       filter    // Of the subscription that begins with the first one.
	scratch     []decode.Notification

	unsolicited atomic.Uint64

	// The connection as others see it, and wait for.
	mu      sync.Mutex
	state   State
	states  chan State    // Holds the latest state that was not received yet.
	changed chan struct{} // Closed, and made anew, when the state or metrics change.
	metrics metricsState
	wanted  int // Subscriptions that want metrics.
}

// metricsState tells whether the connection carries metrics.
type metricsState int

const (
	metricsOff metricsState = iota
	metricsAsked
	metricsOn
)

// left is called when a subscription has ended, whatever ended it.
func (n *Notifier) left(m *member) {
	if m.reports != nil {
		n.mu.Lock()
		n.wanted--
		n.mu.Unlock()
	}
	if n.single {
		n.conn.Close()
	}
}

// Close ends the connection and, once they have delivered what was received, all
// subscriptions, with [ErrClosed]. It returns when the connection is gone and
// doesn't wait for the subscriptions' consumers. It may be called more than
// once, and beside Subscribe.
func (n *Notifier) Close() {
	n.conn.Close()
	<-n.done
}

// end ends all subscriptions, and lets no new one begin.
func (n *Notifier) end(cause error, deliver bool) {
	n.mu.Lock()
	n.enter(State{Phase: Ended, Since: time.Now(), Address: n.state.Address, Err: cause})
	n.mu.Unlock()
	n.hub.end(cause, deliver)
}

// String describes the connection's state.
func (n *Notifier) String() string { return "notifier: " + n.State().String() }

// Subscribe makes a subscription, which receives what comes from now on; the
// context is its lifetime. If the connection is just lost it waits until it is
// live again, at most Config.ConnectTimeout, and then returns an error that
// wraps the last connection error. On a notifier that has ended it returns why,
// [ErrClosed] after Close.
func (n *Notifier) Subscribe(ctx context.Context, options ...Option) (*Subscription, error) {
	return subscribe(ctx, n, options)
}

// whenReady lets a subscription begin, with n.mu held, once the connection
// carries what it wants.
func (n *Notifier) whenReady(ctx context.Context, s settings, begin func(*hub)) error {
	if ctx.Err() != nil {
		return lifetime.Err(ctx)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.metrics {
		n.wanted++
	}
	if err := n.awaitReady(ctx, s.metrics); err != nil {
		if s.metrics {
			n.wanted--
		}
		return err
	}
	begin(&n.hub)
	return nil
}

// awaitReady waits until the connection carries what is wanted. The caller holds
// n.mu.
func (n *Notifier) awaitReady(ctx context.Context, metrics bool) error {
	var timeout <-chan time.Time
	for late := false; !n.ready(metrics); {
		switch {
		case n.state.Phase == Ended:
			return n.state.Err
		case ctx.Err() != nil:
			return lifetime.Err(ctx)
		case late && n.state.Phase == Live:
			return fmt.Errorf("stream: subscribe to metrics: no answer from %s within %v", n.state.Address, n.timeout)
		case late:
			return fmt.Errorf("stream: subscribe: not connected within %v: %w", n.timeout, n.state.Err)
		}
		if timeout == nil {
			timer := time.NewTimer(n.timeout)
			defer timer.Stop()
			timeout = timer.C
		}
		changed := n.changed
		n.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		case <-timeout:
			late = true
		}
		n.mu.Lock()
	}
	return nil
}

// ready asks the server for metrics where they are wanted and don't come yet.
func (n *Notifier) ready(metrics bool) bool {
	if n.state.Phase != Live {
		return false
	}
	if !metrics || n.metrics == metricsOn {
		return true
	}
	// An error means that the connection is about to be lost: its successor will
	// carry metrics from its handshake on.
	if n.metrics == metricsOff && n.conn.Send(subscribeRequest(pb.EventType_EVENT_TYPE_METRICS)) == nil {
		n.metrics = metricsAsked
	}
	return false
}
