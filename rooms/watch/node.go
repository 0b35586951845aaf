package watch

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Node is the status of a node of the cluster.
type Node struct {
	// Address is the node's address. It is empty for the rooms that are on none of
	// the configured nodes.
	Address string
	// Listed is when its rooms were last listed successfully; zero if they never
	// were.
	Listed time.Time
	// StaleSince is since when the view of the node's rooms may be stale: since the
	// start, since the last frame before an outage, since the node's last good
	// response before it restarted or failed, or since its address turned out to be
	// unreliable. It is zero if the view is up to date as far as known.
	StaleSince time.Time
	// Err is why the latest request failed, such as [rooms.ErrUnauthorized], or
	// [ErrBalanced], [ErrSameServer] or [ErrNotNamed]; nil if there is no problem.
	Err error
}

// markStale makes the node's part of the view stale from some moment on.
func (n *Node) markStale(since time.Time) {
	if n.StaleSince.IsZero() || !since.IsZero() && since.Before(n.StaleSince) {
		n.StaleSince = since
	}
}

const (
	// Lists and lookups that fail, and lists while Gaps keep coming, are repeated
	// after a random wait below a ceiling, which doubles.
	retryBase = 100 * time.Millisecond
	retryCap  = 30 * time.Second
	// calm is how long there must have been no Gap for the next one to be followed by a
	// list at once.
	calm = 5 * time.Second
	// healthInterval is the longest time between two checks of a node's uptime.
	healthInterval = 15 * time.Second
	// burstInterval is the shortest time between two lists that replace lookups.
	burstInterval = time.Second
	// lookupBytes is how large the ids that wait for a lookup may be together.
	lookupBytes = 1 << 20
	// hostedLookupInterval is the shortest time between two lookups on hosted Fishjam, where
	// each new peer, streamer and viewer needs one.
	hostedLookupInterval = 250 * time.Millisecond
	// maxRefusals is how many refusals of the token in a row are taken as final.
	maxRefusals = 2
)

// manyLookups is how many of a number of rooms are looked up one by one. Above
// this, listing everything is cheaper.
func manyLookups(rooms int) int { return max(16, rooms/64) }

// node is a node and what to request from it. There is one request at a time, so that
// each response is newer than the one before. It is used only by the view's loop.
type node struct {
	Node
	server server
	ctx    context.Context // Ends when the node is removed.
	cancel context.CancelFunc

	// What to request.
	pending      *request          // Nil if none is pending.
	tried        bool              // A list was received, or failed.
	listDue      time.Time         // Zero if no list is wanted.
	periodicDue  time.Time         // Zero before the first list.
	notBefore    time.Time         // No list before this.
	lookups      map[string]uint64 // The rooms to look up, and the number of the notification that was the reason.
	lookupsBytes int
	lookupAt     time.Time // No lookup before this.
	healthDue    time.Time
	lastList     time.Time // When it was last requested.

	// The outcome of the requests.
	failure  error
	failures int // In a row.
	refusals int // Of the token, in a row.
	lastGood time.Time
	lastGap  time.Time
	gapLists int // Lists after Gaps that kept coming.

	identity
}

func newNode(ctx context.Context, s server, now time.Time) *node {
	n := &node{
		Node: Node{Address: s.Address(), StaleSince: now}, server: s, listDue: now, lookups: make(map[string]uint64),
		identity: newIdentity(),
	}
	n.ctx, n.cancel = context.WithCancel(ctx)
	return n
}

// restarts reports whether the node is a single server, which loses its rooms when it
// restarts. Hosted Fishjam isn't.
func (n *node) restarts() bool {
	_, ok := n.server.(healthChecker)
	return ok
}

// wantList requests a list at the given time, or earlier.
func (n *node) wantList(at time.Time) {
	if n.listDue.IsZero() || at.Before(n.listDue) {
		n.listDue = at
	}
}

// lookUp adds a room to look up, given the number of rooms and the number of the next
// notification.
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

