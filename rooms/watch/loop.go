package watch

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/ended"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// loop is the goroutine that changes a view. There are four kinds of events: a
// notification or Gap, a response, a call of SetNodes, and time.
type loop struct {
	*View
	nodes    []*node
	requests sync.WaitGroup
	history  history
	nodeless nodeless
	late     ended.Rooms // Opened only by their creation.
	isSynced bool
	warned   bool // About rooms that no node has.
}

func newLoop(v *View) *loop {
	return &loop{
		View:     v,
		nodeless: nodeless{rooms: make(map[string]*nodelessRoom)},
	}
}

func (l *loop) run(sub *stream.Subscription) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	err := l.untilEnd(sub, timer)
	for _, n := range l.nodes {
		n.cancel()
	}
	l.end(err)
	l.requests.Wait()
	close(l.done)
}

// untilEnd handles one event after the other until the view ends, and returns the
// reason.
func (l *loop) untilEnd(sub *stream.Subscription, timer *time.Timer) error {
	for {
		now := time.Now()
		l.sendRequests(now)
		timer.Reset(l.untilDue(now))
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				return sub.Err()
			}
			l.onNotification(n, time.Now())
		case req := <-l.responses:
			if l.onResponse(req, time.Now()); l.isUnauthorized() {
				return fmt.Errorf("watch: no node accepts the token: %w", l.nodes[0].failure)
			}
		case n := <-l.nodeCalls:
			l.setNodes(n.servers, time.Now())
			close(n.applied)
		case <-timer.C:
		case <-l.ctx.Done():
			return lifetime.Err(l.ctx)
		}
	}
}

// sendRequests sends each node its next request, if one is due.
func (l *loop) sendRequests(now time.Time) {
	for _, n := range l.nodes {
		req := n.next(now, l.isConnected)
		if req == nil {
			continue
		}
		req.from = l.history.next()
		n.pending = req
		l.requests.Go(func() {
			req.send(n.ctx)
			select {
			case l.responses <- req:
			case <-n.ctx.Done():
			}
		})
	}
}

// isConnected reports whether the notifications come from a node, if that is known.
func (l *loop) isConnected(n *node) bool {
	c, ok := l.source.(connection)
	if !ok {
		return false
	}
	state := c.State()
	return state.Phase == stream.Live && (state.Address == n.Address || !n.restarts())
}

// untilDue returns how long the view has nothing to do by itself.
func (l *loop) untilDue(now time.Time) time.Duration {
	due := now.Add(time.Hour)
	for _, n := range l.nodes {
		due = sooner(due, n.due())
	}
	return max(0, due.Sub(now))
}

// onNotification handles a notification or a Gap.
func (l *loop) onNotification(n decode.Notification, now time.Time) {
	if gap, ok := n.(stream.Gap); ok {
		l.onGap(gap, now)
		return
	}
	id, ok := roomOf(n)
	if !ok {
		return
	}
	l.remember(n)
	found := l.current.find(id)
	switch {
	case len(found) > 1:
		l.lookUpOnAll(id, now) // It isn't known which one is meant.
		return
	case len(found) == 0 && isEnd(n):
		l.late.Add(id, now)
		return
	case len(found) == 0 && n.Kind() != decode.KindRoomCreated && l.late.Has(id, now):
		return // Late.
	}
	var before *room
	if len(found) == 1 {
		before = found[0]
	}
	after, again := apply(before, n, now)
	if after != before {
		s := step{before, after, n}
		l.take(l.current.with(s), []step{s}, now)
	}
	switch {
	case !again:
	case before == nil: // It is being looked up already.
	case n.Kind() == decode.KindRoomCreated && before.node == "":
		l.findNode(id, now)
	case n.Kind() == decode.KindRoomCreated:
		l.lookUpOnAll(id, now) // Another node may have one with the same id.
	case after.node != "":
		l.lookUpOn(after, now)
	}
	if after != nil && after.node == "" {
		l.nodeless.touch(after)
		l.removeNodeless(l.nodeless.excess(), now)
	}
}

// onGap makes everything be listed again.
func (l *loop) onGap(gap stream.Gap, now time.Time) {
	for _, n := range l.nodes {
		n.onGap(gap.Since, now)
	}
	l.count(func(s *Stats) { s.Gaps++ })
	l.removeNodeless(l.nodeless.afterGap(), now)
	l.showNodes(now)
}

// onResponse handles the response of a node.
func (l *loop) onResponse(req *request, now time.Time) {
	n := req.node
	if n.pending != req {
		return // The node was removed.
	}
	n.pending = nil
	if req.overrun && req.err == nil {
		req.err = errOverrun
	}
	l.countResponse(req)
	if n.restarted(req.started, now) {
		l.onRestart(n, req, now)
	}
	switch {
	case req.err == nil:
		n.onSuccess(req, now, l.interval)
		l.merge(req, now)
	case req.task == lookUp && errors.Is(req.err, rooms.ErrInvalid):
		n.wantList(later(now, n.lastList.Add(burstInterval))) // An id that can't be looked up.
	default:
		n.onFailure(req, now, l.interval, l.isConnected(n))
		l.log.Warn("rooms can't be listed", "address", n.Address, "error", req.err)
	}
	l.reviewNodeless(now)
	l.history.trim(l.oldestRequest())
	l.showNodes(now)
	l.checkSynced()
}

