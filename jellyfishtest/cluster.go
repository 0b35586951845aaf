package jellyfishtest

import (
	"slices"
	"sync"
)

// Cluster joins servers into a Jellyfish cluster. The zero value is ready to use:
// pass it to each server as [Config.Cluster].
//
// Subscribers of any node are notified of the rooms of all nodes, and get one
// metrics report from each node every second. A room is created on the least
// loaded node, among equals on another one than the node that was asked; the
// response has its address. Every other node answers that the room doesn't exist.
type Cluster struct {
	mu      sync.Mutex
	members []*Server // All that were ever started.
	running []*Server
}

func (c *Cluster) join(s *Server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = append(c.running, s)
	if !slices.Contains(c.members, s) {
		c.members = append(c.members, s)
	}
}

func (c *Cluster) leave(s *Server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = slices.DeleteFunc(c.running, func(node *Server) bool { return node == s })
}

// nodes returns the running servers of s's cluster, s first. A server that is
// in none is alone.
func (s *Server) nodes() []*Server {
	nodes := []*Server{s}
	c := s.config.Cluster
	if c == nil {
		return nodes
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, node := range c.running {
		if node != s {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

// nodeAt returns the server with an address, s or another one of its cluster, or
// nil.
func (s *Server) nodeAt(address string) *Server {
	for _, node := range s.members() {
		if node.address == address {
			return node
		}
	}
	return nil
}

// members returns all servers of s's cluster that were ever started, s first.
func (s *Server) members() []*Server {
	members := []*Server{s}
	c := s.config.Cluster
	if c == nil {
		return members
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return append(members, c.members...)
}

// bestNode returns the node that gets the next room: the one with the fewest
// forwarded tracks, then with the fewest rooms, then the last.
func (s *Server) bestNode() *Server {
	nodes := s.nodes()
	best := nodes[0]
	if len(nodes) == 1 {
		return best
	}
	bestTracks, bestRooms := best.rooms.load()
	for _, node := range nodes[1:] {
		tracks, rooms := node.rooms.load()
		if tracks < bestTracks || tracks == bestTracks && rooms <= bestRooms {
			best, bestTracks, bestRooms = node, tracks, rooms
		}
	}
	return best
}

// load returns how many tracks are forwarded to peers and how many rooms there
// are.
func (rs *rooms) load() (forwarded, count int) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.byID {
		for _, receiver := range r.peers {
			if receiver.isConnected() {
				forwarded += r.trackCount() - len(receiver.tracks)
			}
		}
	}
	return forwarded, len(rs.byID)
}

func (r *room) trackCount() int {
	count := 0
	for _, p := range r.peers {
		count += len(p.tracks)
	}
	for _, c := range r.components {
		count += len(c.tracks)
	}
	return count
}