// onGap requests a list: at once, or later and later while Gaps keep coming.
func (n *node) onGap(since, now time.Time) {
	if since.IsZero() {
		since = n.Listed // It isn't known since when.
	}
	n.markStale(since)
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

// next returns the request that is due, or nil. Lookups continue while lists fail.
func (n *node) next(now time.Time, connected func(*node) bool) *request {
	if n.pending != nil {
		return nil
	}
	req := &request{node: n, at: now}
	wanted, periodic := reached(n.listDue, now), reached(n.periodicDue, now)
	switch {
	case (wanted || periodic) && !now.Before(n.notBefore):
		req.periodic = !wanted && n.listDue.IsZero()
		req.healthLast = rand.N(2) == 0
		n.listDue, n.periodicDue, n.lastList = time.Time{}, time.Time{}, now
		return req
	case len(n.lookups) > 0 && !now.Before(n.lookupAt) && !(wanted && n.failures == 0):
		for id := range n.lookups {
			n.forgetLookup(id)
			req.task, req.roomID = lookUp, id
			return req
		}
	case reached(n.healthDue, now):
		n.healthDue = now.Add(healthInterval - rand.N(healthInterval/10))
		if !connected(n) {
			req.task = checkHealth
			return req
		}
	}
	return nil
}

// due returns when a request will be due, zero if that depends on a response.
func (n *node) due() time.Time {
	if n.pending != nil {
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

// sooner returns the earlier of two times, ignoring zero.
func sooner(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// onFailure handles a failed request. If the notifications come from another node, this
// one may have ended since its last good response.
func (n *node) onFailure(req *request, now time.Time, interval time.Duration, connected bool) {
	n.tried = n.tried || req.task == listAll
	n.failure = req.err
	since := now
	if !connected && !n.lastGood.IsZero() {
		since = n.lastGood
	}
	n.markStale(since)
	failure := &rooms.Error{}
	errors.As(req.err, &failure)
	wait := backoff.DelayAfter(failure.RetryAfter, retryBase, retryCap, n.failures)
	n.failures++
	switch {
	case !errors.Is(req.err, rooms.ErrUnauthorized):
		n.refusals = 0
	case n.refusals == 0:
		n.refusals, wait = 1, 0 // The next token may be a fresh one.
	default:
		n.refusals++
		wait = interval
	}
	n.notBefore, n.healthDue = now.Add(wait), time.Time{}
	n.wantList(now)
	if req.task == lookUp {
		if _, waits := n.lookups[req.roomID]; !waits {
			n.lookups[req.roomID] = req.from
			n.lookupsBytes += len(req.roomID)
		}
	}
	if req.task == lookUp || n.refusals > 0 || failure.RetryAfter > 0 {
		n.lookupAt = n.notBefore
	}
}

// onSuccess handles a good response.
func (n *node) onSuccess(req *request, now time.Time, interval time.Duration) {
	n.lastGood, n.refusals, n.lookupAt = req.at, 0, time.Time{}
	if now.Sub(n.balanced) > balancedFor {
		n.balanced = time.Time{}
	}
	if req.task == lookUp && !n.restarts() {
		n.lookupAt = now.Add(hostedLookupInterval)
	}
	if n.healthDue.IsZero() {
		n.healthDue = now.Add(healthInterval - rand.N(healthInterval/10))
	}
	if req.noUptime {
		n.healthDue = time.Time{} // Until the next list.
	}
	if req.task != listAll {
		if req.task == checkHealth {
			return
		}
		if n.listDue.IsZero() {
			n.failure, n.failures = nil, 0
		}
		return // Its lists may still fail.
	}
	n.tried, n.failure, n.failures, n.notBefore = true, nil, 0, time.Time{}
	n.Listed = req.at
	n.periodicDue = now.Add(interval - interval/10 + rand.N(interval/5+1))
	for id, reason := range n.lookups {
		if reason <= req.from {
			n.forgetLookup(id)
		}
	}
	if n.listDue.IsZero() {
		n.StaleSince = time.Time{}
	}
}

// shown returns the node's public state.
func (n *node) shown() Node {
	shown := n.Node
	if shown.Err = n.problem; shown.Err != nil {
		shown.markStale(n.problemSince)
	}
	if n.failure != nil {
		shown.Err = n.failure
		if n.problem != nil {
			shown.Err = errors.Join(n.problem, n.failure)
		}
	}
	return shown
}
