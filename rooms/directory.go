package rooms

import "sync"

// remembered is how many created rooms a client knows the node of.
const remembered = 4096

// directory remembers on which node each of the latest created rooms is.
type directory struct {
	mu    sync.Mutex
	nodes map[string]string // By room.
	order []string          // The rooms, oldest first.
}

func (d *directory) enter(roomID, node string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.nodes == nil {
		d.nodes = make(map[string]string)
	}
	if _, known := d.nodes[roomID]; !known {
		d.order = append(d.order, roomID)
	}
	d.nodes[roomID] = node
	if len(d.order) > remembered {
		delete(d.nodes, d.order[0])
		d.order = d.order[1:]
	}
}

func (d *directory) find(roomID string) (node string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	node, ok = d.nodes[roomID]
	return node, ok
}

// NodeOf returns the address of the node that holds a room, as [Created].Address
// names it, if the room is one of the latest 4,096 that this client created, or
// one that it was made of with [Client.At], or that was made of it. All calls
// about a room go to its node.
func (c *Client) NodeOf(roomID string) (address string, ok bool) {
	return c.directory.find(roomID)
}
