package jellyfishtest

import (
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// version is that of the server whose REST interface this is.
const version = "0.5.0"

// uptime is how long the server has been running, or pretends to have been.
type uptime struct {
	mu    sync.Mutex // No other lock is taken under it.
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

// SetUptime makes the server's health report that it has been running for d, and
// counts on from there. [Server.Restart] and [Server.Reset] set it to zero.
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
	s.rooms.mu.Lock() // So that a reset has happened to both or to neither.
	defer s.rooms.mu.Unlock()
	return data(200, map[string]any{
		"status":       "UP",
		"uptime":       int(s.uptime.at(time.Now()) / time.Second),
		"version":      version,
		"gitCommit":    "dev",
		"distribution": distribution,
	})
}

// reports returns the frames of the present metrics reports, one of each node.
func (s *Server) reports() []byte {
	var frames []byte
	for _, node := range s.nodes() {
		if payload, err := encode(decode.MetricsReport{JSON: node.rooms.report()}); err == nil {
			frames = append(frames, frame(opBinary, payload)...)
		}
	}
	return frames
}

// report returns the node's metrics as JSON: those of its connected peers. The
// numbers are those of a peer that sends and receives four packets a second.
func (rs *rooms) report() string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	report := make(map[string]any)
	for _, r := range rs.byID {
		peers := make(map[string]any)
		for id, p := range r.peers {
			if p.isConnected() {
				peers["endpoint_id="+id] = p.metrics(time.Since(p.connected))
			}
		}
		if len(peers) > 0 {
			report["room_id="+r.id] = peers
		}
	}
	return string(compactJSON(report))
}

func (p *peer) metrics(connected time.Duration) map[string]any {
	n := max(1, int((connected+metricsInterval-1)/metricsInterval)) // How often they were measured.
	metrics := map[string]any{
		"endpoint.metadata":    p.metadata,
		"ice.protocol":         "udp",
		"ice.port":             50000,
		"ice.bytes_received":   4000 * n,
		"ice.bytes_sent":       2000 * n,
		"ice.packets_received": 4 * n,
		"ice.packets_sent":     4 * n,
	}
	if n > 1 {
		metrics["ice.bytes_received-per-second"] = 4000.0
		metrics["ice.bytes_sent-per-second"] = 2000.0
		metrics["ice.packets_received-per-second"] = 4.0
		metrics["ice.packets_sent-per-second"] = 4.0
	}
	for _, t := range p.sortedTracks() {
		metrics["track_id="+t.ID+":"] = map[string]any{
			"inbound-rtp.packets":        4 * n,
			"inbound-rtp.bytes_received": 3600 * n,
			"track.metadata":             t.Metadata,
		}
	}
	return metrics
}
