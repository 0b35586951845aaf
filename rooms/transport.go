package rooms

import (
	"context"
	"net"
	"net/http"
	"time"
)

// idleTimeout is how long a connection is kept that no call uses. The server
// closes it after 5 s, and a request that is sent just then is lost.
const idleTimeout = 4 * time.Second

// newHTTPClient returns a client with the settings of the user's that follows
// no redirect.
func newHTTPClient(user *http.Client, timeout time.Duration) *http.Client {
	if user == nil {
		user = &http.Client{}
	}
	return &http.Client{
		Transport: newTransport(user.Transport, timeout),
		Jar:       user.Jar,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// newTransport returns a clone of base that keeps idle connections only briefly.
// A base that is no *http.Transport is used as it is.
func newTransport(base http.RoundTripper, timeout time.Duration) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	original, ok := base.(*http.Transport)
	if !ok {
		return base
	}
	clone := original.Clone()
	clone.IdleConnTimeout = atMost(idleTimeout, clone.IdleConnTimeout)
	// http.Transport detaches a dial from the call that asked for it. These
	// bounds end one that outlives its call; the call itself gives up before.
	dialTimeout := timeout + time.Second
	clone.TLSHandshakeTimeout = atMost(dialTimeout, clone.TLSHandshakeTimeout)
	clone.DialContext = dialWithin(dialTimeout, plainDial(clone))
	return clone
}

// atMost returns the set duration, or the limit where it is shorter or nothing is set.
func atMost(limit, set time.Duration) time.Duration {
	if set == 0 {
		return limit
	}
	return min(limit, set)
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// plainDial returns how t dials. Its Dial is deprecated, but where it is set,
// http.Transport still uses it.
func plainDial(t *http.Transport) dialFunc {
	switch {
	case t.DialContext != nil:
		return t.DialContext
	case t.Dial != nil: //lint:ignore SA1019 see above
		//lint:ignore SA1019 see above
		dial := t.Dial
		return func(_ context.Context, network, address string) (net.Conn, error) {
			return dial(network, address)
		}
	}
	return new(net.Dialer).DialContext
}

// dialWithin returns a dial function that takes no longer than timeout.
func dialWithin(timeout time.Duration, dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return dial(ctx, network, address)
	}
}
