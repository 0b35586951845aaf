package stream

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// Backoff configures the wait between attempts to reconnect. Its zero value is full
// jitter between 0 and a ceiling of 100 ms, which doubles after each round of
// addresses up to 30 s, and is reset once a connection was live for 5 s.
type Backoff = wsconn.Backoff

// Secret is a string that is never printed. Use [NewSecret] to create one.
type Secret = secret.Secret

// NewSecret returns a secret that holds the given text.
func NewSecret(text string) Secret { return secret.New(text) }

// Config configures the connection to a server. ServerAddress or FishjamID, and either
// ServerAPIToken or TokenSource, are required; the zero value of every other field
// means its default.
//
// A Config prints without its secrets, whatever the verb. The exception is the values
// of Header if fmt can't call Format: with the verb %p, and in an unexported field of
// another struct.
type Config struct {
	// ServerAddress is host:port, [::1]:5002, host/prefix, or a full http, https, ws
	// or wss URL, whose scheme selects TLS. The path of the server's WebSocket may be
	// included.
	ServerAddress string
	// FishjamID is for hosted Fishjam, instead of ServerAddress, FallbackAddresses and
	// Secure: the id that its dashboard shows, or a full URL, such as
	// https://fishjam.io/api/v1/connect/0123456789abcdef. The token is then the
	// management token. Hosted Fishjam sends no metrics.
	FishjamID string
	// FallbackAddresses are further nodes of the same cluster, tried in turn after
	// ServerAddress. There is only one connection at a time; it receives the
	// notifications of all nodes.
	FallbackAddresses []string
	// ServerAPIToken is the server's API token, made with [NewSecret].
	ServerAPIToken Secret
	// TokenSource is called for the token before each attempt to connect, instead of
	// using ServerAPIToken. It runs in its own goroutine, and its context ends with
	// the attempt. An error counts as an outage and is retried, and so does a token
	// that can't be sent unchanged.
	TokenSource func(context.Context) (string, error)
	// Secure uses TLS if an address has no scheme.
	Secure bool
	// Header is sent with each request to connect. Its Host, if any, is sent as the
	// request's Host.
	Header http.Header
	// HTTPClient makes the requests to connect: its Transport's proxy, TLS and dial
	// settings are used, its Timeout and CheckRedirect are not. Redirects are
	// refused. An HTTP proxy is used with CONNECT, even without TLS. Nil means the
	// settings of [http.DefaultTransport], which honour HTTP_PROXY.
	HTTPClient *http.Client
	// Logger logs lost connections and similar events; nil disables logging. Its
	// handler must not block.
	Logger *slog.Logger
	// ConnectTimeout limits Open as a whole, each later attempt to connect, and the
	// time that Subscribe waits for a connection; 0 means 10 s.
	ConnectTimeout time.Duration
	// WaitForServer makes Open try until it has connected or its context ends.
	WaitForServer bool
	// Backoff spaces the attempts to reconnect.
	Backoff Backoff
	// ReadLimit is the size in bytes of the largest message accepted; 0 means 16 MiB.
	// A larger one ends the connection, which is marked with a Gap.
	ReadLimit int64
}

const (
	defaultConnectTimeout = 10 * time.Second
	socketPath            = "/socket/server/websocket"
)

// Format prints the configuration without its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "stream.Config%v", c.shown())
}

// LogValue returns the configuration without its secrets.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

// shown returns what may be shown of a configuration.
func (c Config) shown() []slog.Attr {
	names := make([]string, 0, len(c.Header))
	for name := range c.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	fallbacks := make([]string, len(c.FallbackAddresses))
	for i, text := range c.FallbackAddresses {
		fallbacks[i] = shownAddress(text)
	}
	return []slog.Attr{
		c.shownServer(),
		slog.Any("FallbackAddresses", fallbacks),
		slog.Bool("ServerAPIToken set", !c.ServerAPIToken.IsZero()),
		slog.Bool("TokenSource set", c.TokenSource != nil),
		slog.Bool("Secure", c.Secure),
		slog.Any("Header names", names),
		slog.Duration("ConnectTimeout", c.ConnectTimeout),
		slog.Bool("WaitForServer", c.WaitForServer),
		slog.Any("Backoff", c.Backoff),
		slog.Int64("ReadLimit", c.ReadLimit),
	}
}

// shownServer returns what may be shown of the server's address.
func (c Config) shownServer() slog.Attr {
	if c.FishjamID == "" {
		return slog.String("ServerAddress", shownAddress(c.ServerAddress))
	}
	if a, err := address.Fishjam(c.FishjamID); err == nil {
		return slog.String("FishjamID", a.String())
	}
	return slog.String("FishjamID", "invalid")
}

