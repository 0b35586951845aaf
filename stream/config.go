package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// Backoff says how long to wait between attempts to reconnect. Its zero value
// is full jitter between nothing and a ceiling of 100 ms, which doubles after
// each round of addresses up to 30 s, and starts anew once a connection was live
// for 5 s.
type Backoff = wsconn.Backoff

// Config says which server to connect to, and how. ServerAddress and either
// ServerAPIToken or TokenSource are required; the zero value of every other
// field is its default.
//
// A Config prints without its secrets, whatever the verb. The exception is one
// in an unexported field of another struct, where package fmt can't ask it how.
type Config struct {
	// ServerAddress is host:port, [::1]:5002, host/prefix, or a full http, https,
	// ws or wss URL, whose scheme decides about TLS.
	ServerAddress string
	// FallbackAddresses are further nodes of the same cluster, tried in turn
	// after ServerAddress. There is one connection at a time; it receives the
	// notifications of all nodes.
	FallbackAddresses []string
	// ServerAPIToken is the server's API token.
	ServerAPIToken string
	// TokenSource is asked for the token before each attempt to connect, instead
	// of ServerAPIToken. It runs on a goroutine of its own, and its context ends
	// with the attempt. An error counts as an outage and is retried.
	TokenSource func(context.Context) (string, error)
	// Secure connects over TLS where an address has no scheme.
	Secure bool
	// Header is sent along with each request to connect.
	Header http.Header
	// HTTPClient makes the requests to connect: its Transport's proxy, TLS and
	// dial settings are used, its Timeout and CheckRedirect are not. Redirects
	// are refused. Nil means the settings of [http.DefaultTransport], which
	// honour HTTP_PROXY.
	HTTPClient *http.Client
	// Logger is told of lost connections and the like; nil means silence. Its
	// handler must not block.
	Logger *slog.Logger
	// ConnectTimeout bounds Open as a whole, each later attempt to connect, and
	// how long Subscribe waits for a connection; 0 means 10 s.
	ConnectTimeout time.Duration
	// WaitForServer makes Open wait until the server is there, for as long as its
	// context lives.
	WaitForServer bool
	// Backoff spaces the attempts to reconnect.
	Backoff Backoff
	// ReadLimit is the size in bytes of the largest message accepted; 0 means
	// 16 MiB. A larger one ends the connection, and a Gap tells of it.
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

// shown is what may be seen of a configuration.
func (c Config) shown() []slog.Attr {
	names := make([]string, 0, len(c.Header))
	for name := range c.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	shownAddress := func(text string) string {
		a, err := address.Parse(text, false)
		if err != nil {
			return "invalid"
		}
		return a.String()
	}
	fallbacks := make([]string, len(c.FallbackAddresses))
	for i, text := range c.FallbackAddresses {
		fallbacks[i] = shownAddress(text)
	}
	return []slog.Attr{
		slog.String("ServerAddress", shownAddress(c.ServerAddress)),
		slog.Any("FallbackAddresses", fallbacks),
		slog.Bool("ServerAPIToken set", c.ServerAPIToken != ""),
		slog.Bool("TokenSource set", c.TokenSource != nil),
		slog.Bool("Secure", c.Secure),
		slog.Any("Header names", names),
		slog.Duration("ConnectTimeout", c.ConnectTimeout),
		slog.Bool("WaitForServer", c.WaitForServer),
		slog.Any("Backoff", c.Backoff),
		slog.Int64("ReadLimit", c.ReadLimit),
	}
}

// connection checks the configuration and returns what it means for the
// connection, and its addresses.
func (c Config) connection() (wsconn.Config, []address.Address, error) {
	addresses, err := c.addresses()
	if err != nil {
		return wsconn.Config{}, nil, err
	}
	token, err := c.token()
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
		Header:         c.Header.Clone(),
		HTTPClient:     c.HTTPClient,
		ConnectTimeout: c.connectTimeout(),
		WaitForServer:  c.WaitForServer,
		Backoff:        c.Backoff,
		ReadLimit:      c.ReadLimit,
		Logger:         c.Logger,
	}, addresses, nil
}

func (c Config) addresses() ([]address.Address, error) {
	first, err := address.Parse(c.ServerAddress, c.Secure)
	if err != nil {
		return nil, &ConfigError{"ServerAddress", err}
	}
	addresses := []address.Address{first}
	for i, text := range c.FallbackAddresses {
		a, err := address.Parse(text, c.Secure)
		if err != nil {
			return nil, &ConfigError{fmt.Sprintf("FallbackAddresses[%d]", i), err}
		}
		addresses = append(addresses, a)
	}
	return addresses, nil
}

func (c Config) token() (func(context.Context) (string, error), error) {
	switch {
	case c.TokenSource != nil && c.ServerAPIToken != "":
		return nil, &ConfigError{"TokenSource", errors.New("ServerAPIToken is set as well")}
	case c.TokenSource != nil:
		return askNonEmpty(c.TokenSource), nil
	case c.ServerAPIToken == "":
		return nil, &ConfigError{"ServerAPIToken", errors.New("empty token")}
	}
	token := c.ServerAPIToken
	return func(context.Context) (string, error) { return token, nil }, nil
}

func askNonEmpty(source func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		token, err := source(ctx)
		if err == nil && token == "" {
			return "", errors.New("token source returned an empty token")
		}
		return token, err
	}
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
			return &ConfigError{field.name, errors.New("is negative")}
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
