package rooms

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

// Secret is a string that is never printed: not by fmt with any verb, encoding/json
// or log/slog. Its method Reveal returns the string, IsZero reports whether it is
// empty, and Equal compares two.
type Secret = secret.Secret

// NewSecret returns a secret that holds the given text; for an empty text it is
// the zero value.
func NewSecret(text string) Secret { return secret.New(text) }

// InputError is a field of a [Config] or of options, or an argument, that was
// refused before anything was sent. Its Field is the name, such as
// "ServerAddress", "roomID" or "HLSOptions.S3", and its Err says what is wrong
// with it, without its secrets. It is [ErrInvalid] to errors.Is.
type InputError = input.Error

// Config configures a [Client]. ServerAddress and either ServerAPIToken or
// TokenSource are required; the zero value of every other field means its default.
// Fields with the same meaning as in stream.Config have the same names.
//
// When a Config is printed, only the names of its Header are shown, unless the
// Config is in an unexported field of another struct or printed with the verb %p.
type Config struct {
	// ServerAddress is host:port, [::1]:5002, host/prefix, or a full http, https,
	// ws or wss URL, whose scheme selects TLS.
	ServerAddress string
	// ServerAPIToken is the server's API token. One that can't be sent unchanged,
	// such as one with a trailing newline, is refused.
	ServerAPIToken Secret
	// TokenSource is called for the token before each request, instead of using
	// ServerAPIToken. It runs on the caller's goroutine, must return when its
	// context ends, and may be called concurrently.
	TokenSource func(context.Context) (string, error)
	// Secure uses TLS if an address has no scheme.
	Secure bool
	// Header is sent with each request. Its Host, if any, is sent as the request's
	// Host, to all nodes.
	Header http.Header
	// HTTPClient makes the requests: its Transport's proxy, TLS and dial settings
	// and its Jar are used, its Timeout and CheckRedirect are not. Redirects are
	// refused. Nil means the settings of [http.DefaultTransport], which honour
	// HTTP_PROXY. A Transport that isn't an *http.Transport is used as it is: it must
	// return when the request's context ends, and send each request once.
	HTTPClient *http.Client
	// Timeout limits each call, including reading the response; 0 means 10 s.
	Timeout time.Duration
	// ReadLimit is the size in bytes of the largest response accepted; 0 means
	// 64 MiB. A list of 10,000 rooms with 10 peers each is about 20 MB. Decoding a
	// response uses at most four times as much memory.
	ReadLimit int64
	// Logger gets one line for each response of which a part couldn't be read. Nil
	// disables logging.
	Logger *slog.Logger
}

// Format prints the configuration without its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "rooms.Config%v", c.shown()) }

// LogValue returns the configuration without its secrets.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

func (c Config) shown() []slog.Attr {
	shownAddress := "invalid"
	if a, err := address.Parse(c.ServerAddress, false); err == nil {
		shownAddress = a.String()
	}
	return []slog.Attr{
		slog.String("ServerAddress", shownAddress),
		slog.Bool("ServerAPIToken set", !c.ServerAPIToken.IsZero()),
		slog.Bool("TokenSource set", c.TokenSource != nil),
		slog.Bool("Secure", c.Secure),
		slog.Any("Header names", slices.Sorted(maps.Keys(c.Header))),
		slog.Duration("Timeout", c.Timeout),
		slog.Int64("ReadLimit", c.ReadLimit),
	}
}

// Client is a client for one server, or one node of a cluster. Use [New] to create
// one. It is safe for concurrent use, and needn't be closed: idle connections
// are closed after 4 seconds.
type Client struct {
	address address.Address
	rest    *rest.Client // Shared with the clients for other nodes.
}

// Stats are counts since the client was created, of it and of all clients derived
// from it with [Client.At].
type Stats struct {
	// OddRooms is the number of rooms, in all responses, that had Problems.
	OddRooms uint64
	// RoomsLeftOut is the number of list elements that List left out because they
	// weren't rooms or had no id.
	RoomsLeftOut uint64
}

// New returns a client. It doesn't connect yet: an unreachable server is reported
// by the first call. Its error is an [*InputError].
func New(cfg Config) (*Client, error) {
	server, err := address.Parse(cfg.ServerAddress, cfg.Secure)
	if err != nil {
		return nil, &input.Error{Field: "ServerAddress", Err: err}
	}
	requests, err := rest.New(rest.Config{
		ServerAPIToken: cfg.ServerAPIToken,
		TokenSource:    cfg.TokenSource,
		Header:         cfg.Header,
		HTTPClient:     cfg.HTTPClient,
		Timeout:        cfg.Timeout,
		ReadLimit:      cfg.ReadLimit,
		Logger:         cfg.Logger,
		TokenField:     "ServerAPIToken",
		Sentinel:       sentinel,
	})
	if err != nil {
		return nil, err
	}
	return &Client{server, requests}, nil
}

// At returns a client for another node of the cluster, such as the one that
// [Created].Address names. Token, TLS, HTTP settings and idle connections are
// shared with c. An address without a scheme uses TLS if c does; an address that
// is malformed, or whose scheme would drop TLS, is refused with an [*InputError].
func (c *Client) At(node string) (*Client, error) {
	parsed, err := address.Parse(node, c.address.Secure())
	if err != nil {
		return nil, &input.Error{Field: "node", Err: err}
	}
	return &Client{parsed, c.rest}, nil
}

// Address returns the address of the client's server, without a scheme: host, port
// and prefix.
func (c *Client) Address() string { return c.address.String() }

// Stats returns the current counts.
func (c *Client) Stats() Stats {
	counts := c.rest.Stats()
	return Stats{OddRooms: counts.Odd, RoomsLeftOut: counts.LeftOut}
}

// CloseIdleConnections closes the connections that no call is using, of this client
// and of all clients that share its connections through [Client.At]. Calls in
// progress continue, and new ones may be made.
func (c *Client) CloseIdleConnections() { c.rest.CloseIdleConnections() }

// do makes a call. Its errors are an *InputError or an *Error.
func (c *Client) do(ctx context.Context, call rest.Call) error {
	return c.rest.Do(ctx, c.address, call)
}

func (c *Client) url(pattern string, ids ...string) (string, error) {
	path, err := rest.Expand(pattern, ids...)
	if err != nil {
		return "", err
	}
	return c.address.HTTP(path), nil
}
