package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// Notifier is one connection to a server, shared by any number of
// subscriptions. Its methods may be called from any goroutine.
type Notifier struct {
	conn    *wsconn.Conn
	hub     hub
	log     *slog.Logger
	timeout time.Duration
	single  bool          // It ends with its one subscription.
	done    chan struct{} // Closed when the reader has ended.

	// The reader's own.
	address     string // That is, or was, connected.
	held        queue  // Of the latest handshake.
	heldMetrics bool   // The latest handshake asked for metrics.
	scratch     []decode.Notification

	unsolicited atomic.Uint64

	// What Subscribe waits for.
	mu      sync.Mutex
	release func() bool   // From the context of Open.
	changed chan struct{} // Closed, and made anew, when any of these changes.
	live    bool
	down    error // Why it isn't live.
	metrics metricsState
	wanted  int   // Subscriptions that want metrics.
	ended   error // Why no subscription can begin any more.
}

// metricsState tells whether the connection carries metrics.
type metricsState int

const (
	metricsOff metricsState = iota
	metricsAsked
	metricsOn
)

// Open connects to the server; the context is the lifetime of the connection
// and of every subscription on it, so that a time limit for connecting is
// Config.ConnectTimeout, never a context that expires. It returns when the
// server has accepted the token and confirmed that it sends notifications. It
// tries each address once, or with Config.WaitForServer for as long as the
// context lives.
//
// The error is a [*ConfigError], wraps [ErrUnauthorized], is the context's, or
// names the address and the step that failed.
func Open(ctx context.Context, cfg Config) (*Notifier, error) {
	n, err := open(ctx, cfg, settings{})
	if err != nil {
		return nil, err
	}
	n.begin(ctx)
	return n, nil
}

// Subscribe connects to the server and subscribes to its notifications; the
// context is the lifetime of both, so that a time limit for connecting is
// Config.ConnectTimeout, never a context that expires. It is [Open] and
// [Notifier.Subscribe] in one, for programs with one subscription, and returns
// their errors. Nothing that the server sends after its confirmation is missed.
func Subscribe(ctx context.Context, cfg Config, options ...Option) (*Subscription, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	n, err := open(ctx, cfg, s)
	if err != nil {
		return nil, err
	}
	n.single = true
	n.mu.Lock()
	sub := n.subscribe(ctx, s)
	n.mu.Unlock()
	n.begin(ctx)
	return sub, nil
}

func open(ctx context.Context, cfg Config, s settings) (*Notifier, error) {
	connection, addresses, err := cfg.connection()
	if err != nil {
		return nil, err
	}
	n := &Notifier{
		log:     cfg.logger(),
		timeout: cfg.connectTimeout(),
		done:    make(chan struct{}),
		changed: make(chan struct{}),
	}
	if s.metrics {
		n.wanted++
	}
	for _, a := range addresses {
		if !a.Secure() && !a.Loopback() {
			n.log.Warn("the token is sent without encryption", "address", a.String())
		}
	}
	connection.Handshake = n.shakeHands
	n.conn, err = wsconn.Dial(ctx, connection)
	switch {
	case err == nil:
		return n, nil
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return nil, fmt.Errorf("stream: %w: %w", ctx.Err(), err) // It had a cause of its own.
	}
	return nil, connectionError(err)
}

// begin starts the reader.
func (n *Notifier) begin(ctx context.Context) {
	n.mu.Lock()
	n.release = context.AfterFunc(ctx, func() { n.end(contextError(ctx), false) })
	n.mu.Unlock()
	n.goLive()
	go n.read(ctx)
}

// shakeHands is run by the reader, or before there is one.
func (n *Notifier) shakeHands(link *wsconn.Link, token string) error {
	events := []pb.EventType{pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION}
	n.mu.Lock()
	n.heldMetrics = n.wanted > 0
	n.mu.Unlock()
	if n.heldMetrics {
		events = append(events, pb.EventType_EVENT_TYPE_METRICS)
	}
	h := handshake{link: link}
	err := h.run(token, events)
	n.held = h.held
	return err
}

// Subscribe makes a subscription, which receives what comes from now on; the
// context is its lifetime. If the connection is just lost it waits until it is
// live again, at most Config.ConnectTimeout, and then returns an error that
// wraps the last connection error. On a notifier that has ended it returns why,
// [ErrClosed] after Close.
func (n *Notifier) Subscribe(ctx context.Context, options ...Option) (*Subscription, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	var sub *Subscription
	if err := n.whenReady(ctx, s, func() { sub = n.subscribe(ctx, s) }); err != nil {
		return nil, err
	}
	return sub, nil
}

// whenReady lets a subscription begin, with n.mu held, once the connection
// carries what it wants.
func (n *Notifier) whenReady(ctx context.Context, s settings, begin func()) error {
	if ctx.Err() != nil {
		return contextError(ctx)
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
	begin()
	return nil
}

// awaitReady waits until the connection carries what is wanted. The caller holds
// n.mu.
func (n *Notifier) awaitReady(ctx context.Context, metrics bool) error {
	var timeout <-chan time.Time
	for !n.ready(metrics) {
		if n.ended != nil {
			return n.ended
		}
		if timeout == nil {
			timer := time.NewTimer(n.timeout)
			defer timer.Stop()
			timeout = timer.C
		}
		changed := n.changed
		n.mu.Unlock()
		var err error
		select {
		case <-changed:
		case <-ctx.Done():
			err = contextError(ctx)
		case <-timeout:
			err = n.notReady()
		}
		n.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

// ready asks the server for metrics where they are wanted and don't come yet.
func (n *Notifier) ready(metrics bool) bool {
	if n.ended != nil || !n.live {
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

func (n *Notifier) notReady() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.live {
		return fmt.Errorf("stream: subscribe to metrics: no answer from %s within %v", n.conn.Endpoint(), n.timeout)
	}
	return fmt.Errorf("stream: subscribe: not connected within %v: %w", n.timeout, n.down)
}

// leave is called when a subscription has ended, whatever ended it.
func (n *Notifier) leave(m *member) {
	left := n.hub.remove(m)
	n.mu.Lock()
	defer n.mu.Unlock()
	m.release()
	if m.reports != nil {
		m.reports.end()
		n.wanted--
	}
	if n.ended != nil && left == 0 {
		n.release()
	}
	if n.single {
		n.conn.Close()
	}
}

func (n *Notifier) warnOfOverflow() {
	n.log.Warn("a subscription's consumer is too slow: notifications are dropped")
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
	if n.ended == nil {
		n.ended = cause
	}
	n.live = false
	n.announce()
	members := n.hub.snapshot()
	if len(members) == 0 {
		n.release()
	}
	n.mu.Unlock()
	for _, m := range members {
		m.end(cause, deliver)
	}
}

// announce wakes those who wait for a change. The caller holds n.mu.
func (n *Notifier) announce() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// String names the address.
func (n *Notifier) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.ended != nil:
		return "notifier (ended: " + n.ended.Error() + ")"
	case !n.live:
		return "notifier (not connected)"
	}
	return "notifier connected to " + n.conn.Endpoint()
}
