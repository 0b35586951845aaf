package rooms

import (
	"context"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// Health is the health of a node as the node reports it.
type Health struct {
	// Status is "UP".
	Status string
	// Uptime is how long the node has run, in whole seconds.
	Uptime time.Duration
	// Version is the server's, as in "0.5.0". (Server 0.5.0 and later.)
	Version string
	// GitCommit is the abbreviated hash of the server's commit, or "dev". (Server
	// 0.5.0 and later.)
	GitCommit    string
	Distribution Distribution
}

// Distribution is the state of a node's cluster.
type Distribution struct {
	// Enabled reports whether the node may be part of a cluster.
	Enabled bool
	// NodeStatus is "UP" or "DOWN".
	NodeStatus string
	// NodesInCluster is 0 without a cluster.
	NodesInCluster int
}

// health reads a node's health; false if it has no status.
func (r *reader) health() (Health, bool) {
	var h Health
	if !r.Object() {
		return h, false
	}
	for r.Field() {
		switch string(r.Key()) {
		case "status":
			h.Status = r.Text()
		case "uptime":
			h.Uptime = r.Duration(time.Second)
		case "version":
			h.Version = r.Text()
		case "gitcommit":
			h.GitCommit = r.Text()
		case "distribution":
			h.Distribution = r.distribution()
		default:
			r.Skip()
		}
	}
	if h.Status == "" {
		r.Problem("health has no status")
	}
	return h, h.Status != ""
}

func (r *reader) distribution() Distribution {
	var d Distribution
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "enabled":
			d.Enabled = r.Bool()
		case "nodestatus":
			d.NodeStatus = r.Text()
		case "nodesincluster":
			d.NodesInCluster = r.Count()
		default:
			r.Skip()
		}
	}
	return d
}

// Health returns the health of the node: GET /health. (Server 0.4.0 and later;
// earlier ones respond with HTTP 404.)
//
// Its error is [ErrUnauthorized].
func (c *Client) Health(ctx context.Context) (Health, error) {
	var health Health
	err := c.do(ctx, rest.Call{
		Method: http.MethodGet,
		Path:   "/health",
		Status: []int{http.StatusOK},
		Read:   reading(func(r *reader) (ok bool) { health, ok = r.health(); return ok }),
	})
	if err != nil {
		return Health{}, err
	}
	return health, nil
}
