package fishjam

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
// empty, and Equal compares two. It is the Secret of packages stream and rooms.
type Secret = secret.Secret

// NewSecret returns a secret that holds the given text; for an empty text it is
// the zero value.
func NewSecret(text string) Secret { return secret.New(text) }

// InputError is a field of a [Config] or of options, or an argument, that was
// refused before anything was sent. Its Field is the name, such as "FishjamID",
// "roomID" or "VAPIOptions.CallID", and its Err says what is wrong with it, without
// its secrets. It is [ErrInvalid] to errors.Is.
type InputError = input.Error

// Config configures a [Client]. FishjamID and either ManagementToken or TokenSource
// are required; the zero value of every other field means its default. Fields with
// the same meaning as in rooms.Config have the same names.
//
// When a Config is printed, only the names of its Header are shown, unless the
// Config is in an unexported field of another struct or printed with the verb %p.
type Config struct {
	// FishjamID is the id that Fishjam's dashboard shows, which stands for
	// https://fishjam.io/api/v1/connect/{id}, or a full URL.
	FishjamID string
	// ManagementToken is the token from Fishjam's dashboard. One that can't be sent
	// unchanged, such as one with a trailing newline, is refused.
	ManagementToken Secret
	// TokenSource is called for the token before each request, instead of using
	// ManagementToken. It runs on the caller's goroutine, must return when its
	// context ends, and may be called concurrently.
	TokenSource func(context.Context) (string, error)
	// Header is sent with each request. Its Host, if any, is sent as the request's
	// Host.
	Header http.Header
	// HTTPClient makes the requests: its Transport's proxy, TLS and dial settings
	// and its Jar are used, its Timeout and CheckRedirect are not. Redirects are
	// refused. Nil means the settings of [http.DefaultTransport], which honour
	// HTTPS_PROXY. A Transport that isn't an *http.Transport is used as it is: it must
	// return when the request's context ends, and send each request once.
	HTTPClient *http.Client
	// Timeout limits each call, including reading the response; 0 means 10 s.
	Timeout time.Duration
	// ReadLimit is the size in bytes of the largest response accepted; 0 means
	// 64 MiB. Decoding a response uses at most four times as much memory.
	ReadLimit int64
	// Logger gets one line for each response of which a part couldn't be read, and
	// one when Fishjam calls this library's version deprecated or unsupported. Nil
	// disables logging.
	Logger *slog.Logger
}

// Format prints the configuration without its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "fishjam.Config%v", c.shown()) }

// LogValue returns the configuration without its secrets.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

func (c Config) shown() []slog.Attr {
	shownAddress := "invalid"
	if a, err := address.Fishjam(c.FishjamID); err == nil {
		shownAddress = a.String()
	}
	return []slog.Attr{
		slog.String("FishjamID", shownAddress),
		slog.Bool("ManagementToken set", !c.ManagementToken.IsZero()),
		slog.Bool("TokenSource set", c.TokenSource != nil),
		slog.Any("Header names", slices.Sorted(maps.Keys(c.Header))),
		slog.Duration("Timeout", c.Timeout),
		slog.Int64("ReadLimit", c.ReadLimit),
	}
}
