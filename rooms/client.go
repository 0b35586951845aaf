package rooms

import (
	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// Client is a client for one server, or one node of a cluster. Use [New] to create
// one. It is safe for concurrent use, and needn't be closed: idle connections
// are closed after 4 seconds.
type Client struct {
	address address.Address
	rest    *rest.Client // Shared with the clients for other nodes.
}

// Stats are counts since the client was created, of it and of all clients derived
// from it with [Client.At].
type Stats struct {
	// OddRooms is the number of rooms, in all responses, that had Problems.
	OddRooms uint64
	// RoomsLeftOut is the number of list elements that List left out because they
	// weren't rooms or had no id.
	RoomsLeftOut uint64
}

// New returns a client. It doesn't connect yet: an unreachable server is reported
// by the first call. Its error is an [*InputError].
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
		Logger:         cfg.Logger,
		TokenField:     "ServerAPIToken",
		Sentinel:       sentinel,
	})
	if err != nil {
		return nil, err
	}
	return &Client{server, requests}, nil
}

// At returns a client for another node of the cluster, such as the one that
// [Created].Address names. Token, TLS, HTTP settings and idle connections are
// shared with c. An address without a scheme uses TLS if c does; an address that
// is malformed, or whose scheme would drop TLS, is refused with an [*InputError].
func (c *Client) At(node string) (*Client, error) {
	parsed, err := address.Parse(node, c.address.Secure())
	if err != nil {
		return nil, &input.Error{Field: "node", Err: err}
	}
	return &Client{parsed, c.rest}, nil
}

// Address returns the address of the client's server, without a scheme: host, port
// and prefix.
func (c *Client) Address() string { return c.address.String() }

// Stats returns the current counts.
func (c *Client) Stats() Stats {
	counts := c.rest.Stats()
	return Stats{OddRooms: counts.Odd, RoomsLeftOut: counts.LeftOut}
}

// CloseIdleConnections closes the connections that no call is using, of this client
// and of all clients that share its connections through [Client.At]. Calls in
// progress continue, and new ones may be made.
func (c *Client) CloseIdleConnections() { c.rest.CloseIdleConnections() }