// onRestart handles the restart of a node that nothing else has reported.
func (l *loop) onRestart(n *node, req *request, now time.Time) {
	n.markStale(n.lastGood)
	n.forgetReturns()
	if req.task != listAll || req.healthLast {
		n.wantList(now)
	}
	l.removeNodeless(l.nodeless.afterGap(), now)
	l.log.Info("a node has restarted", "address", n.Address)
}

// merge applies a response, and the notifications since its request, to the view at
// once.
func (l *loop) merge(req *request, now time.Time) {
	if req.task == checkHealth {
		return
	}
	m := merge(l.current, req, l.history.since(req), now)
	l.take(m.snapshot, m.steps, now)
	for _, r := range m.lookUp {
		l.lookUpOn(r, now)
	}
	for _, id := range m.ambiguous {
		l.lookUpOnAll(id, now)
	}
	l.nodeless.afterResponse(req)
	l.countInferred(m.steps, req)
	l.inspect(req, m.gone, now)
}

// take makes a snapshot the view's current one.
func (l *loop) take(s *snapshot, steps []step, now time.Time) {
	if len(steps) == 0 {
		return
	}
	absent := l.nodeless.absent
	l.publish(s, steps)
	for _, st := range steps {
		id := st.room().id
		switch {
		case st.after == nil:
			l.nodeless.close(id)
			if st.before.node != "" || st.cause != nil {
				l.late.Add(id, now)
			}
		case st.after.node != "":
			l.nodeless.close(id)
		case st.before == nil:
			l.late.Remove(id)
			l.findNode(id, now)
		}
	}
	if absent != l.nodeless.absent {
		l.showNodes(now)
	}
}

func (l *loop) lookUpOnAll(id string, now time.Time) {
	for _, n := range l.nodes {
		n.lookUp(id, l.current.count, l.history.next(), now)
	}
}

// lookUpOn looks up a room on its node.
func (l *loop) lookUpOn(r *room, now time.Time) {
	for _, n := range l.nodes {
		if n.Address == r.node {
			n.lookUp(r.id, l.current.count, l.history.next(), now)
		}
	}
}

// remember keeps a notification for responses that are still to come.
func (l *loop) remember(n decode.Notification) {
	l.history.add(n)
	from := l.oldestRequest()
	l.history.trim(from)
	if l.history.next()-from <= uint64(l.limits.notifications) && l.history.bytes <= historyBytes {
		return
	}
	for _, n := range l.nodes {
		if req := n.pending; req != nil && req.from == from {
			req.overrun = true
		}
	}
}

// oldestRequest returns the number of the first notification that a response may lack.
func (l *loop) oldestRequest() uint64 {
	from := l.history.next()
	for _, n := range l.nodes {
		if req := n.pending; req != nil && !req.overrun && req.task != checkHealth {
			from = min(from, req.from)
		}
	}
	return from
}

// setNodes replaces the nodes by the given servers.
func (l *loop) setNodes(servers []server, now time.Time) {
	removed := l.nodes
	var named []*node
	for _, s := range servers {
		i := slices.IndexFunc(removed, func(n *node) bool { return n.Address == s.Address() })
		if i < 0 {
			named = append(named, newNode(l.ctx, s, now))
			continue
		}
		named = append(named, removed[i])
		removed = slices.Concat(removed[:i], removed[i+1:])
	}
	l.nodes = named
	d := draft{snapshot: l.current}
	for _, n := range removed {
		n.cancel()
		n.pending = nil
		for _, other := range named {
			delete(other.pairs, n)
		}
		for r := range l.current.all() {
			if r.node == n.Address {
				d.replace(step{before: r})
			}
		}
	}
	l.take(d.snapshot, d.steps, now)
	l.reviewNodeless(now)
	l.showNodes(now)
	l.checkSynced()
}

// showNodes publishes the state of the nodes.
func (l *loop) showNodes(now time.Time) {
	shown := make([]Node, 0, len(l.nodes)+1)
	for _, n := range l.nodes {
		if n.updateProblem(now) {
			l.log.Warn("a node's address can't be trusted", "address", n.Address, "error", n.problem)
		}
		shown = append(shown, n.shown())
	}
	if l.nodeless.absent > 0 {
		shown = append(shown, Node{StaleSince: l.nodeless.since, Err: ErrNotNamed})
	}
	l.shown.Store(&shown)
}

// checkSynced checks whether the view has become complete.
func (l *loop) checkSynced() {
	listed := false
	for _, n := range l.nodes {
		if !n.tried {
			return
		}
		listed = listed || !n.Listed.IsZero()
	}
	if listed && !l.isSynced {
		l.isSynced = true
		close(l.synced)
	}
}

// isUnauthorized reports whether every node permanently refuses the token.
func (l *loop) isUnauthorized() bool {
	for _, n := range l.nodes {
		if n.refusals < maxRefusals {
			return false
		}
	}
	return len(l.nodes) > 0
}

func (l *loop) countResponse(req *request) {
	l.count(func(s *Stats) {
		switch {
		case req.err != nil:
			s.Failures++
		case req.task == listAll:
			s.Lists++
		case req.task == lookUp:
			s.Lookups++
		default:
			s.Checks++
		}
	})
}

func (l *loop) countInferred(steps []step, req *request) {
	if len(steps) == 0 {
		return
	}
	l.count(func(s *Stats) {
		s.Inferred += uint64(len(steps))
		if req.periodic {
			s.Corrected += uint64(len(steps))
		}
	})
	if req.periodic {
		l.log.Warn("a periodic list corrected the view", "address", req.node.Address, "rooms", len(steps))
	}
}
