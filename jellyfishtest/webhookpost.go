package jellyfishtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
	"unicode/utf8"
)

// signatureHeader is where Fishjam signs a webhook request.
const signatureHeader = "x-fishjam-signature-256"

const (
	// connectTimeout is how long connecting to a webhook's receiver may take.
	connectTimeout = 8 * time.Second
	// answerTimeout is how long a receiver may take to accept a request, to
	// answer it and to end its answer, each.
	answerTimeout = 5 * time.Second
	// answerLimit is how much of an answer's body is read in bytes. The
	// connection of a longer one isn't used again.
	answerLimit = 64 << 10
)

// poster makes the requests to webhooks with the timeouts of the Jellyfish
// server's HTTP client. It keeps connections alive, follows no redirect and
// retries nothing.
type poster struct {
	ctx       context.Context // Over when the poster is closed.
	cancel    context.CancelFunc
	network   *http.Transport
	receivers map[string]*webhookReceiver
	handling  sync.WaitGroup // The goroutines of the receivers.
}

func newPoster(handlers map[string]http.Handler, errorLog *log.Logger) *poster {
	p := &poster{receivers: make(map[string]*webhookReceiver)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.network = p.newTransport(new(net.Dialer).DialContext)
	for host, handler := range handlers {
		p.receivers[host] = p.newReceiver(handler, errorLog)
	}
	return p
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func (p *poster) newTransport(dial dialer) *http.Transport {
	return &http.Transport{
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			return p.connect(dial, network, address)
		},
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: answerTimeout,
		DisableCompression:    true, // Its header would be one that the server doesn't send.
	}
}

// connect dials under the poster's context: the transport's outlives a request
// that is given up.
func (p *poster) connect(dial dialer, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(p.ctx, connectTimeout)
	defer cancel()
	c, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newPostConn(p.ctx, c), nil
}

// post sends a request once and returns the status of the answer. A timeout that
// isn't zero is for all of it.
func (p *poster) post(request *http.Request, timeout time.Duration) (int, error) {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	transport := p.network
	if r := p.receivers[request.URL.Host]; r != nil {
		transport = r.transport
	}
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	timer := time.AfterFunc(answerTimeout, cancel)
	defer timer.Stop()
	// Only a body that is read to its end leaves the connection fit for use.
	if _, err := io.CopyN(io.Discard, response.Body, answerLimit); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read the response: %w", err)
	}
	return response.StatusCode, nil
}

// pause waits. It returns false if the poster is closed meanwhile.
func (p *poster) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// close ends all connections and the receivers, whose handlers' contexts end. A
// handler that goes on all the same is left behind after a second.
func (p *poster) close() {
	p.cancel()
	p.network.CloseIdleConnections()
	for _, r := range p.receivers {
		r.close()
	}
	gone := make(chan struct{})
	go func() {
		p.handling.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(time.Second):
	}
}

// postConn is a connection to a webhook's receiver. It is closed when a context
// ends, and a write to it fails that the receiver holds up.
type postConn struct {
	net.Conn
	release func() bool // The context.
}

func newPostConn(ctx context.Context, c net.Conn) *postConn {
	return &postConn{Conn: c, release: context.AfterFunc(ctx, func() { _ = c.Close() })}
}

func (c *postConn) Write(p []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(answerTimeout))
	return c.Conn.Write(p)
}

func (c *postConn) Close() error {
	c.release()
	return c.Conn.Close()
}

// webhookReceiver is a handler of [Config.Receivers] with its HTTP server, in memory.
type webhookReceiver struct {
	transport *http.Transport // Reaches it alone.
	listener  *pipeListener
	server    *http.Server
}

// newReceiver starts a receiver. Without a handler it is one that accepts no
// connection.
func (p *poster) newReceiver(handler http.Handler, errorLog *log.Logger) *webhookReceiver {
	r := &webhookReceiver{
		listener: newPipeListener(),
		server: &http.Server{
			Handler:     handler,
			BaseContext: func(net.Listener) context.Context { return p.ctx },
			ConnState:   p.countHandling,
			ErrorLog:    errorLog,
		},
	}
	r.transport = p.newTransport(func(ctx context.Context, _, address string) (net.Conn, error) {
		return r.listener.dial(ctx, address)
	})
	r.transport.DialTLSContext = r.transport.DialContext // What is in memory needs no TLS.
	if handler != nil {
		p.handling.Go(func() {
			_ = r.server.Serve(r.listener) // It ends when the server is closed.
		})
	}
	return r
}

// countHandling counts the goroutines of connections. The first is counted by
// the one that serves, so that there is always one to wait for until then.
func (p *poster) countHandling(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.handling.Add(1)
	case http.StateClosed, http.StateHijacked:
		p.handling.Done()
	}
}

func (r *webhookReceiver) close() {
	r.server.Close()
	r.transport.CloseIdleConnections()
}

// body returns the body that brings a message to a webhook. The error is that of
// a message which has no JSON form.
func (w Webhooks) body(message []byte) ([]byte, error) {
	if w.JSON {
		return webhookJSON(message)
	}
	return message, nil
}

// request makes the request with a body. A user in the URL is authenticated.
func (w Webhooks) request(to *url.URL, body []byte) *http.Request {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r := &http.Request{
		Method:        http.MethodPost,
		URL:           to,
		Header:        make(http.Header),
		ContentLength: int64(len(body)),
		GetBody:       open, // For a connection that turns out to be closed before the first byte.
	}
	r.Body, _ = open()
	r.Header.Set("Content-Type", w.contentType())
	r.Header.Set("User-Agent", "hackney/1.20.1")
	if name := to.User.Username(); name != "" {
		password, _ := to.User.Password()
		r.SetBasicAuth(name, password)
	}
	if w.SigningSecret != "" {
		r.Header.Set(signatureHeader, "sha256="+w.signature(body))
	}
	return r
}

func (w Webhooks) contentType() string {
	if w.JSON {
		return "application/json"
	}
	return "application/x-protobuf"
}

func (w Webhooks) signature(body []byte) string {
	mac := hmac.New(sha256.New, []byte(w.SigningSecret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

var errNotText = errors.New("the message is not UTF-8")

// webhookJSON returns the body in which server 0.3.0 sends a message: protobuf
// bytes as a string, spelled as its JSON encoder does.
func webhookJSON(message []byte) ([]byte, error) {
	if !utf8.Valid(message) {
		return nil, errNotText
	}
	body := []byte(`{"notification":"`)
	for _, b := range message {
		body = appendEscaped(body, b)
	}
	return append(body, `"}`...), nil
}

func appendEscaped(to []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(to, '\\', b)
	case '\b':
		return append(to, `\b`...)
	case '\t':
		return append(to, `\t`...)
	case '\n':
		return append(to, `\n`...)
	case '\f':
		return append(to, `\f`...)
	case '\r':
		return append(to, `\r`...)
	}
	if b < ' ' {
		return fmt.Appendf(to, `\u%04X`, b)
	}
	return append(to, b)
}
