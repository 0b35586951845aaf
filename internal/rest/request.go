package rest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Request is a request and what is expected in response.
type Request struct {
	Method  string
	Address address.Address
	Path    string // Escaped.
	Query   string // Encoded.
	Body    []byte // Nil means no body.
	// ContentType is the body's; empty means JSON.
	ContentType string
	// Secrets are the parts of the body that must not appear in an error.
	Secrets []string
	// Status are the statuses that mean success.
	Status []int
	// Data reads what the answer has under "data", or, if it is Bare, the answer; nil
	// if that doesn't matter. It returns false if there is nothing, which is an error:
	// the reader's first problem, if it has one.
	Data func(*jsonread.Reader) bool
	Bare bool
	// Refused returns the sentinel for an answer of another status, or nil.
	Refused func(Refusal) error
}

// Refusal is an answer that is an error.
type Refusal struct {
	Status int
	Text   string // One line, empty if there was none.
	// Gateway says that it isn't in the form of the servers' errors, so that it is
	// probably from a proxy in front of the server.
	Gateway bool
}

// informational is how many answers may come before the final one.
const informational = 10

// Do makes one request, and returns nil or an *Error. It ends with ctx, and at
// the latest after the client's timeout.
func (c *Client) Do(ctx context.Context, r Request) error {
	failure := &Error{Method: r.Method, Address: r.Address.String(), Path: r.Path}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout,
		fmt.Errorf("no answer within %v: %w", c.timeout, context.DeadlineExceeded))
	defer cancel()
	token, err := c.askToken(ctx)
	if err != nil {
		failure.Err = err
		return failure
	}
	progress := progress{secrets: append([]string{token}, r.Secrets...)}
	request, err := c.newRequest(progress.tracing(ctx), r, token, &progress)
	if err != nil {
		failure.Err = err
		return failure
	}
	answered, err := c.exchange(request, r, failure, &progress)
	if err == nil {
		if answered {
			return nil
		}
		return failure
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		c.connections.renew(progress.used)
	}
	if ctx.Err() != nil {
		err = lifetime.Err(ctx)
	}
	failure.Err = err
	failure.MaybeDone = r.Method != http.MethodGet && failure.Status < 300 && (progress.sent.Load() || !c.connections.traced())
	return failure
}

// exchange sends the request and reads the answer. It is answered if the answer
// is a success and complete. Of another answer it fills in the failure. An error
// means that there is no whole answer, or one that can't be understood. What comes
// from outside is redacted here, where it comes in, so that texts of our own stay
// as they are.
func (c *Client) exchange(request *http.Request, r Request, failure *Error, progress *progress) (answered bool, err error) {
	response, err := c.http.Do(request)
	hide := c.redactor(request, progress)
	if err != nil {
		return false, hide.Error(withoutURL(err))
	}
	defer response.Body.Close()
	if c.answered != nil {
		c.answered(response.Header)
	}
	response.Body = redactedBody{response.Body, hide}
	failure.Status = response.StatusCode
	switch {
	case response.StatusCode < 200:
		return false, errors.New("answer isn't final")
	case !slices.Contains(r.Status, response.StatusCode):
		return false, refused(response, r, failure, hide)
	case r.Data == nil:
		return true, discard(response.Body)
	}
	return true, readData(jsonread.New(request.Context(), response.Body, c.limit), r)
}

// redactedBody is a body whose errors, which may repeat what the server said,
// can be shown.
type redactedBody struct {
	io.ReadCloser
	hide redact.Redactor
}

func (b redactedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = b.hide.Error(err)
	}
	return n, err
}

