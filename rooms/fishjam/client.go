package fishjam

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/api"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

// Secret is a string that is never printed. Use [NewSecret] to create one.
type Secret = secret.Secret

// NewSecret returns a secret that holds the given text.
func NewSecret(text string) Secret { return secret.New(text) }

// InputError is a field of a [Config] or of options, or an argument, that was refused
// before anything was sent. It is [ErrInvalid] to errors.Is.
type InputError = input.Error

// Config configures a [Client]. FishjamID and either ManagementToken or TokenSource are
// required; the zero value of every other field means its default. Fields with the same
// meaning as in rooms.Config and stream.Config have the same names.
//
// When a Config is printed, only the names of its Header are shown, unless the
// Config is in an unexported field of another struct or printed with the verb %p.
type Config struct {
	// FishjamID is the id that Fishjam's dashboard shows, or a full URL, such as
	// https://fishjam.io/api/v1/connect/0123456789abcdef.
	FishjamID string
	// ManagementToken is the management token of the dashboard. One that can't be sent
	// unchanged, such as one with a trailing newline, is refused.
	ManagementToken Secret
	// TokenSource is called for the token before each request, instead of using
	// ManagementToken. It runs on the caller's goroutine, must return when its
	// context ends, and may be called concurrently.
	TokenSource func(context.Context) (string, error)
	// Header is sent with each request.
	Header http.Header
	// HTTPClient makes the requests, as in rooms.Config.
	HTTPClient *http.Client
	// Timeout limits each call, including reading the response; 0 means 10 s.
	Timeout time.Duration
	// ReadLimit is the size in bytes of the largest response accepted; 0 means
	// 64 MiB. Decoding a response uses at most four times as much memory.
	ReadLimit int64
	// Logger gets one line for each response of which a part couldn't be read, and one
	// when Fishjam says that this client is deprecated. Nil disables logging.
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

// Client is a client for one Fishjam. Use [New] to create one. It is safe for
// concurrent use, and needn't be closed: idle connections are closed after 4 seconds.
type Client struct {
	address address.Address
	api     *api.Client
	logger  *slog.Logger

	mu         sync.Mutex
	deprecated Deprecation
}

// New returns a client. It doesn't connect yet: [Client.Validate] tells whether id and
// token are right. Its error is an [*InputError].
func New(cfg Config) (*Client, error) {
	server, err := address.Fishjam(cfg.FishjamID)
	if err != nil {
		return nil, &input.Error{Field: "FishjamID", Err: err}
	}
	c := &Client{address: server, logger: cfg.Logger}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	header, err := input.Header(cfg.Header)
	if err != nil {
		return nil, err
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-Fishjam-Api-Client", "jellyfish-go/"+version())
	c.api, err = api.New(rest.Config{
		ServerAPIToken: cfg.ManagementToken,
		TokenField:     "ManagementToken",
		TokenSource:    cfg.TokenSource,
		Header:         header,
		HTTPClient:     cfg.HTTPClient,
		Timeout:        cfg.Timeout,
		ReadLimit:      cfg.ReadLimit,
		Answered:       c.answered,
	}, cfg.Logger, refused(nil, nil))
	if err != nil {
		return nil, err
	}
	return c, nil
}

const module = "github.com/jellyfish-dev/jellyfish-go"

// version returns the version of this library, as far as the program knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module && dependency.Version != "" {
				return dependency.Version
			}
		}
	}
	return "devel"
}

// Deprecation is what Fishjam says of this version of its client.
type Deprecation struct {
	// Status is "deprecated", or "unsupported" if calls may fail. It is empty if
	// Fishjam has said nothing.
	Status  string
	Message string // One line.
}

// Deprecated returns what Fishjam last said of this version of its client, in the
// header x-fishjam-api-deprecated, and whether it has said anything. The first time, it
// is logged too: as an error if the client is unsupported.
func (c *Client) Deprecated() (Deprecation, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deprecated, c.deprecated.Status != ""
}

// answered looks at the header of each answer.
func (c *Client) answered(header http.Header) {
	text := header.Get("X-Fishjam-Api-Deprecated")
	if text == "" {
		return
	}
	var said struct{ Status, Message string }
	if json.Unmarshal([]byte(text), &said) != nil || said.Status == "" {
		return
	}
	d := Deprecation{redact.Line(said.Status), redact.Line(said.Message)}
	c.mu.Lock()
	first := c.deprecated.Status == ""
	c.deprecated = d
	c.mu.Unlock()
	if !first {
		return
	}
	level := slog.LevelWarn
	if d.Status == "unsupported" {
		level = slog.LevelError
	}
	c.logger.Log(context.Background(), level, "fishjam says that this version of its client is "+d.Status,
		"address", c.Address(), "version", version(), "message", d.Message)
}

// Address returns the client's address, without a scheme.
func (c *Client) Address() string { return c.address.String() }

// Stats are counts since the client was created.
type Stats struct {
	// Odd is the number of rooms, livestreams and recordings, in all responses, that
	// had Problems.
	Odd uint64
	// LeftOut is the number of list elements that were left out because they had no
	// id.
	LeftOut uint64
}

// Stats returns the current counts.
func (c *Client) Stats() Stats {
	odd, leftOut := c.api.Odd()
	return Stats{Odd: odd, LeftOut: leftOut}
}

// CloseIdleConnections closes the connections that no call is using.
func (c *Client) CloseIdleConnections() { c.api.CloseIdleConnections() }

// do makes a call. The sentinels are for what is not found, and for a conflict.
func (c *Client) do(ctx context.Context, call api.Call, notFound, conflict error) error {
	if call.Refused == nil {
		call.Refused = refused(notFound, conflict)
	}
	return c.api.Do(ctx, c.address, call)
}

// Validate returns nil if the id and the management token are valid: GET /validate.
//
// Its error is [ErrInvalidCredentials] if they aren't.
func (c *Client) Validate(ctx context.Context) error {
	return c.do(ctx, api.Call{
		Method: http.MethodGet,
		Path:   "/validate",
		Status: []int{http.StatusOK},
		Refused: func(r rest.Refusal) error {
			if !r.Gateway && (r.Status == http.StatusNotFound || r.Status == http.StatusUnauthorized) {
				return ErrInvalidCredentials
			}
			return refused(nil, nil)(r)
		},
	}, nil, nil)
}
