package rooms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
)

// Config says which server to ask, and how. ServerAddress and either
// ServerAPIToken or TokenSource are required; the zero value of every other
// field is its default. The fields are those of stream.Config where they mean
// the same.
//
// A Config prints without its secrets, whatever the verb. The exception is one
// in an unexported field of another struct, where package fmt can't ask it how.
type Config struct {
	// ServerAddress is host:port, [::1]:5002, host/prefix, or a full http, https,
	// ws or wss URL, whose scheme decides about TLS.
	ServerAddress string
	// ServerAPIToken is the server's API token.
	ServerAPIToken string
	// TokenSource is asked for the token before each request, instead of
	// ServerAPIToken. It runs on the caller's goroutine and must end with its
	// context; several calls may ask at once.
	TokenSource func(context.Context) (string, error)
	// Secure uses TLS where an address has no scheme.
	Secure bool
	// Header is sent along with each request.
	Header http.Header
	// HTTPClient makes the requests: its Transport's proxy, TLS and dial settings
	// and its Jar are used, its Timeout and CheckRedirect are not. Redirects are
	// refused. Nil means the settings of [http.DefaultTransport], which honour
	// HTTP_PROXY.
	HTTPClient *http.Client
	// Timeout bounds each call as a whole; 0 means 10 s.
	Timeout time.Duration
	// ReadLimit is the size in bytes of the largest answer accepted; 0 means
	// 256 MiB. Ten thousand rooms of ten peers are listed in some 20 MB.
	ReadLimit int64
}

const (
	defaultTimeout   = 10 * time.Second
	defaultReadLimit = 256 << 20
)

// Format prints the configuration without its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.Config%v", c.shown())
}

// LogValue returns the configuration without its secrets.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

func (c Config) shown() []slog.Attr {
	shownAddress := "invalid"
	if a, err := address.Parse(c.ServerAddress, false); err == nil {
		shownAddress = a.String()
	}
	return []slog.Attr{
		slog.String("ServerAddress", shownAddress),
		slog.Bool("ServerAPIToken set", c.ServerAPIToken != ""),
		slog.Bool("TokenSource set", c.TokenSource != nil),
		slog.Bool("Secure", c.Secure),
		slog.Any("Header names", slices.Sorted(maps.Keys(c.Header))),
		slog.Duration("Timeout", c.Timeout),
		slog.Int64("ReadLimit", c.ReadLimit),
	}
}

func (c Config) token() (func(context.Context) (string, error), error) {
	switch {
	case c.TokenSource != nil && c.ServerAPIToken != "":
		return nil, &InputError{"TokenSource", errors.New("ServerAPIToken is set as well")}
	case c.TokenSource != nil:
		return c.TokenSource, nil
	case c.ServerAPIToken == "":
		return nil, &InputError{"ServerAPIToken", errors.New("empty token")}
	}
	return func(context.Context) (string, error) { return c.ServerAPIToken, nil }, nil
}

func (c Config) timeout() (time.Duration, error) {
	switch {
	case c.Timeout < 0:
		return 0, &InputError{"Timeout", errors.New("is negative")}
	case c.Timeout == 0:
		return defaultTimeout, nil
	}
	return c.Timeout, nil
}

func (c Config) readLimit() (int64, error) {
	switch {
	case c.ReadLimit < 0:
		return 0, &InputError{"ReadLimit", errors.New("is negative")}
	case c.ReadLimit == 0:
		return defaultReadLimit, nil
	}
	return c.ReadLimit, nil
}
