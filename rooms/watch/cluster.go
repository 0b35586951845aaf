package watch

import (
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// addNode has a node asked for its rooms, unless it already is.
func (v *View) addNode(client *rooms.Client) *node {
	for _, n := range v.nodes {
		if n.Address == client.Address() {
			return nil
		}
	}
	n := newNode(client, time.Now())
	v.nodes = append(v.nodes, n)
	return n
}

// learnNode adds the node on which a room was created, if it is a new one.
func (v *View) learnNode(roomID string) bool {
	address, ok := v.client.NodeOf(roomID)
	if !ok {
		return false
	}
	client, err := v.client.At(address)
	if err != nil {
		v.log.Warn("the node of a room can't be asked", "room", roomID, "error", err)
		return false
	}
	if v.aliases[client.Address()] {
		return false
	}
	n := v.addNode(client)
	if n == nil {
		return false
	}
	n.learnt = true
	v.log.Info("a node of the cluster was learnt", "address", n.Address)
	v.showNodes()
	return true
}

// A server names itself as it is configured to, which may be another name than
// the one that it is asked by. A node that was learnt from it and lists the rooms
// of a node that is known is that one.

// suspect has the learnt nodes listed among those that have the same room.
func (v *View) suspect(address string, found []*room) {
	for _, n := range v.nodes {
		has := n.Address == address || slices.ContainsFunc(found, func(r *room) bool { return r.node == n.Address })
		if n.learnt && has {
			n.wantsList = true
		}
	}
}

// sameNode returns the address of the node that a learnt one is: that which has
// every room of its list. It returns "" if there is none.
func (v *View) sameNode(a answer) string {
	if !a.node.learnt || a.roomID != "" {
		return ""
	}
	same := ""
	for i, r := range a.rooms {
		elsewhere := ""
		for _, known := range v.current.find(r.ID) {
			if known.node != a.node.Address {
				elsewhere = known.node
			}
		}
		if i > 0 && elsewhere != same {
			return ""
		}
		same = elsewhere
	}
	return same
}

// unify forgets a learnt node, which is another one by another name.
func (v *View) unify(alias *node, address string) {
	v.log.Info("a learnt node is a known one", "address", address, "alias", alias.Address)
	v.aliases[alias.Address] = true
	v.nodes = slices.DeleteFunc(v.nodes, func(n *node) bool { return n == alias })
	d := v.current.edit()
	for r := range v.current.all() {
		if r.node != alias.Address {
			continue
		}
		s := step{before: r}
		if len(v.current.find(r.id)) == 1 {
			moved := *r
			moved.node = address
			s.after = &moved
		}
		d.replace(s)
	}
	v.publish(d)
}
