package wsconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
)

// tappedTransport makes one upgrade request. It keeps the raw connections that
// are dialled for it, so that they can be cut below TLS at any moment, and lets
// the pulse see the bytes that arrive.
type tappedTransport struct {
	base  http.RoundTripper
	pulse *pulse
	step  atomic.Pointer[string]

	mu   sync.Mutex
	cut  bool
	open []io.Closer
}

// newTappedTransport clones client's transport, if it can, for attempts that
// end with ctx. The clone is needed because http.Transport detaches a dial from
// its request: only a dial function of our own can be made to stop.
func newTappedTransport(ctx context.Context, client *http.Client, p *pulse) *tappedTransport {
	t := &tappedTransport{pulse: p}
	t.at("dial")
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	original, ok := base.(*http.Transport)
	if !ok {
		t.base = base
		return t
	}
	clone := original.Clone()
	// A WebSocket is upgraded from HTTP/1.1.
	clone.ForceAttemptHTTP2 = false
	clone.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	clone.DialContext = t.keeping(ctx, dialFunc(clone))
	if clone.DialTLSContext != nil {
		clone.DialTLSContext = t.keeping(ctx, clone.DialTLSContext)
	}
	t.base = clone
	return t
}

type dial func(ctx context.Context, network, address string) (net.Conn, error)

func dialFunc(t *http.Transport) dial {
	if t.DialContext != nil {
		return t.DialContext
	}
	return new(net.Dialer).DialContext
}

// keeping returns a dial function that ends with lifetime as well and keeps what
// it dialled.
func (t *tappedTransport) keeping(lifetime context.Context, d dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(lifetime, cancel)()
		conn, err := d(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if !t.keep(conn) {
			return nil, context.Cause(lifetime)
		}
		t.at("upgrade")
		return conn, nil
	}
}

// keep remembers c, or closes it if the connection was cut already.
func (t *tappedTransport) keep(c io.Closer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut {
		_ = c.Close()
		return false
	}
	t.open = append(t.open, c)
	return true
}

// end cuts what was dialled, and whatever will be.
func (t *tappedTransport) end() {
	t.mu.Lock()
	t.cut = true
	open := t.open
	t.open = nil
	t.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
	if clone, ok := t.base.(*http.Transport); ok {
		clone.CloseIdleConnections()
	}
}

func (t *tappedTransport) at(step string) { t.step.Store(&step) }

// RoundTrip makes the request and wraps the connection that it upgrades.
func (t *tappedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{
		TLSHandshakeStart: func() { t.at("TLS handshake") },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { t.at("upgrade") },
	}
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return response, nil
	}
	body, ok := response.Body.(io.ReadWriteCloser)
	if !ok {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the HTTP client can't upgrade a connection: its body is a %T", response.Body)
	}
	if _, dialled := t.base.(*http.Transport); !dialled && !t.keep(body) {
		return nil, net.ErrClosed
	}
	response.Body = &tap{ReadWriteCloser: body, pulse: t.pulse}
	return response, nil
}

// tap lets the pulse see when bytes arrive.
type tap struct {
	io.ReadWriteCloser
	pulse *pulse
}

func (t *tap) Read(p []byte) (int, error) {
	t.pulse.waiting()
	n, err := t.ReadWriteCloser.Read(p)
	if n > 0 {
		t.pulse.bytesCame()
	}
	return n, err
}

// dialCause leaves out what the layers above the failed dial add.
func dialCause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
