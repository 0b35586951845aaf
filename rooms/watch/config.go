package watch

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Config says what to watch, and how. The zero value is the one server of the
// client, listed every 5 minutes.
type Config struct {
	// Nodes are the addresses of the cluster's other nodes, as
	// [rooms.Client.At] takes them, each once. Nodes that rooms are created on by
	// the client, or one made of it, are learnt, and then asked with its token;
	// those that only others use are not. Servers that list the rooms of the whole
	// cluster, as Fishjam's with request routing do, are one node.
	Nodes []string
	// ListInterval is how often all rooms are listed though nothing seems to be
	// missing, to correct what no notification told; 0 means 5 minutes. Each
	// wait is up to a tenth shorter or longer.
	ListInterval time.Duration
	// Logger is told of lists that fail and of what they corrected; nil means
	// silence. Its handler must not block.
	Logger *slog.Logger
}

const (
	defaultListInterval = 5 * time.Minute

	// Failing lists are retried after a random wait between nothing and a ceiling,
	// which doubles.
	retryBase = 100 * time.Millisecond
	retryCap  = 30 * time.Second
)

func (c Config) check() error {
	if c.ListInterval < 0 {
		return &rooms.InputError{Field: "ListInterval", Err: errors.New("is negative")}
	}
	return nil
}

func (c Config) listInterval() time.Duration {
	if c.ListInterval == 0 {
		return defaultListInterval
	}
	return min(c.ListInterval, math.MaxInt64/2)
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}

// clients returns a client for each node, the given one first.
func (c Config) clients(first *rooms.Client) ([]*rooms.Client, error) {
	clients := []*rooms.Client{first}
	for i, address := range c.Nodes {
		client, err := first.At(address)
		if err != nil {
			return nil, fmt.Errorf("watch: Nodes[%d]: %w", i, err)
		}
		clients = append(clients, client)
	}
	return clients, nil
}
