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

// Secret is a text that nothing prints: not fmt with any verb, not encoding/json,
// not log/slog. Its method Reveal returns the text, IsZero tells whether there is
// none, and Equal compares two.
type Secret = secret.Secret

// NewSecret returns a secret of the given text; that of an empty text is the zero
// value.
func NewSecret(text string) Secret { return secret.New(text) }

// InputError is a field of a [Config] or of options, or an argument, that was
// refused before anything was sent. Its Field is the name, such as
// "ServerAddress", "roomID" or "HLSOptions.S3", and its Err says what is wrong
// with it, without its secrets. It is [ErrInvalid] to errors.Is.
type InputError = input.Error

// Config says which server to ask, and how. ServerAddress and either
// ServerAPIToken or TokenSource are required; the zero value of every other
// field is its default. The fields are those of stream.Config where they mean
// the same.
//
// A Config prints its Header by the names alone. The exceptions are a Config in
// an unexported field of another struct, and the verb %p.
type Config struct {
	// ServerAddress is host:port, [::1]:5002, host/prefix, or a full http, https,
	// ws or wss URL, whose scheme decides about TLS.
	ServerAddress string
	// ServerAPIToken is the server's API token. One that can't be sent as it is,
	// such as one with a line feed at its end, is refused.
	ServerAPIToken Secret
	// TokenSource is asked for the token before each request, instead of
	// ServerAPIToken. It runs on the caller's goroutine and must end with its
	// context; several calls may ask at once.
	TokenSource func(context.Context) (string, error)
	// Secure uses TLS where an address has no scheme.
	Secure bool
	// Header is sent along with each request. A Host in it is sent as the request's
	// Host, to all nodes.
	Header http.Header
	// HTTPClient makes the requests: its Transport's proxy, TLS and dial settings
	// and its Jar are used, its Timeout and CheckRedirect are not. Redirects are
	// refused. Nil means the settings of [http.DefaultTransport], which honour
	// HTTP_PROXY. A Transport that is no *http.Transport is used as it is: it must
	// end each request with its context, and send it once.
	HTTPClient *http.Client
	// Timeout bounds each call as a whole; 0 means 10 s.
	Timeout time.Duration
	// ReadLimit is the size in bytes of the largest answer accepted; 0 means
	// 64 MiB. Ten thousand rooms of ten peers are listed in some 20 MB. At most four
	// times as much memory is used for an answer.
	ReadLimit int64
	// Logger gets one line for each answer of which a part couldn't be read. Nil
	// means none.
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
