package watch

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Node is a node of the cluster as the view knows it, and how good that is.
type Node struct {
	// Address is where the node is asked for its rooms. It is empty for the rooms
	// that no named node has.
	Address string
	// Listed is when it was last asked for all its rooms and answered; zero if it
	// never did.
	Listed time.Time
	// StaleSince is since when the view of the node's rooms may be missing
	// something: since the start, since the last frame before an outage, since the
	// node's last good answer before it restarted or failed, or since it was found
	// out that its address can't be trusted. It is zero while nothing is known to
	// be missing.
	StaleSince time.Time
	// Err is why the latest request failed, such as [rooms.ErrUnauthorized], or
	// [ErrBalanced], [ErrSameServer] or [ErrNotNamed]; nil if all is well.
	Err error
}

// doubt makes the node's part of the view stale from some moment on.
func (n *Node) doubt(since time.Time) {
	if n.StaleSince.IsZero() || !since.IsZero() && since.Before(n.StaleSince) {
		n.StaleSince = since
	}
}

const (
	// Lists and lookups that fail, and lists while Gaps keep coming, are repeated
	// after a random wait below a ceiling, which doubles.
	retryBase = 100 * time.Millisecond
	retryCap  = 30 * time.Second
	// calm is how long no Gap must have come for the next to be followed by a list
	// at once.
	calm = 5 * time.Second
	// healthInterval is the longest time between two checks of a node's uptime.
	healthInterval = 15 * time.Second
	// burstInterval is the least time between two lists that stand for lookups.
	burstInterval = time.Second
	// lookupBytes is how large the ids may be that wait for a lookup.
	lookupBytes = 1 << 20
	// refusalsEndure is how many refusals of the token running are taken for good.
	refusalsEndure = 2
)

// manyLookups is how many of a number of rooms are looked up one by one. Above
// this, listing everything is cheaper.
func manyLookups(rooms int) int { return max(16, rooms/64) }

// node is a node and what it is to be asked. One request to it is under way at a
// time, so that what it answers is always newer than what it answered before. It
// belongs to the view's loop.
type node struct {
	Node
	client *rooms.Client
	ctx    context.Context // Ends when the node is no longer named.
	cancel context.CancelFunc

	// What to ask.
	asking       *question         // What is under way, or nil.
	asked        bool              // A list was answered, or failed.
	listDue      time.Time         // Zero if no list is wanted.
	periodicDue  time.Time         // Zero before the first list.
	notBefore    time.Time         // No list before.
	lookups      map[string]uint64 // The rooms to look up, and the notification that was the reason.
	lookupsBytes int
	lookupAt     time.Time // No lookup before.
	healthDue    time.Time
	lastList     time.Time // When it was last asked for.

	// How it went.
	failure  error
	failures int // Running.
	refusals int // Of the token, running.
	lastGood time.Time
	lastGap  time.Time
	gapLists int // Lists after Gaps that kept coming.

	identity
}

func newNode(ctx context.Context, c *rooms.Client, now time.Time) *node {
	n := &node{
		Node: Node{Address: c.Address(), StaleSince: now}, client: c, listDue: now, lookups: make(map[string]uint64),
		identity: newIdentity(),
	}
	n.ctx, n.cancel = context.WithCancel(ctx)
	return n
}

// wantList has the node listed at a moment, or before.
func (n *node) wantList(at time.Time) {
	if n.listDue.IsZero() || at.Before(n.listDue) {
		n.listDue = at
	}
}

// lookUp has the node asked for a room, given how many there are and the number of
// the next notification.
func (n *node) lookUp(id string, rooms int, next uint64, now time.Time) {
	if _, waits := n.lookups[id]; !waits {
		if len(n.lookups) >= manyLookups(rooms) || n.lookupsBytes+len(id) > lookupBytes {
			n.wantList(later(now, n.lastList.Add(burstInterval)))
			return
		}
		n.lookupsBytes += len(id)
	}
	n.lookups[id] = next
}

func (n *node) forgetLookup(id string) {
	if _, waits := n.lookups[id]; waits {
		delete(n.lookups, id)
		n.lookupsBytes -= len(id)
	}
}

// onGap has the node listed: at once, and later and later while Gaps keep coming.
func (n *node) onGap(since, now time.Time) {
	if since.IsZero() {
		since = n.Listed // Nothing tells when it was.
	}
	n.doubt(since)
	n.forgetReturns()
	if now.Sub(n.lastGap) > calm {
		n.gapLists = 0
	}
	n.lastGap = now
	if !n.listDue.IsZero() {
		return
	}
	at := now
	if n.gapLists > 0 {
		at = later(now, n.lastList.Add(retryBase+backoff.Delay(retryBase, retryCap, n.gapLists-1)))
	}
	n.gapLists++
	n.listDue = at
}

