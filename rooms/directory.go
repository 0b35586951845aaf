package rooms

import (
	"iter"
	"sync"
)

// remembered is how many created rooms a client knows the node of.
const remembered = 4096

// directory remembers on which node each of the latest created rooms is.
type directory struct {
	mu      sync.Mutex
	entries map[string]entry // By room.
	order   []entry          // Oldest first; some are no longer in the map.
	count   uint64
}

// entry is a room and its node.
type entry struct {
	roomID, node string
	number       uint64
}

func (d *directory) enter(roomID, node string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entries == nil {
		d.entries = make(map[string]entry)
	}
	d.count++
	e := entry{roomID, node, d.count}
	d.entries[roomID] = e
	d.order = append(d.order, e)
	for len(d.order) > remembered {
		if oldest := d.order[0]; d.entries[oldest.roomID] == oldest {
			delete(d.entries, oldest.roomID)
		}
		d.order = d.order[1:]
	}
}

func (d *directory) forget(roomID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, roomID)
}

func (d *directory) find(roomID string) (node string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.entries[roomID]
	return e.node, ok
}

// latest returns the entries, the latest first.
func (d *directory) latest() []entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	var latest []entry
	for i := len(d.order) - 1; i >= 0; i-- {
		if e := d.order[i]; d.entries[e.roomID] == e {
			latest = append(latest, e)
		}
	}
	return latest
}

// NodeOf returns the address of the node that holds a room, as [Created].Address
// names it, if the room is one of the latest 4,096 that this client created, or
// one that it was made of with [Client.At], or that was made of it, and that none
// of them deleted. All calls about a room go to its node.
func (c *Client) NodeOf(roomID string) (address string, ok bool) {
	return c.directory.find(roomID)
}

// Placements returns the rooms that [Client.NodeOf] knows, the latest first, each
// with the address of its node.
func (c *Client) Placements() iter.Seq2[string, string] {
	return func(yield func(roomID, address string) bool) {
		for _, e := range c.directory.latest() {
			if !yield(e.roomID, e.node) {
				return
			}
		}
	}
}
