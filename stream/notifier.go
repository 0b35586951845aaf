package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// Notifier is one connection to a server, shared by any number of subscriptions. Use
// [Open] to create one. Its methods are safe for concurrent use.
type Notifier struct {
	conn    *wsconn.Conn
	hub     hub
	log     *slog.Logger
	timeout time.Duration
	single  bool          // It ends with its only subscription.
	done    chan struct{} // Closed when the reader has ended.

	// Reader goroutine only.
	address     string    // Connected now or last.
	latest      handshake // The last one that succeeded.
	withMetrics bool      // The latest handshake asked for metrics.
	first       filter    // Of the subscription that begins with the first handshake.
	received    run       // From this read of the connection, not delivered yet.

	unsolicited atomic.Uint64

	// The connection as other goroutines see it and wait for it.
	mu      sync.Mutex
	state   State
	states  chan State    // Holds the latest state that wasn't received yet.
	changed chan struct{} // Closed and replaced when the state or metrics change.
	metrics metricsState
	wanted  int             // Subscriptions that want metrics.
	without map[string]bool // The addresses of servers without metrics.
}

// metricsState reports whether the connection carries metrics.
type metricsState int

const (
	metricsOff metricsState = iota
	metricsAsked
	metricsOn
)

// Open connects to the server; the context is the lifetime of the connection and of
// every subscription on it, so that a time limit for connecting is
// Config.ConnectTimeout, never a context that expires. It returns when the server has
// accepted the token and confirmed that it sends notifications. It tries each address
// once, or with [Config].WaitForServer until the context ends.
//
// The error is an [*InputError], wraps [ErrUnauthorized], is the context's, or names
// the address and the step that failed.
func Open(ctx context.Context, cfg Config) (*Notifier, error) {
	n, err := open(ctx, cfg, settings{})
	if err != nil {
		return nil, err
	}
	n.begin(ctx)
	return n, nil
}

// Subscribe connects to the server and subscribes to its notifications; the context
// is the lifetime of both, so that a time limit for connecting is
// Config.ConnectTimeout, never a context that expires. It combines [Open] and
// [Notifier.Subscribe], for programs with one subscription, and returns their errors.
// Nothing that the server sends after its confirmation is missed.
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
	sub := newSubscription(ctx, &n.hub, s)
	n.begin(ctx)
	return sub, nil
}

func open(ctx context.Context, cfg Config, s settings) (*Notifier, error) {
	connection, addresses, err := cfg.connection()
	if err != nil {
		return nil, err
	}
	n := &Notifier{
		log:     orSilent(cfg.Logger),
		timeout: cfg.connectTimeout(),
		done:    make(chan struct{}),
		changed: make(chan struct{}),
		states:  make(chan State, 1),
		without: make(map[string]bool),
	}
	if cfg.FishjamID != "" {
		n.without[addresses[0].String()] = true
	}
	if s.metrics && n.without[addresses[0].String()] {
		return nil, fmt.Errorf("%w: hosted Fishjam sends none", ErrNoMetrics)
	}
	n.hub.name = func() string { return n.State().Address }
	n.hub.left, n.hub.warn = n.left, warnOfOverflow(n.log)
	n.first = s.filter
	if s.metrics {
		n.wanted++
	}
	for _, a := range addresses {
		if !a.Secure() && !a.Loopback() {
			n.log.Warn("the token is sent without encryption", "address", a.String())
		}
	}
	connection.Handshake = n.shakeHands
	connection.BeforeRead = n.deliver
	connection.Token = n.connecting(connection.Token)
	n.conn, err = wsconn.Dial(ctx, connection)
	switch {
	case err == nil && s.metrics && !n.withMetrics:
		n.conn.Close()
		return nil, n.noMetrics(n.conn.Endpoint())
	case err == nil:
		return n, nil
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return nil, fmt.Errorf("stream: %w: %w", ctx.Err(), err) // The context has a cause of its own.
	}
	return nil, connectionError(err)
}