// readData reads the answer's data.
func readData(r *jsonread.Reader, expected Request) error {
	if !r.AtObject() && r.Err() == nil {
		return errors.New("answer is malformed: it is no JSON object")
	}
	found := false
	if expected.Bare {
		found = expected.Data(r)
	} else {
		for ok := r.Object(); ok && r.Field(); {
			if string(r.Key()) == "data" {
				found = expected.Data(r)
			} else {
				r.Skip()
			}
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	if problems := r.Problems(); !found && len(problems) > 0 {
		return fmt.Errorf("answer is malformed: %s", problems[0])
	}
	if !found {
		return errors.New("answer is malformed: it has no data")
	}
	return nil
}

// discard reads a body that isn't needed, so that its connection can be used again.
// One that is long is left.
func discard(body io.Reader) error {
	if _, err := io.CopyN(io.Discard, body, longestMessage); err != nil && err != io.EOF {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// once is a body that net/http can't send again by itself.
type once struct{ io.Reader }

func (c *Client) newRequest(ctx context.Context, r Request, token string, progress *progress) (*http.Request, error) {
	var body io.Reader
	if r.Method != http.MethodGet {
		body = once{bytes.NewReader(r.Body)}
	}
	sent, err := http.NewRequestWithContext(ctx, r.Method, r.Address.HTTP(r.Path), body)
	if err != nil {
		return nil, err
	}
	sent.URL.RawQuery = r.Query
	sent.ContentLength = int64(len(r.Body))
	sent.Host = c.host // That of the URL if it is empty.
	sent.Header = c.header()
	if sent.Header == nil {
		sent.Header = http.Header{}
	}
	if sent.Header.Get("User-Agent") == "" {
		sent.Header.Set("User-Agent", "jellyfish-go")
	}
	sent.Header.Set("Accept", "application/json")
	sent.Header.Set("Authorization", "Bearer "+token)
	if r.Body != nil {
		// With any other type the server ignores the body without a word.
		sent.Header.Set("Content-Type", cmp.Or(r.ContentType, "application/json"))
	}
	if r.Method != http.MethodGet && c.connections.traced() {
		progress.rewinding(sent, r.Body)
	}
	return sent, nil
}

// progress is how far a request has come, and what was sent with it.
type progress struct {
	mu      sync.Mutex
	secrets []string // The token, those of the body, and the proxy's.
	used    http.RoundTripper

	sent          atomic.Bool // Its head was written, or is about to be.
	http2         atomic.Bool // It goes over HTTP/2.
	informational atomic.Int32
}

// progressKey is that of the progress of a request in its context.
type progressKey struct{}

func progressOf(ctx context.Context) *progress { return ctx.Value(progressKey{}).(*progress) }

// sentToProxy notes what is sent to a proxy on behalf of the context's request.
func sentToProxy(ctx context.Context, secrets []string) {
	p := progressOf(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, secrets...)
}

// tracing returns a context with which net/http reports progress, and which ends a
// request whose informational answers don't end.
func (p *progress) tracing(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, progressKey{}, p)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// Asked for again only if nothing was written.
		GetConn: func(string) { p.sent.Store(false) },
		GotConn: func(info httptrace.GotConnInfo) {
			encrypted, ok := info.Conn.(interface{ ConnectionState() tls.ConnectionState })
			p.http2.Store(ok && encrypted.ConnectionState().NegotiatedProtocol == "h2")
		},
		WroteHeaders: func() { p.sent.Store(true) },
		Got1xxResponse: func(status int, _ textproto.MIMEHeader) error {
			if p.informational.Add(1) > informational {
				return fmt.Errorf("more than %d informational answers, the last with HTTP %d", informational, status)
			}
			return nil
		},
	})
}

// rewinding lets net/http send a request that changes something on another
// connection where it wrote none of it to the first, which the server had closed.
// It does the same after the request was written, where it finds an
// Idempotency-Key, so that is spelt as it doesn't look for it, and over HTTP/2
// after some errors of the server's, so there it gets no second body.
func (p *progress) rewinding(sent *http.Request, body []byte) {
	sent.GetBody = func() (io.ReadCloser, error) {
		if p.http2.Load() && p.sent.Load() {
			return nil, errors.New("connection ended before the answer")
		}
		return io.NopCloser(bytes.NewReader(body)), nil
	}
	for _, key := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if values, ok := sent.Header[key]; ok {
			delete(sent.Header, key)
			sent.Header[strings.ToLower(key)] = values
		}
	}
}

// redactor hides what was sent with a call and mustn't show.
func (c *Client) redactor(sent *http.Request, progress *progress) redact.Redactor {
	secrets := append(redact.HeaderSecrets(c.header()), c.connections.secrets...)
	cookies := redact.HeaderSecrets(http.Header{"Cookie": sent.Header["Cookie"]})
	progress.mu.Lock()
	defer progress.mu.Unlock()
	return redact.New(slices.Concat(progress.secrets, secrets, cookies)...)
}

// withoutURL returns the error without the URL that package http adds.
func withoutURL(err error) error {
	var added *url.Error
	if errors.As(err, &added) {
		err = added.Err
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("connection ended before the answer: %w", err)
		}
	}
	return err
}
