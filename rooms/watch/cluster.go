package watch

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// addNode has a node asked for its rooms, unless it already is.
func (v *View) addNode(client *rooms.Client) {
	if !v.knows(client.Address()) {
		v.nodes = append(v.nodes, newNode(client, time.Now()))
	}
}

func (v *View) knows(address string) bool {
	for _, n := range v.nodes {
		if n.Address == address {
			return true
		}
	}
	return false
}

func (v *View) anyDown() bool {
	for _, n := range v.nodes {
		if n.failures > 0 {
			return true
		}
	}
	return false
}

// A server names itself as it is configured to, which is often not the address
// that it is asked by. So the address on which the client created a room is only
// a candidate for a node: it is one if it has a room that none of the nodes had
// when they were asked before.

// candidate returns the node on which the client created a room, unless it is
// known or there is none.
func (v *View) candidate(roomID string) *node {
	address, ok := v.client.NodeOf(roomID)
	if !ok {
		return nil
	}
	client, err := v.client.At(address)
	if err != nil || v.knows(client.Address()) {
		return nil // What a server calls itself can be no address at all.
	}
	c := v.candidates[client.Address()]
	if c == nil {
		c = newNode(client, time.Now())
		c.wantsList, c.isCandidate = false, true
		v.candidates[c.Address] = c
	}
	return c
}

// hear takes in what a candidate answered.
func (v *View) hear(a answer) {
	c := a.node
	switch s := v.searches[a.roomID]; {
	case a.err != nil && s != nil:
		s.rounds++
		v.rest(s) // Until the room is forgotten, only its node can tell.
		return
	case a.err != nil:
		return
	case len(a.rooms) == 0:
		v.missing(a.question, a.roomID)
		return
	}
	delete(v.candidates, c.Address)
	c.isCandidate, c.wantsList = false, true
	v.nodes = append(v.nodes, c)
	clear(v.absent)
	v.log.Info("a node of the cluster was learnt", "address", c.Address)
}

// placed is how many rooms of one candidate are searched for after a list.
const placed = 3

// seekPlaced searches for rooms that the client created on nodes that aren't
// known, and that no notification told of.
func (v *View) seekPlaced() {
	sought := make(map[string]int) // By address.
	for id, address := range v.client.Placements() {
		if sought[address] == placed || v.absent[id] {
			continue
		}
		switch {
		case v.knows(address):
			sought[address] = placed
		case len(v.current.find(id)) > 0:
			sought[address] = placed // Another name of a node that is known.
		default:
			sought[address]++
			v.seek(id)
		}
	}
}
