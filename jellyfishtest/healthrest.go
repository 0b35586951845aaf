package jellyfishtest

import "time"

// version is that of the server whose answers this one gives.
const version = "0.5.0"

func (s *Server) serveHealth(*request) *answer {
	distribution := map[string]any{"enabled": false, "nodeStatus": "DOWN", "nodesInCluster": 0}
	if s.config.Cluster != nil {
		distribution = map[string]any{"enabled": true, "nodeStatus": "UP", "nodesInCluster": len(s.nodes())}
	}
	return data(200, map[string]any{
		"status":       "UP",
		"uptime":       int(time.Since(s.started) / time.Second),
		"version":      version,
		"gitCommit":    "dev",
		"distribution": distribution,
	})
}
