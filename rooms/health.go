package rooms

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// Health is what a node says of itself.
type Health struct {
	// Status is "UP".
	Status string
	// Uptime is how long the node has run, in whole seconds.
	Uptime time.Duration
	// Version is the server's, as in "0.5.0". (Server 0.5.0 and later.)
	Version string
	// GitCommit is the first characters of the commit's hash, or "dev". (Server
	// 0.5.0 and later.)
	GitCommit    string
	Distribution Distribution
}

// Distribution tells of a cluster.
type Distribution struct {
	// Enabled tells whether the node may be part of a cluster.
	Enabled bool `json:"enabled"`
	// NodeStatus is "UP" or "DOWN".
	NodeStatus string `json:"nodeStatus"`
	// NodesInCluster is 0 without a cluster.
	NodesInCluster int `json:"nodesInCluster"`
}

type sentHealth struct {
	Status       string       `json:"status"`
	Uptime       number       `json:"uptime"`
	Version      string       `json:"version,omitzero"`
	GitCommit    string       `json:"gitCommit,omitzero"`
	Distribution Distribution `json:"distribution"`
}

// MarshalJSON returns the health as the server writes it.
func (h Health) MarshalJSON() ([]byte, error) {
	return json.Marshal(sentHealth{h.Status, number(h.Uptime / time.Second), h.Version, h.GitCommit, h.Distribution})
}

// UnmarshalJSON reads the health as the server writes it.
func (h *Health) UnmarshalJSON(text []byte) error {
	var sent sentHealth
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	if sent.Status == "" {
		return errors.New("health has no status")
	}
	*h = Health{sent.Status, sent.Uptime.duration(time.Second), sent.Version, sent.GitCommit, sent.Distribution}
	return nil
}

// Health asks the node how it is: GET /health. (Server 0.4.0 and later; earlier
// ones answer with HTTP 404.)
//
// Its error is [ErrUnauthorized].
func (c *Client) Health(ctx context.Context) (Health, error) {
	var health Health
	err := c.do(ctx, request{
		method: http.MethodGet,
		path:   "/health",
		status: []int{http.StatusOK},
		data:   &health,
	})
	if err != nil {
		return Health{}, err
	}
	return health, nil
}
