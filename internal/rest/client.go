// Package rest is the common part of REST clients: it makes one request per call,
// within limits of time and memory, hides the secrets that were sent, and reports why
// there is no response.
package rest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

// ErrTooLarge means that a response is longer than ReadLimit, or that decoding it
// would take too much memory.
var ErrTooLarge = jsonread.ErrTooLarge

// Config configures a [Client]. All fields but the token may be zero.
type Config struct {
	// ServerAPIToken is sent with each request, or what TokenSource returns.
	ServerAPIToken secret.Secret
	TokenSource    func(context.Context) (string, error)
	// Header is sent along; its Host is the request's.
	Header     http.Header
	HTTPClient *http.Client
	Timeout    time.Duration // Of a call as a whole; 0 means 10 s.
	ReadLimit  int64         // Of a response, in bytes; 0 means 64 MiB.
	Logger     *slog.Logger  // Nil disables logging.
	// TokenField is what the user's configuration calls ServerAPIToken.
	TokenField string
	// APIClient is sent as x-fishjam-api-client, unless it is empty.
	APIClient string
	// DetailFirst makes "detail" the text of an error that has "errors" as well.
	DetailFirst bool
	// Sentinel returns the sentinel for a response that is an error, or nil. It is
	// required.
	Sentinel func(Call, Refusal) error
	// OnResponse is called with the header of each response, and with what hides the
	// secrets that were sent. It may be nil.
	OnResponse func(context.Context, http.Header, redact.Redactor)
}

const (
	defaultTimeout   = 10 * time.Second
	defaultReadLimit = 64 << 20
)

// Client makes requests to any server. It is safe for concurrent use.
type Client struct {
	timeout     time.Duration
	limit       int64
	http        *http.Client
	connections *connections
	logger      *slog.Logger
	apiClient   string
	detailFirst bool
	sentinel    func(Call, Refusal) error
	onResponse  func(context.Context, http.Header, redact.Redactor)
	// The numbers of Stats.
	odd, leftOut atomic.Uint64
	// Functions, so that no way of printing a Client shows their secrets.
	token  func(context.Context) (string, error)
	header func() http.Header // Without the host.
	host   string
}

// New returns a client. It doesn't connect yet. Its error is an *input.Error.
func New(cfg Config) (*Client, error) {
	switch {
	case cfg.Timeout < 0:
		return nil, input.New("Timeout", "must not be negative")
	case cfg.ReadLimit < 0:
		return nil, input.New("ReadLimit", "must not be negative")
	}
	token, err := tokenOf(cfg)
	if err != nil {
		return nil, err
	}
	header, err := input.Header(cfg.Header)
	if err != nil {
		return nil, err
	}
	host := header.Get("Host")
	header.Del("Host")
	c := &Client{
		timeout:     cfg.Timeout,
		limit:       cfg.ReadLimit,
		logger:      cfg.Logger,
		apiClient:   cfg.APIClient,
		detailFirst: cfg.DetailFirst,
		sentinel:    cfg.Sentinel,
		onResponse:  cfg.OnResponse,
		token:       token,
		header:      header.Clone,
		host:        host,
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.limit == 0 {
		c.limit = defaultReadLimit
	}
	c.http, c.connections = newHTTPClient(cfg.HTTPClient, c.timeout)
	return c, nil
}

func tokenOf(cfg Config) (func(context.Context) (string, error), error) {
	if cfg.TokenSource != nil {
		if !cfg.ServerAPIToken.IsZero() {
			return nil, input.New("TokenSource", "must not be set along with %s", cfg.TokenField)
		}
		return cfg.TokenSource, nil
	}
	if err := cfg.ServerAPIToken.Check(); err != nil {
		return nil, &input.Error{Field: cfg.TokenField, Err: err}
	}
	token := cfg.ServerAPIToken
	return func(context.Context) (string, error) { return token.Reveal(), nil }, nil
}

// CloseIdleConnections closes the connections that no call is using.
func (c *Client) CloseIdleConnections() { c.connections.CloseIdleConnections() }

// askToken returns the token for a request.
func (c *Client) askToken(ctx context.Context) (string, error) {
	token, err := c.token(ctx)
	if err != nil {
		secrets := append(redact.HeaderSecrets(c.header()), token)
		return "", fmt.Errorf("token: %w", redact.New(secrets...).Error(err))
	}
	if err := secret.New(token).Check(); err != nil {
		return "", fmt.Errorf("token of the source %w", err)
	}
	return token, nil
}
