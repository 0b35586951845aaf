// Package dial bounds the dials of an http.Transport, and sends WebSocket connections
// through an HTTP proxy where net/http wouldn't.
//
// An http.Transport detaches a dial from the request that caused it, so that it
// outlives the request and has no deadline. Only our own dial function can be made to
// stop, hence the clones.
package dial

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// Bounds limit how long the dials of a transport may take, and pass on the
// connections that they made. The zero value limits nothing.
type Bounds struct {
	// Lifetime ends a dial when it ends, and its deadline is the dial's, so that a
	// net.Dialer shares the time left among the addresses of a name. Nil means
	// none.
	Lifetime context.Context
	// Timeout is the longest time for one dial; 0 means no limit.
	Timeout time.Duration
	// Keep is given each connection as it is made, the one below where a dial
	// function makes TLS: closing a TLS connection waits until the alert has been
	// written. If it returns false, the connection is not to be used, and Keep has
	// closed it. Nil keeps nothing.
	Keep func(net.Conn) bool
}

// Func is the type of an http.Transport's dial functions.
type Func func(ctx context.Context, network, address string) (net.Conn, error)

// Clone returns a private copy of t whose dials, plain or by the user's own
// function for TLS, are bounded. The original is left as it is.
func (b Bounds) Clone(t *http.Transport) *http.Transport {
	clone := t.Clone()
	clone.DialContext = b.bound(plain(clone))
	if own := ownTLS(clone); own != nil {
		clone.DialTLSContext = b.bound(own)
	}
	return clone
}

// plain returns how t dials. Its Dial and DialTLS are deprecated, but where they
// are set, http.Transport still uses them.
func plain(t *http.Transport) Func {
	switch {
	case t.DialContext != nil:
		return t.DialContext
	case t.Dial != nil: //lint:ignore SA1019 see above
		//lint:ignore SA1019 see above
		return ignoringContext(t.Dial)
	}
	return new(net.Dialer).DialContext
}

// ownTLS returns the user's function for TLS, nil where there is none.
func ownTLS(t *http.Transport) Func {
	switch {
	case t.DialTLSContext != nil:
		return t.DialTLSContext
	case t.DialTLS != nil: //lint:ignore SA1019 see above
		//lint:ignore SA1019 see above
		return ignoringContext(t.DialTLS)
	}
	return nil
}

func ignoringContext(dial func(network, address string) (net.Conn, error)) Func {
	return func(_ context.Context, network, address string) (net.Conn, error) {
		return dial(network, address)
	}
}

func (b Bounds) bound(dial Func) Func {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := b.context(ctx)
		defer cancel()
		conn, err := dial(ctx, network, address)
		if err != nil || conn == nil {
			return nil, err
		}
		if b.Keep != nil && !b.Keep(belowTLS(conn)) {
			return nil, net.ErrClosed
		}
		return conn, nil
	}
}

// context returns ctx with the bounds.
func (b Bounds) context(ctx context.Context) (context.Context, context.CancelFunc) {
	cancels := make([]func(), 0, 4)
	add := func(next context.Context, cancel context.CancelFunc) {
		ctx, cancels = next, append(cancels, cancel)
	}
	add(context.WithCancel(ctx))
	if b.Timeout > 0 {
		add(context.WithTimeout(ctx, b.Timeout))
	}
	if b.Lifetime != nil {
		if deadline, ok := b.Lifetime.Deadline(); ok {
			add(context.WithDeadline(ctx, deadline))
		}
		stop := context.AfterFunc(b.Lifetime, cancels[0])
		cancels = append(cancels, func() { stop() })
	}
	return ctx, func() {
		for _, cancel := range cancels {
			cancel()
		}
	}
}

// belowTLS returns the connection that can be closed at once.
func belowTLS(conn net.Conn) net.Conn {
	for {
		secured, ok := conn.(*tls.Conn)
		if !ok {
			return conn
		}
		conn = secured.NetConn()
	}
}
