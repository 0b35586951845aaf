package rest

import (
	"net/http"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/dial"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

const (
	// idleTimeout is how long an unused connection is kept. A Jellyfish server closes
	// it after 5 s, and a request that is sent at that moment is lost.
	idleTimeout = 4 * time.Second
	// pingTimeout is how long an HTTP/2 connection in use may be without a frame before
	// it is pinged, and how long the response to a ping may take.
	pingTimeout = 5 * time.Second
	// headLimit bounds the header of a response, in bytes, unless the user's transport
	// does. The default of net/http, 10 MiB, takes more memory than most bodies may.
	headLimit = 256 << 10
)

// newHTTPClient returns a client with the user's settings that doesn't follow
// redirects, and its connections.
func newHTTPClient(user *http.Client, timeout time.Duration) (*http.Client, *connections) {
	if user == nil {
		user = &http.Client{}
	}
	c := newConnections(user.Transport, timeout)
	return &http.Client{
		Transport: c,
		Jar:       user.Jar,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}, c
}

// connections sends requests through a transport that is replaced after a timeout:
// one of its connections may be dead, and over HTTP/2 the next request would be sent
// on the same one.
type connections struct {
	unused  *http.Transport // The template to clone; nil if the user's is no *http.Transport.
	secrets []string        // Those that are sent to each proxy.

	mu      sync.Mutex
	current http.RoundTripper
}

// newConnections returns connections with the settings of base. A base that isn't an
// *http.Transport is used as it is.
func newConnections(base http.RoundTripper, timeout time.Duration) *connections {
	if base == nil {
		base = http.DefaultTransport
	}
	original, ok := base.(*http.Transport)
	if !ok {
		return &connections{current: base}
	}
	// http.Transport detaches a dial from the call that started it. These bounds end
	// a dial that outlives its call.
	dialTimeout := timeout + time.Second
	t := dial.Bounds{Timeout: dialTimeout}.Clone(original)
	t.IdleConnTimeout = atMost(idleTimeout, t.IdleConnTimeout)
	if t.MaxResponseHeaderBytes == 0 {
		t.MaxResponseHeaderBytes = headLimit
	}
	if t.HTTP2 == nil {
		t.HTTP2 = &http.HTTP2Config{}
	}
	t.HTTP2.SendPingTimeout = atMost(pingTimeout, t.HTTP2.SendPingTimeout)
	t.HTTP2.PingTimeout = atMost(pingTimeout, t.HTTP2.PingTimeout)
	t.TLSHandshakeTimeout = atMost(dialTimeout, t.TLSHandshakeTimeout)
	dial.TellProxySecrets(t, sentToProxy)
	return &connections{
		unused:  t,
		secrets: redact.HeaderSecrets(t.ProxyConnectHeader),
		current: t.Clone(),
	}
}

// RoundTrip makes a request, and records in its progress which transport it used.
func (c *connections) RoundTrip(r *http.Request) (*http.Response, error) {
	used := c.inUse()
	progressOf(r.Context()).used = used
	return used.RoundTrip(r)
}

func (c *connections) inUse() http.RoundTripper {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// traced reports whether requests are traced by package httptrace.
func (c *connections) traced() bool { return c.unused != nil }

// renew makes the next requests use new connections, unless used has been replaced
// already. Calls in progress continue. Used is nil if a request ended before it got
// as far as a transport.
func (c *connections) renew(used http.RoundTripper) {
	if used == nil {
		return
	}
	if c.unused != nil {
		c.mu.Lock()
		if c.current == used {
			c.current = c.unused.Clone()
		}
		c.mu.Unlock()
	}
	closeIdle(used)
}

// CloseIdleConnections closes the connections that no call is using.
func (c *connections) CloseIdleConnections() { closeIdle(c.inUse()) }

func closeIdle(t http.RoundTripper) {
	if t, ok := t.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// atMost returns the shorter of two durations; zero means that none is set.
func atMost(limit, set time.Duration) time.Duration {
	if set == 0 {
		return limit
	}
	return min(limit, set)
}
