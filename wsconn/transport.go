package wsconn

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// tappedTransport makes one upgrade request. It keeps the raw connections that
// are dialled for it, so that they can be cut below TLS at any moment, and puts
// an intake before the bytes that arrive.
type tappedTransport struct {
	base      http.RoundTripper
	cloned    *http.Transport // The same, if it is our own.
	pulse     *pulse
	readLimit int64
	step      atomic.Pointer[string]
	intake    *intake // Once the connection is upgraded.

	mu   sync.Mutex
	cut  bool
	open []io.Closer
}

// newTappedTransport clones client's transport, if it can, for attempts that
// end with ctx. The clone is needed because http.Transport detaches a dial from
// its request: only a dial function of our own can be made to stop.
func newTappedTransport(ctx context.Context, client *http.Client, readLimit int64) *tappedTransport {
	t := &tappedTransport{base: client.Transport, pulse: newPulse(), readLimit: readLimit}
	t.at("dial")
	if t.base == nil {
		t.base = http.DefaultTransport
	}
	if original, ok := t.base.(*http.Transport); ok {
		t.cloned = original.Clone()
		t.base = t.cloned
		// A WebSocket is upgraded from HTTP/1.1.
		t.cloned.Protocols = new(http.Protocols)
		t.cloned.Protocols.SetHTTP1(true)
		t.keepDialled(ctx)
	}
	return t
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
}

func (t *tappedTransport) at(step string) { t.step.Store(&step) }

// RoundTrip makes the request and wraps the connection that it upgrades.
func (t *tappedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{
		TLSHandshakeStart: func() { t.at("TLS handshake") },
		GotConn:           func(httptrace.GotConnInfo) { t.at("upgrade") },
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
	if t.cloned == nil && !t.keep(body) {
		return nil, net.ErrClosed
	}
	t.intake = newIntake(body, t.pulse, t.readLimit)
	response.Body = t.intake
	return response, nil
}
