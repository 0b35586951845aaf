package rest

import (
	"net/http"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/dial"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

const (
	// idleTimeout is how long a connection is kept that no call uses. A Jellyfish
	// server closes it after 5 s, and a request that is sent just then is lost.
	idleTimeout = 4 * time.Second
	// pingTimeout is after how long without a frame an HTTP/2 connection in use is
	// asked whether it is still there, and how long the answer may take.
	pingTimeout = 5 * time.Second
	// headLimit is how many bytes the head of an answer may have, where the user's
	// transport sets nothing: 10 MiB to net/http, which takes more memory than the
	// body of most answers may.
	headLimit = 256 << 10
)

// newHTTPClient returns a client with the settings of the user's that follows
// no redirect, and its connections.
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

// connections sends requests through a transport that is replaced after a
// time-out: one of the connections that it keeps may lead nowhere, and over
// HTTP/2 the next request would be sent on the same.
type connections struct {
	unused  *http.Transport // To be cloned; nil if the user's is none such.
	secrets []string        // That are sent to each proxy.

	mu      sync.Mutex
	current http.RoundTripper
}

// newConnections returns connections with the settings of base. A base that is no
// *http.Transport is used as it is.
func newConnections(base http.RoundTripper, timeout time.Duration) *connections {
	if base == nil {
		base = http.DefaultTransport
	}
	original, ok := base.(*http.Transport)
	if !ok {
		return &connections{current: base}
	}
	// http.Transport detaches a dial from the call that asked for it. These
	// bounds end one that outlives its call; the call itself gives up before.
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

// RoundTrip makes a request, and notes with its progress by what.
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

// traced tells whether requests are traced, as package httptrace has it.
func (c *connections) traced() bool { return c.unused != nil }

// renew makes the next requests use new connections, if those of used are still
// in use. Calls that are being made go on. Nothing was used by a request that came
// to its end before.
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

// CloseIdleConnections closes the connections that no call uses.
func (c *connections) CloseIdleConnections() { closeIdle(c.inUse()) }

func closeIdle(t http.RoundTripper) {
	if t, ok := t.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// atMost returns the set duration, or the limit where it is shorter or nothing is set.
func atMost(limit, set time.Duration) time.Duration {
	if set == 0 {
		return limit
	}
	return min(limit, set)
}
