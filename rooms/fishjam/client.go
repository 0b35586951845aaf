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
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
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

// Client is a client for the rooms, livestreams and recordings of one Fishjam id.
// Use [New] to create one. It is safe for concurrent use, and needn't be closed:
// idle connections are closed after 4 seconds.
type Client struct {
	address     address.Address
	rest        *rest.Client
	deprecation *deprecation
}

// New returns a client. It doesn't connect yet: wrong credentials are reported by
// [Client.Validate] and every other call. Its error is an [*InputError].
func New(cfg Config) (*Client, error) {
	server, err := address.Fishjam(cfg.FishjamID)
	if err != nil {
		return nil, &input.Error{Field: "FishjamID", Err: err}
	}
	deprecation := &deprecation{logger: cfg.Logger}
	requests, err := rest.New(rest.Config{
		ServerAPIToken: cfg.ManagementToken,
		TokenSource:    cfg.TokenSource,
		Header:         cfg.Header,
		HTTPClient:     cfg.HTTPClient,
		Timeout:        cfg.Timeout,
		ReadLimit:      cfg.ReadLimit,
		Logger:         cfg.Logger,
		TokenField:     "ManagementToken",
		APIClient:      "jellyfish-go/" + libraryVersion(),
		DetailFirst:    true,
		Sentinel:       sentinel,
		OnResponse:     deprecation.read,
	})
	if err != nil {
		return nil, err
	}
	return &Client{server, requests, deprecation}, nil
}

// Address returns the address of the client's Fishjam, without a scheme: host, port
// and path.
func (c *Client) Address() string { return c.address.String() }

// Stats are counts since the client was created. An element is a room, a livestream
// or a recording.
type Stats struct {
	// OddElements is the number of elements, in all responses, that had Problems.
	OddElements uint64
	// ElementsLeftOut is the number of elements that lists left out because they had
	// no id.
	ElementsLeftOut uint64
}

// Stats returns the current counts.
func (c *Client) Stats() Stats {
	counts := c.rest.Stats()
	return Stats{OddElements: counts.Odd, ElementsLeftOut: counts.LeftOut}
}

// CloseIdleConnections closes the connections that no call is using. Calls in
// progress continue, and new ones may be made.
func (c *Client) CloseIdleConnections() { c.rest.CloseIdleConnections() }

// Validate checks the Fishjam id and the management token: GET /validate.
//
// Its error is [ErrInvalidCredentials] if Fishjam knows no such id or refuses the
// token; it doesn't say which.
func (c *Client) Validate(ctx context.Context) error {
	return c.do(ctx, rest.Call{
		Method:    http.MethodGet,
		Path:      validatePath,
		Status:    []int{http.StatusOK},
		Sentinels: map[int]error{http.StatusNotFound: ErrInvalidCredentials, http.StatusUnauthorized: ErrInvalidCredentials},
	})
}

const validatePath = "/validate"

// do makes a call. Its errors are an *InputError or an *Error.
func (c *Client) do(ctx context.Context, call rest.Call) error {
	return c.rest.Do(ctx, c.address, call)
}
