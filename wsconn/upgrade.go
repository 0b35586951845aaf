package wsconn

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
	"github.com/jellyfish-dev/jellyfish-go/internal/dial"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

const (
	// bodyTime is how long to wait for the body of a refusal, and bodyRead how much of
	// it is read.
	bodyTime = 100 * time.Millisecond
	bodyRead = 4 << 10
	// maxBody and maxStatus are how many bytes are shown.
	maxBody   = 300
	maxStatus = 200
)

// upgrade is one attempt to upgrade a connection to a WebSocket. It is the transport of
// the upgrade request: it keeps the raw connections that are dialled, so that they can
// be cut below TLS at any moment, checks the response, and puts a frameReader in front
// of the bytes that arrive.
type upgrade struct {
	cfg      Config
	base     http.RoundTripper
	clone    *http.Transport // The same, if it is our own.
	bounds   dial.Bounds
	secrets  []string
	redactor redact.Redactor // For our secrets and the proxy's.
	step     atomic.Pointer[string]
	answered atomic.Bool // The server has begun to respond.
	activity *activity   // Once the connection is upgraded, like the frameReader.
	frames   *frameReader

	mu   sync.Mutex
	cut  bool
	open []io.Closer
}

// newUpgrade clones the client's transport, if it can, for an attempt that ends
// with ctx.
func newUpgrade(ctx context.Context, cfg Config, token string) *upgrade {
	u := &upgrade{cfg: cfg, base: cfg.HTTPClient.Transport}
	u.secrets = append(redact.HeaderSecrets(withoutHost(cfg.Header)), token)
	u.redactor = redact.New(u.secrets...)
	u.at("dial")
	if u.base == nil {
		u.base = http.DefaultTransport
	}
	if original, ok := u.base.(*http.Transport); ok {
		u.bounds = dial.Bounds{Lifetime: ctx, Keep: func(c net.Conn) bool { return u.keep(c) }}
		u.clone = u.bounds.Clone(original)
		u.base = u.clone
		// A WebSocket is upgraded from HTTP/1.1.
		u.clone.Protocols = new(http.Protocols)
		u.clone.Protocols.SetHTTP1(true)
	}
	return u
}

func (u *upgrade) at(step string) { u.step.Store(&step) }

// keep remembers c, or closes it if the connection was cut already.
func (u *upgrade) keep(c io.Closer) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cut {
		_ = c.Close()
		return false
	}
	u.open = append(u.open, c)
	return true
}

// end cuts what was dialled, and whatever is dialled later.
func (u *upgrade) end() {
	u.mu.Lock()
	u.cut = true
	open := u.open
	u.open = nil
	u.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
}

func withoutHost(header http.Header) http.Header {
	header = header.Clone()
	header.Del("Host")
	return header
}

// failure removes what the layers above add to an error. What RoundTrip returned may be
// shown.
func (u *upgrade) failure(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return u.redactor.Error(withoutLayers(err))
}

// fromOutside returns an error of net/http that may be shown. A proxy's error has been
// redacted already, and the rest of the text is our own.
func (u *upgrade) fromOutside(err error) error {
	var refused *dial.ProxyError
	if errors.As(err, &refused) {
		return err
	}
	return u.redactor.Error(err)
}

// RoundTrip makes the request and wraps the connection that it upgrades. Any other
// response is an error.
func (u *upgrade) RoundTrip(request *http.Request) (*http.Response, error) {
	if u.clone != nil {
		secrets, err := u.bounds.Tunnel(u.clone, request)
		if err != nil {
			return nil, u.fromOutside(err)
		}
		u.secrets = append(u.secrets, secrets...)
	}
	cookies := redact.HeaderSecrets(http.Header{"Cookie": request.Header["Cookie"]})
	u.redactor = redact.New(append(u.secrets, cookies...)...)
	trace := &httptrace.ClientTrace{
		TLSHandshakeStart:    func() { u.at("TLS handshake") },
		GotConn:              func(httptrace.GotConnInfo) { u.at("upgrade") },
		GotFirstResponseByte: func() { u.answered.Store(true) },
	}
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	response, err := u.base.RoundTrip(request)
	if err != nil {
		return nil, u.fromOutside(err)
	}
	u.answered.Store(true)
	if u.clone == nil && !u.keep(response.Body) {
		return nil, net.ErrClosed
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, u.refusal(response)
	}
	if why := u.invalidUpgrade(request, response.Header); why != "" {
		return nil, errors.New("server's HTTP 101 is no upgrade to a WebSocket: " + why)
	}
	body, ok := response.Body.(io.ReadWriteCloser)
	if !ok {
		return nil, fmt.Errorf("the HTTP client can't upgrade a connection: its body is a %T", response.Body)
	}
	u.activity = newActivity(u.cfg.now)
	u.frames = newFrameReader(body, u.activity, u.cfg.ReadLimit)
	u.frames.beforeRead = u.cfg.BeforeRead
	response.Body = u.frames
	return response, nil
}

// refusal returns the error for a response that isn't an upgrade. A rejection is known
// by its head; for other responses, what arrives of the body says more.
func (u *upgrade) refusal(response *http.Response) error {
	refused := &StatusError{
		Code:       response.StatusCode,
		Status:     redact.Cut(u.redactor.Text(response.Status), maxStatus),
		RetryAfter: backoff.RetryAfter(response.StatusCode, response.Header),
	}
	if response.StatusCode == http.StatusUnauthorized {
		return Reject(refused)
	}
	late := time.AfterFunc(bodyTime, u.end)
	defer late.Stop()
	body, _ := io.ReadAll(io.LimitReader(response.Body, bodyRead))
	refused.Body = redact.Cut(u.redactor.Text(string(body)), maxBody)
	return refused
}

// invalidUpgrade returns what is wrong with a 101 response, if anything is (RFC 6455,
// section 4.1). The library would first wait for a body that never arrives.
func (u *upgrade) invalidUpgrade(request *http.Request, header http.Header) string {
	said := func(name string) string { return redact.Cut(u.redactor.Text(header.Get(name)), maxStatus) }
	switch {
	case !hasToken(header, "Upgrade", "websocket"):
		return fmt.Sprintf("its Upgrade header is %q", said("Upgrade"))
	case !hasToken(header, "Connection", "upgrade"):
		return fmt.Sprintf("its Connection header is %q", said("Connection"))
	case header.Get("Sec-WebSocket-Accept") != acceptKey(request.Header.Get("Sec-WebSocket-Key")):
		return "its Sec-WebSocket-Accept isn't the answer to this request"
	case header.Get("Sec-WebSocket-Extensions") != "":
		return fmt.Sprintf("it wants the extension %q, which nobody asked for", said("Sec-WebSocket-Extensions"))
	case header.Get("Sec-WebSocket-Protocol") != "":
		return fmt.Sprintf("it wants the subprotocol %q, which nobody asked for", said("Sec-WebSocket-Protocol"))
	}
	return ""
}

func hasToken(header http.Header, name, want string) bool {
	for _, value := range header.Values(name) {
		for token := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(token), want) {
				return true
			}
		}
	}
	return false
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// checkSHA1 returns an error if package sha1 panics, as it does if the program may use
// only what FIPS 140-3 approves.
func checkSHA1() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("wsconn: a WebSocket's handshake needs SHA-1 (RFC 6455), which GODEBUG=fips140=only forbids: %v", cause)
		}
	}()
	acceptKey("")
	return nil
}