func shownAddress(text string) string {
	a, err := address.Parse(text, false)
	if err != nil {
		return "invalid"
	}
	return a.String()
}

// connection checks the configuration and returns the settings of the connection, and
// its addresses.
func (c Config) connection() (wsconn.Config, []address.Address, error) {
	addresses, err := c.addresses()
	if err != nil {
		return wsconn.Config{}, nil, err
	}
	token, err := c.token()
	if err != nil {
		return wsconn.Config{}, nil, err
	}
	header, err := checkHeader(c.Header)
	if err != nil {
		return wsconn.Config{}, nil, err
	}
	if err := c.checkNumbers(); err != nil {
		return wsconn.Config{}, nil, err
	}
	endpoints := make([]wsconn.Endpoint, len(addresses))
	for i, a := range addresses {
		endpoints[i] = wsconn.Endpoint{Name: a.String(), URL: a.WebSocket(socketPath)}
	}
	return wsconn.Config{
		Endpoints:      endpoints,
		Token:          token,
		Header:         header,
		HTTPClient:     c.HTTPClient,
		ConnectTimeout: c.connectTimeout(),
		WaitForServer:  c.WaitForServer,
		Backoff:        c.Backoff,
		ReadLimit:      c.ReadLimit,
		Logger:         c.Logger,
	}, addresses, nil
}

func (c Config) addresses() ([]address.Address, error) {
	if c.FishjamID != "" {
		return c.fishjam()
	}
	first, err := address.Parse(c.ServerAddress, c.Secure)
	if err != nil {
		return nil, &InputError{Field: "ServerAddress", Err: err}
	}
	addresses := []address.Address{first}
	for i, text := range c.FallbackAddresses {
		a, err := address.Parse(text, c.Secure)
		if err != nil {
			return nil, &InputError{Field: fmt.Sprintf("FallbackAddresses[%d]", i), Err: err}
		}
		addresses = append(addresses, a)
	}
	return addresses, nil
}

// fishjam returns the address of hosted Fishjam.
func (c Config) fishjam() ([]address.Address, error) {
	for _, other := range []struct {
		field string
		set   bool
	}{
		{"ServerAddress", c.ServerAddress != ""},
		{"FallbackAddresses", len(c.FallbackAddresses) > 0},
		{"Secure", c.Secure},
	} {
		if other.set {
			return nil, input.New(other.field, "must not be set beside FishjamID")
		}
	}
	a, err := address.Fishjam(c.FishjamID)
	if err != nil {
		return nil, &InputError{Field: "FishjamID", Err: err}
	}
	return []address.Address{a}, nil
}

func (c Config) token() (func(context.Context) (string, error), error) {
	switch {
	case c.TokenSource != nil && !c.ServerAPIToken.IsZero():
		return nil, input.New("TokenSource", "must not be set beside ServerAPIToken")
	case c.TokenSource != nil:
		return checkedSource(c.TokenSource), nil
	}
	if err := c.ServerAPIToken.Check(); err != nil {
		return nil, &InputError{Field: "ServerAPIToken", Err: err}
	}
	return func(context.Context) (string, error) { return c.ServerAPIToken.Reveal(), nil }, nil
}

// checkedSource returns a source that fails if the token can't be sent.
func checkedSource(source func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		token, err := source(ctx)
		if err != nil {
			return token, err // Returned so that it can be redacted from the error.
		}
		if err := NewSecret(token).Check(); err != nil {
			return "", input.New("TokenSource", "the token that it returned %w", err)
		}
		return token, nil
	}
}

// checkHeader returns the header with canonical names.
func checkHeader(header http.Header) (http.Header, error) {
	canonical, err := input.Header(header)
	if err != nil {
		return nil, err
	}
	for name := range canonical {
		if name == "Connection" || name == "Upgrade" || strings.HasPrefix(name, "Sec-Websocket-") {
			return nil, input.New("Header", "must not hold %s, which is the handshake's", name)
		}
	}
	return canonical, nil
}

func (c Config) checkNumbers() error {
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"ConnectTimeout", int64(c.ConnectTimeout)},
		{"Backoff.Base", int64(c.Backoff.Base)},
		{"Backoff.Cap", int64(c.Backoff.Cap)},
		{"Backoff.Healthy", int64(c.Backoff.Healthy)},
		{"ReadLimit", c.ReadLimit},
	} {
		if field.value < 0 {
			return input.New(field.name, "must not be negative")
		}
	}
	return nil
}

func (c Config) connectTimeout() time.Duration {
	if c.ConnectTimeout == 0 {
		return defaultConnectTimeout
	}
	return c.ConnectTimeout
}

func orSilent(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return logger
}
