package rest

import (
	"bytes"
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

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// maxInformational is how many informational responses may precede the final one.
const maxInformational = 10

// once is a body that net/http can't rewind by itself.
type once struct{ io.Reader }

func (c *Client) newRequest(ctx context.Context, method, target string, body Encoded, token string, progress *progress) (*http.Request, error) {
	var text io.Reader
	if method != http.MethodGet {
		text = once{bytes.NewReader(body.Text)}
	}
	sent, err := http.NewRequestWithContext(ctx, method, target, text)
	if err != nil {
		return nil, err
	}
	sent.ContentLength = int64(len(body.Text))
	sent.Host = c.host // If empty, that of the URL.
	sent.Header = c.header()
	if sent.Header == nil {
		sent.Header = http.Header{}
	}
	if sent.Header.Get("User-Agent") == "" {
		sent.Header.Set("User-Agent", "jellyfish-go")
	}
	sent.Header.Set("Accept", "application/json")
	sent.Header.Set("Authorization", "Bearer "+token)
	if c.apiClient != "" {
		sent.Header.Set("X-Fishjam-Api-Client", c.apiClient)
	}
	if body.ContentType != "" {
		sent.Header.Set("Content-Type", body.ContentType)
	}
	if method != http.MethodGet && c.connections.traced() {
		progress.rewinding(sent, body.Text)
	}
	return sent, nil
}

// progress is how far a request has got, and which secrets were sent with it.
type progress struct {
	mu      sync.Mutex
	secrets []string // The token, those of the body, and the proxy's.
	used    http.RoundTripper

	sent          atomic.Bool // Whether its header was written, or is about to be.
	http2         atomic.Bool // Whether it goes over HTTP/2.
	informational atomic.Int32
}

// progressKey is the context key of a request's progress.
type progressKey struct{}

func progressOf(ctx context.Context) *progress { return ctx.Value(progressKey{}).(*progress) }

// sentToProxy records the secrets sent to a proxy for the context's request.
func sentToProxy(ctx context.Context, secrets []string) {
	p := progressOf(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, secrets...)
}

// tracing returns a context with which net/http reports progress, and which ends a
// request with too many informational responses.
func (p *progress) tracing(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, progressKey{}, p)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// Called again only if nothing was written.
		GetConn: func(string) { p.sent.Store(false) },
		GotConn: func(info httptrace.GotConnInfo) {
			encrypted, ok := info.Conn.(interface{ ConnectionState() tls.ConnectionState })
			p.http2.Store(ok && encrypted.ConnectionState().NegotiatedProtocol == "h2")
		},
		WroteHeaders: func() { p.sent.Store(true) },
		Got1xxResponse: func(status int, _ textproto.MIMEHeader) error {
			if p.informational.Add(1) > maxInformational {
				return fmt.Errorf("more than %d informational responses, the last with HTTP %d", maxInformational, status)
			}
			return nil
		},
	})
}

// rewinding lets net/http move a request that changes something to another connection
// if the server had closed the first and nothing was written to it. net/http would
// also repeat a request that was written if it has an Idempotency-Key, so the key is
// spelt in a way that net/http doesn't recognize; and over HTTP/2 after some errors of
// the server, so it gets no second body there.
func (p *progress) rewinding(sent *http.Request, body []byte) {
	sent.GetBody = func() (io.ReadCloser, error) {
		if p.http2.Load() && p.sent.Load() {
			return nil, errors.New("connection ended before the response")
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

// redactor returns what hides the secrets that were sent with a call.
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
			err = fmt.Errorf("connection ended before the response: %w", err)
		}
	}
	return err
}
