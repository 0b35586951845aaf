package jellyfishtest

import (
	"sync"
	"time"
)

// version is that of the server whose answers this one gives.
const version = "0.5.0"

// uptime is how long the server has been running, or pretends to have been.
type uptime struct {
	mu    sync.Mutex
	since time.Time
}

func (u *uptime) begin(already time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.since = time.Now().Add(-already)
}

func (u *uptime) at(now time.Time) time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	return now.Sub(u.since)
}

// SetUptime makes the server pretend that it has been running for d, as its
// health says from now on in whole seconds. [Server.Restart] and [Server.Reset]
// begin at nothing again.
func (s *Server) SetUptime(d time.Duration) {
	s.uptime.begin(max(d, 0))
}

func (s *Server) serveHealth(*request) *answer {
	if s.config.DisableHealth {
		return frameworkError(404)
	}
	distribution := map[string]any{"enabled": false, "nodeStatus": "DOWN", "nodesInCluster": 0}
	if s.config.Cluster != nil {
		distribution = map[string]any{"enabled": true, "nodeStatus": "UP", "nodesInCluster": len(s.nodes())}
	}
	return data(200, map[string]any{
		"status":       "UP",
		"uptime":       int(s.uptime.at(time.Now()) / time.Second),
		"version":      version,
		"gitCommit":    "dev",
		"distribution": distribution,
	})
}
