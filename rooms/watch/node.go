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
	// Listed is when it was last asked for all its rooms and answered; zero if it
	// never did.
	Listed time.Time
	// StaleSince is since when the view of the node's rooms may be missing
	// something: since the start, since the last frame before an outage, or since
	// the first list that failed. It is zero while nothing is known to be missing.
	StaleSince time.Time
	// Err is why the latest list failed; nil if it didn't.
	Err error
}

// doubt makes the node's part of the view stale from some moment on. A node that
// was never listed is stale anyway.
func (n *Node) doubt(since time.Time) {
	if n.StaleSince.IsZero() || !since.IsZero() && since.Before(n.StaleSince) {
		n.StaleSince = since
	}
}

// node is a node and what it is to be asked. One request to it is under way at a
// time, so that what it answers is always newer than what it answered before.
type node struct {
	Node
	client      *rooms.Client
	isCandidate bool // It may be another name of a known one, and isn't listed.

	wantsList bool                // All its rooms are to be listed.
	sought    map[string]struct{} // The rooms that are to be looked up.
	asking    *question           // What is under way, or nil.
	asked     bool                // It was listed once, or that failed.
	nextList  time.Time

	// After failures.
	failures int // In a row.
	since    time.Time
	listAt   time.Time // No list before.
	lookAt   time.Time // No lookup before.
}

// downAfter is for how long a node must have failed to count as down.
const downAfter = time.Minute

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

func (n *node) isDown() bool { return n.failures > 0 && time.Since(n.since) > downAfter }

// next returns what to ask the node now, or nil, given how many rooms there are.
// While lists fail, lookups may not.
func (n *node) next(now time.Time, rooms int) *question {
	if n.asking != nil {
		return nil
	}
	periodic := !n.nextList.IsZero() && !now.Before(n.nextList)
	many := !n.isCandidate && len(n.sought) > seldom(rooms)
	lists := n.wantsList || many || periodic
	if lists && !now.Before(n.listAt) {
		q := &question{node: n, at: now, covers: n.sought, periodic: periodic && !n.wantsList && !many}
		n.wantsList, n.nextList, n.sought = false, time.Time{}, make(map[string]struct{})
		return q
	}
	if lists && n.failures == 0 || now.Before(n.lookAt) {
		return nil
	}
	for id := range n.sought {
		delete(n.sought, id)
		return &question{node: n, at: now, roomID: id}
	}
	return nil
}

// due returns when there will be something to ask, zero if only an answer can
// change that.
func (n *node) due() time.Time {
	if n.asking != nil {
		return time.Time{}
	}
	due := n.nextList
	if n.wantsList {
		due = n.listAt
	}
	if len(n.sought) > 0 && (due.IsZero() || n.lookAt.Before(due)) {
		due = n.lookAt
	}
	return due
}

func (n *node) failed(q *question, err error, now time.Time) {
	if n.failures == 0 {
		n.since = now
	}
	n.asked = true
	n.Err = err
	n.doubt(now)
	n.wantsList = true
	n.listAt = now.Add(backoff.Delay(retryBase, retryCap, n.failures))
	n.failures++
	if q.roomID != "" {
		n.sought[q.roomID] = struct{}{}
		n.lookAt = n.listAt
	}
	for id := range q.covers {
		n.sought[id] = struct{}{}
	}
}

func (n *node) succeeded(q *question, interval time.Duration) {
	n.lookAt = time.Time{}
	if q.roomID != "" && n.wantsList {
		return // Its lists may still fail.
	}
	n.failures, n.listAt, n.Err = 0, time.Time{}, nil
	if q.roomID != "" {
		return
	}
	n.asked = true
	n.Listed = q.at
	n.nextList = time.Now().Add(interval - interval/10 + rand.N(interval/5+1))
	if !n.wantsList {
		n.StaleSince = time.Time{}
	}
}
