package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
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
	connection.Token = n.connecting(connection.Token)
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
	n.hub.live(ctx, func() { n.end(lifetime.Err(ctx), false) })
	n.goLive(n.latest.lost)
	go n.read(ctx)
}

// shakeHands is run by the reader, or before there is one.
func (n *Notifier) shakeHands(link *wsconn.Link, token string) error {
	events := []pb.EventType{pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION}
	n.mu.Lock()
	n.withMetrics = n.wanted > 0
	n.mu.Unlock()
	if n.withMetrics {
		events = append(events, pb.EventType_EVENT_TYPE_METRICS)
	}
	h := handshake{link: link, wants: n.first}
	err := h.run(token, events)
	n.unsolicited.Add(h.unsolicited)
	if err == nil {
		n.latest = h
	}
	return err
}
