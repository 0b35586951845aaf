package rooms

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
)

// Client asks one server, or one node of a cluster. It may be used by any number
// of goroutines at once, and needs no closing: what connections it keeps end by
// themselves after 4 idle seconds.
type Client struct {
	address address.Address
	timeout time.Duration
	limit   int64 // Of an answer, in bytes.
	http    *http.Client
	// Both are functions so that no way of printing a Client shows their secrets.
	token  func(context.Context) (string, error)
	header func() http.Header
}

// New returns a client. It connects to nothing yet: a server that isn't there
// shows with the first call. Its error is an [*InputError].
func New(cfg Config) (*Client, error) {
	server, err := address.Parse(cfg.ServerAddress, cfg.Secure)
	if err != nil {
		return nil, &InputError{"ServerAddress", err}
	}
	token, err := cfg.token()
	if err != nil {
		return nil, err
	}
	timeout, err := cfg.timeout()
	if err != nil {
		return nil, err
	}
	limit, err := cfg.readLimit()
	if err != nil {
		return nil, err
	}
	header := cfg.Header.Clone()
	return &Client{
		limit:   limit,
		address: server,
		timeout: timeout,
		http:    newHTTPClient(cfg.HTTPClient, timeout),
		token:   token,
		header:  header.Clone,
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
		return nil, &InputError{"node", err}
	}
	other := *c
	other.address = parsed
	return &other, nil
}

// Address returns the address that the client asks, without a scheme: host,
// port and prefix.
func (c *Client) Address() string { return c.address.String() }

// CloseIdleConnections closes the connections that no call uses, or waits for,
// of this client and of those that [Client.At] made of it or that it was made
// of. Calls go on and may be made afterwards.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// Format prints the client's address, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "rooms.Client(%v)", c.address) }

// LogValue returns the client's address.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.address.String()) }
