package wsconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Endpoint is one address at which the server can be reached.
type Endpoint struct {
	// Name is the name of the endpoint in errors and log lines.
	Name string
	// URL is its ws or wss URL.
	URL string
}

func (e Endpoint) valid() bool {
	u, err := url.Parse(e.URL)
	return err == nil && (u.Scheme == "ws" || u.Scheme == "wss") && u.Host != ""
}

// Handshake prepares a new connection for use, by sending and receiving messages,
// within the time limit of the attempt. An error ends the attempt; one made by
// [Reject] means that the server refused the token.
type Handshake func(socket *Socket, token string) error

// Config configures a [Conn]. Endpoints, Token and Handshake are required; the zero
// value of every other field means its default.
type Config struct {
	// Endpoints are tried in turn, one connection at a time.
	Endpoints []Endpoint
	// Token is called before each attempt, in its own goroutine; if it returns an
	// error, the attempt fails. Its context ends with the attempt.
	Token func(context.Context) (string, error)
	// Handshake is run on each new connection.
	Handshake Handshake
	// Header is sent with each upgrade request. Its Host, if any, is sent as the
	// request's Host.
	Header http.Header
	// HTTPClient makes the upgrade request. Its Transport, if it is an
	// *http.Transport, is cloned for each attempt, with its proxy, TLS and dial
	// settings; its Timeout and CheckRedirect are not used, and redirects are
	// refused. Nil means a clone of http.DefaultTransport.
	HTTPClient *http.Client
	// ConnectTimeout limits each attempt, and the first round of attempts as a whole;
	// 0 means 10 s.
	ConnectTimeout time.Duration
	// WaitForServer makes Dial try until its context ends, instead of once per
	// endpoint.
	WaitForServer bool
	// Backoff spaces the attempts after the first round.
	Backoff Backoff
	// BeforeRead, if it isn't nil, is called before each wait for bytes, by the
	// goroutine that receives. It must not block.
	BeforeRead func()
	// ReadLimit is the size in bytes of the largest message accepted; 0 means
	// 16 MiB. A larger one ends its connection with [ErrMessageTooBig].
	ReadLimit int64
	// Logger logs failed attempts while Dial waits for the server; nil disables
	// logging. Its handler must not block.
	Logger *slog.Logger

	now func() moment // For tests; nil means the system's clocks.
}

const (
	defaultConnectTimeout = 10 * time.Second
	defaultReadLimit      = 16 << 20
)

// Backoff configures the wait before an attempt to reconnect: a random time between 0
// and a ceiling ("full jitter"). The ceiling starts at Base and doubles after each
// round of attempts, in which every address is tried once, up to Cap. It is reset
// once a connection has been live for Healthy, so that a server that accepts and then
// drops connections isn't dialled in a tight loop. An address that responded with 429
// or 503 and a Retry-After isn't dialled for that long, at most 2 minutes, and the
// random wait is added.
type Backoff struct {
	// Base is the first ceiling; 0 means 100 ms.
	Base time.Duration
	// Cap is the highest ceiling; 0 means 30 s.
	Cap time.Duration
	// Healthy is how long a connection must have been live to count as a success;
	// 0 means 5 s.
	Healthy time.Duration
}

func (b Backoff) withDefaults() Backoff {
	if b.Base == 0 {
		b.Base = 100 * time.Millisecond
	}
	if b.Cap == 0 {
		b.Cap = 30 * time.Second
	}
	if b.Healthy == 0 {
		b.Healthy = 5 * time.Second
	}
	return b
}

func (c Config) withDefaults() (Config, error) {
	switch {
	case len(c.Endpoints) == 0:
		return c, errors.New("wsconn: Endpoints is empty")
	case c.Token == nil:
		return c, errors.New("wsconn: Token is missing")
	case c.Handshake == nil:
		return c, errors.New("wsconn: Handshake is missing")
	case c.ReadLimit < 0:
		return c, errors.New("wsconn: ReadLimit is negative")
	case c.ConnectTimeout < 0, c.Backoff.Base < 0, c.Backoff.Cap < 0, c.Backoff.Healthy < 0:
		return c, errors.New("wsconn: a duration is negative")
	}
	for i, endpoint := range c.Endpoints {
		if !endpoint.valid() {
			return c, fmt.Errorf("wsconn: Endpoints[%d]: URL is not a ws or wss URL with a host", i)
		}
	}
	if err := checkSHA1(); err != nil {
		return c, err
	}
	c.Backoff = c.Backoff.withDefaults()
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = defaultConnectTimeout
	}
	if c.ReadLimit == 0 {
		c.ReadLimit = defaultReadLimit
	}
	if c.HTTPClient == nil {
		c.HTTPClient = http.DefaultClient
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = systemClock()
	}
	return c, nil
}

// Format prints the endpoints' names and nothing that may be secret, whatever the verb,
// except for %p, with which fmt doesn't call Format.
func (c Config) Format(f fmt.State, _ rune) {
	names := make([]string, len(c.Endpoints))
	for i, e := range c.Endpoints {
		names[i] = e.Name
	}
	fmt.Fprintf(f, "wsconn.Config{Endpoints: %q, …}", names)
}
