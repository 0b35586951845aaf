package watch

import (
	"math/rand/v2"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Node is a node of the cluster as the view knows it, and how good that is.
type Node struct {
	// Address is where the node is asked for its rooms.
	Address string
	// Listed is when it last listed all its rooms; zero if it never did.
	Listed time.Time
	// StaleSince is since when the view of the node's rooms may be missing
	// something: since the start, since the last frame before an outage, or since
	// the first list that failed. It is zero while nothing is known to be missing.
	StaleSince time.Time
	// Err is why the latest list failed; nil if it didn't.
	Err error
}

// node is a node and what it is to be asked. One request to it is under way at a
// time, so that what it answers is always newer than what it answered before.
type node struct {
	Node
	client *rooms.Client
	learnt bool // From the answer to the creation of a room.

	wantsList bool                // All its rooms are to be listed.
	sought    map[string]struct{} // The rooms that are to be looked up.
	asking    *question           // What is under way, or nil.
	asked     bool                // It was listed once, or that failed.
	failures  int                 // In a row.
	retryAt   time.Time           // After a failure.
	nextList  time.Time
}

// seldom is how many of a number of rooms are looked up one by one rather than by
// listing all: about what can be done in the time that a list takes.
func seldom(rooms int) int { return max(16, rooms/64) }

func newNode(client *rooms.Client, now time.Time) *node {
	return &node{
		Node:      Node{Address: client.Address(), StaleSince: now},
		client:    client,
		wantsList: true,
		sought:    make(map[string]struct{}),
	}
}

// doubt makes the node's part of the view stale from some moment on.
func (n *Node) doubt(since time.Time) {
	if n.StaleSince.IsZero() || since.Before(n.StaleSince) {
		n.StaleSince = since
	}
}

// next returns what to ask the node now, or nil, given how many rooms there are.
func (n *node) next(now time.Time, rooms int) *question {
	if n.asking != nil || now.Before(n.retryAt) {
		return nil
	}
	if n.wantsList || len(n.sought) > seldom(rooms) || !n.nextList.IsZero() && !now.Before(n.nextList) {
		n.wantsList = false
		n.nextList = time.Time{}
		clear(n.sought)
		return &question{node: n}
	}
	for id := range n.sought {
		delete(n.sought, id)
		return &question{node: n, roomID: id}
	}
	return nil
}

// due returns when there will be something to ask, zero if only an answer can
// change that.
func (n *node) due() time.Time {
	switch {
	case n.asking != nil:
		return time.Time{}
	case n.wantsList || len(n.sought) > 0:
		return n.retryAt
	case n.nextList.Before(n.retryAt):
		return n.retryAt
	}
	return n.nextList
}

func (n *node) failed(err error, now time.Time) {
	n.asked = true
	n.Err = err
	n.doubt(now)
	n.wantsList = true
	n.retryAt = now.Add(backoff.Delay(retryBase, retryCap, n.failures))
	n.failures++
}

func (n *node) succeeded(q *question, now time.Time, interval time.Duration) {
	n.failures, n.retryAt, n.Err = 0, time.Time{}, nil
	if q.roomID != "" {
		return
	}
	n.asked = true
	n.Listed = now
	n.nextList = now.Add(interval - interval/10 + rand.N(interval/5+1))
	if !n.wantsList {
		n.StaleSince = time.Time{}
	}
}