// next returns what to ask the node now, or nil. While lists fail, lookups may
// not.
func (n *node) next(now time.Time, connected func(*node) bool) *question {
	if n.asking != nil {
		return nil
	}
	q := &question{node: n, at: now}
	wanted, periodic := reached(n.listDue, now), reached(n.periodicDue, now)
	switch {
	case (wanted || periodic) && !now.Before(n.notBefore):
		q.periodic = !wanted && n.listDue.IsZero()
		q.health, q.healthLast = true, rand.N(2) == 0
		n.listDue, n.periodicDue, n.lastList = time.Time{}, time.Time{}, now
		return q
	case len(n.lookups) > 0 && !now.Before(n.lookupAt) && !(wanted && n.failures == 0):
		for id := range n.lookups {
			n.forgetLookup(id)
			q.what, q.roomID = lookUp, id
			return q
		}
	case reached(n.healthDue, now):
		n.healthDue = now.Add(healthInterval - rand.N(healthInterval/10))
		if !connected(n) {
			q.what, q.health = checkHealth, true
			return q
		}
	}
	return nil
}

// due returns when there will be something to ask, zero if only an answer can
// change that.
func (n *node) due() time.Time {
	if n.asking != nil {
		return time.Time{}
	}
	due := n.healthDue
	if list := sooner(n.listDue, n.periodicDue); !list.IsZero() {
		due = sooner(due, later(list, n.notBefore))
	}
	if len(n.lookups) > 0 {
		due = sooner(due, later(n.lookupAt, n.lastList))
	}
	return due
}

func reached(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// sooner returns the earlier moment that isn't zero.
func sooner(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// onFailure takes in that the node couldn't be asked. Where notifications come
// from another node, it may have ended since its last good answer.
func (n *node) onFailure(a answer, now time.Time, interval time.Duration, connected bool) {
	n.asked = n.asked || a.what == listAll
	n.failure = a.err
	since := now
	if !connected && !n.lastGood.IsZero() {
		since = n.lastGood
	}
	n.doubt(since)
	answered := &rooms.Error{}
	errors.As(a.err, &answered)
	wait := backoff.DelayAfter(answered.RetryAfter, retryBase, retryCap, n.failures)
	n.failures++
	switch {
	case !errors.Is(a.err, rooms.ErrUnauthorized):
		n.refusals = 0
	case n.refusals == 0:
		n.refusals, wait = 1, 0 // There may be a fresh token.
	default:
		n.refusals++
		wait = interval
	}
	n.notBefore, n.healthDue = now.Add(wait), time.Time{}
	n.wantList(now)
	if a.what == lookUp {
		if _, waits := n.lookups[a.roomID]; !waits {
			n.lookups[a.roomID] = a.from
			n.lookupsBytes += len(a.roomID)
		}
	}
	if a.what == lookUp || n.refusals > 0 || answered.RetryAfter > 0 {
		n.lookupAt = n.notBefore
	}
}

// onSuccess takes in that the node answered.
func (n *node) onSuccess(a answer, now time.Time, interval time.Duration) {
	n.lastGood, n.refusals, n.lookupAt = a.at, 0, time.Time{}
	if now.Sub(n.balanced) > balancedFor {
		n.balanced = time.Time{}
	}
	if n.healthDue.IsZero() {
		n.healthDue = now.Add(healthInterval - rand.N(healthInterval/10))
	}
	if a.ancient {
		n.healthDue = time.Time{} // Until the next list.
	}
	if a.what != listAll {
		if a.what == checkHealth {
			return
		}
		if n.listDue.IsZero() {
			n.failure, n.failures = nil, 0
		}
		return // Its lists may still fail.
	}
	n.asked, n.failure, n.failures, n.notBefore = true, nil, 0, time.Time{}
	n.Listed = a.at
	n.periodicDue = now.Add(interval - interval/10 + rand.N(interval/5+1))
	for id, reason := range n.lookups {
		if reason <= a.from {
			n.forgetLookup(id)
		}
	}
	if n.listDue.IsZero() {
		n.StaleSince = time.Time{}
	}
}

// shown returns the node as others see it.
func (n *node) shown() Node {
	shown := n.Node
	if shown.Err = n.finding; shown.Err != nil {
		shown.doubt(n.found)
	}
	if n.failure != nil {
		shown.Err = n.failure
		if n.finding != nil {
			shown.Err = errors.Join(n.finding, n.failure)
		}
	}
	return shown
}