// begin starts the reader.
func (n *Notifier) begin(ctx context.Context) {
	n.hub.live(ctx, func() { n.end(lifetime.Err(ctx), false) })
	n.goLive(n.latest.lost)
	go n.read(ctx)
}

// shakeHands is called by the reader, or before there is one.
func (n *Notifier) shakeHands(socket *wsconn.Socket, token string) error {
	events := []pb.EventType{pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION}
	n.mu.Lock()
	n.withMetrics = n.wanted > 0 && !n.without[socket.Endpoint()]
	n.mu.Unlock()
	if n.withMetrics {
		events = append(events, pb.EventType_EVENT_TYPE_METRICS)
	}
	h := handshake{socket: socket, wants: n.first}
	err := h.run(token, events)
	n.unsolicited.Add(h.unsolicited)
	switch {
	case err == nil:
		n.latest = h
	case h.refusedMetrics(err):
		n.mu.Lock()
		n.without[socket.Endpoint()] = true
		n.mu.Unlock()
		return fmt.Errorf("%w: %w", ErrNoMetrics, err)
	}
	return err
}

func (n *Notifier) noMetrics(address string) error {
	return fmt.Errorf("subscribe to metrics of %s: %w", address, ErrNoMetrics)
}

// left is called when a subscription has ended, for whatever reason.
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

// Close closes the connection and returns when it is closed. What was received is
// still delivered: each subscription's channel is closed, with [ErrClosed], once its
// consumer has made room for the rest. Close doesn't wait for that;
// [Notifier.Shutdown] does. To discard what is queued, cancel the context instead. It
// may be called more than once, and concurrently with Subscribe.
func (n *Notifier) Close() {
	n.conn.Close()
	<-n.done
}

// end ends all subscriptions and accepts no new ones.
func (n *Notifier) end(cause error, deliver bool) {
	n.mu.Lock()
	n.enter(State{Phase: Ended, Since: time.Now(), Address: n.state.Address, Err: cause})
	n.mu.Unlock()
	n.hub.end(cause, deliver)
}

// String describes the connection's state.
func (n *Notifier) String() string { return "notifier: " + n.State().String() }

// Format prints what String returns, whatever the verb.
func (n *Notifier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, n.String()) }

// Subscribe creates a subscription, which receives what is sent from now on; the
// context is its lifetime. During an outage it waits for the connection, at most
// [Config].ConnectTimeout, and then returns an error that wraps the last connection
// error. On a notifier that has ended it returns the reason, which is [ErrClosed]
// after Close.
func (n *Notifier) Subscribe(ctx context.Context, options ...Option) (*Subscription, error) {
	return subscribe(ctx, n, options)
}

// whenReady calls begin, with n.mu held, once the connection carries what the
// subscription wants.
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

// awaitReady waits until the connection carries what is wanted. The caller holds n.mu.
func (n *Notifier) awaitReady(ctx context.Context, metrics bool) error {
	var timeout <-chan time.Time
	for late := false; !n.ready(metrics); {
		switch {
		case n.state.Phase == Ended:
			return n.state.Err
		case ctx.Err() != nil:
			return lifetime.Err(ctx)
		case metrics && n.without[n.state.Address]:
			return n.noMetrics(n.state.Address)
		case late && n.state.Phase == Live:
			return fmt.Errorf("stream: subscribe to metrics: no response from %s within %v", n.state.Address, n.timeout)
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

// ready asks the server for metrics if they are wanted and don't arrive yet.
func (n *Notifier) ready(metrics bool) bool {
	if n.state.Phase != Live {
		return false
	}
	if !metrics || n.metrics == metricsOn {
		return true
	}
	if n.without[n.state.Address] {
		return false
	}
	// An error means that the connection is about to be lost: the next one asks for
	// metrics in its handshake.
	if n.metrics == metricsOff && n.conn.Send(subscribeRequest(pb.EventType_EVENT_TYPE_METRICS)) == nil {
		n.metrics = metricsAsked
	}
	return false
}
