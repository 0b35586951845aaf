package wsconn

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// dialFunc is how an http.Transport is told to dial.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// keepDialled makes the cloned transport dial as before, but only while lifetime
// lives, and keep what it dialled.
func (t *tappedTransport) keepDialled(lifetime context.Context) {
	t.cloned.DialContext = t.keeping(lifetime, plainDial(t.cloned))
	if dial := tlsDial(t.cloned); dial != nil {
		t.cloned.DialTLSContext = t.keeping(lifetime, dial)
	}
}

// plainDial returns how t dials. Its Dial and DialTLS are deprecated, but where
// they are set, http.Transport still uses them.
func plainDial(t *http.Transport) dialFunc {
	switch {
	case t.DialContext != nil:
		return t.DialContext
	case t.Dial != nil: //lint:ignore SA1019 see above
		//lint:ignore SA1019 see above
		return ignoringContext(t.Dial)
	}
	return new(net.Dialer).DialContext
}

// tlsDial returns how t dials with TLS, nil if not in a way of its own.
func tlsDial(t *http.Transport) dialFunc {
	switch {
	case t.DialTLSContext != nil:
		return t.DialTLSContext
	case t.DialTLS != nil: //lint:ignore SA1019 see above
		//lint:ignore SA1019 see above
		return ignoringContext(t.DialTLS)
	}
	return nil
}

func ignoringContext(dial func(network, address string) (net.Conn, error)) dialFunc {
	return func(_ context.Context, network, address string) (net.Conn, error) {
		return dial(network, address)
	}
}

// keeping returns a dial function that ends with lifetime as well and keeps what
// it dialled.
func (t *tappedTransport) keeping(lifetime context.Context, dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(lifetime, cancel)()
		conn, err := dial(ctx, network, address)
		if err != nil || conn == nil {
			return nil, err
		}
		if !t.keep(belowTLS(conn)) {
			return nil, net.ErrClosed
		}
		return conn, nil
	}
}

// belowTLS returns the connection that can be closed at once: closing TLS waits
// until it could say so to the server.
func belowTLS(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return conn
}
