package rooms

import (
	"log/slog"
	"sync/atomic"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// Client asks one server, or one node of a cluster. It may be used by any number
// of goroutines at once, and needs no closing: what connections it keeps end by
// themselves after 4 idle seconds.
type Client struct {
	address address.Address
	// What follows is shared with the clients for other nodes.
	rest     *rest.Client
	logger   *slog.Logger
	counters *counters
}

// counters are what Stats tells.
type counters struct{ odd, leftOut atomic.Uint64 }

// Stats are counts since the client was made, of it and of all that [Client.At]
// made of it.
type Stats struct {
	// OddRooms is the number of rooms, of all answers, that had Problems.
	OddRooms uint64
	// RoomsLeftOut is the number of elements of lists that were no room, or one
	// without an id, and that List therefore left out.
	RoomsLeftOut uint64
}

// New returns a client. It connects to nothing yet: a server that isn't there
// shows with the first call. Its error is an [*InputError].
func New(cfg Config) (*Client, error) {
	server, err := address.Parse(cfg.ServerAddress, cfg.Secure)
	if err != nil {
		return nil, &input.Error{Field: "ServerAddress", Err: err}
	}
	requests, err := rest.New(rest.Config{
		ServerAPIToken: cfg.ServerAPIToken,
		TokenSource:    cfg.TokenSource,
		Header:         cfg.Header,
		HTTPClient:     cfg.HTTPClient,
		Timeout:        cfg.Timeout,
		ReadLimit:      cfg.ReadLimit,
	})
	if err != nil {
		return nil, err
	}
	logger := cfg.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Client{
		address:  server,
		rest:     requests,
		logger:   logger,
		counters: &counters{},
	}, nil
}

// At returns a client for another node of the cluster, such as the one that
// [Created].Address names. Token, TLS, HTTP settings and idle connections are
// shared with c. An address without a scheme is reached over TLS if c's is; one
// whose scheme would give up TLS is refused with an [*InputError], as is one
// that is malformed.
func (c *Client) At(node string) (*Client, error) {
	parsed, err := address.Parse(node, c.address.Secure())
	if err != nil {
		return nil, &input.Error{Field: "node", Err: err}
	}
	other := *c
	other.address = parsed
	return &other, nil
}

// Address returns the address that the client asks, without a scheme: host,
// port and prefix.
func (c *Client) Address() string { return c.address.String() }

// Stats returns the present counts.
func (c *Client) Stats() Stats {
	return Stats{OddRooms: c.counters.odd.Load(), RoomsLeftOut: c.counters.leftOut.Load()}
}

// CloseIdleConnections closes the connections that no call uses, or waits for,
// of this client and of those that [Client.At] made of it or that it was made
// of. Calls go on and may be made afterwards.
func (c *Client) CloseIdleConnections() { c.rest.CloseIdleConnections() }
