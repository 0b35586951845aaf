package fishjam

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/internal/version"
)

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
		APIClient:      "jellyfish-go/" + version.Library(),
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
