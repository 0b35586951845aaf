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
