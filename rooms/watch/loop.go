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

// loop is the one goroutine that changes a view. What happens comes to it as one
// of four: a notification or Gap, an answer, new names of nodes, or time.
type loop struct {
	*View
	nodes    []*node
	asking   sync.WaitGroup
	history  history
	unlisted unlisted
	late     ended.Rooms // Opened by their creation alone.
	isSynced bool
	warned   bool // Of rooms that no node has.
}

func newLoop(v *View) *loop {
	return &loop{
		View:     v,
		unlisted: unlisted{rooms: make(map[string]*unlistedRoom)},
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
	l.asking.Wait()
	close(l.done)
}

// untilEnd takes in one thing after the other until the view ends, and returns why.
func (l *loop) untilEnd(sub *stream.Subscription, timer *time.Timer) error {
	for {
		now := time.Now()
		l.askNext(now)
		timer.Reset(l.untilDue(now))
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				return sub.Err()
			}
			l.onNotification(n, time.Now())
		case a := <-l.answers:
			if l.onAnswer(a, time.Now()); l.isRefused() {
				return fmt.Errorf("watch: no node accepts the token: %w", l.nodes[0].failure)
			}
		case n := <-l.naming:
			l.setNodes(n.clients, time.Now())
			close(n.applied)
		case <-timer.C:
		case <-l.ctx.Done():
			return lifetime.Err(l.ctx)
		}
	}
}

// askNext has every node asked what it is to be asked now.
func (l *loop) askNext(now time.Time) {
	for _, n := range l.nodes {
		q := n.next(now, l.isConnected)
		if q == nil {
			continue
		}
		q.from = l.history.next()
		n.asking = q
		l.asking.Go(func() {
			a := q.ask(n.ctx)
			select {
			case l.answers <- a:
			case <-n.ctx.Done():
			}
		})
	}
}

// isConnected reports whether notifications come from a node, if that is known.
func (l *loop) isConnected(n *node) bool {
	c, ok := l.source.(connection)
	if !ok {
		return false
	}
	state := c.State()
	return state.Phase == stream.Live && state.Address == n.Address
}

// untilDue returns how long nothing is to be done of the view's own accord.
func (l *loop) untilDue(now time.Time) time.Duration {
	due := now.Add(time.Hour)
	for _, n := range l.nodes {
		due = sooner(due, n.due())
	}
	return max(0, due.Sub(now))
}

// onNotification takes in a notification or a Gap.
func (l *loop) onNotification(n decode.Notification, now time.Time) {
	if gap, ok := n.(stream.Gap); ok {
		l.onGap(gap, now)
		return
	}
	id, ok := decode.RoomOf(n)
	if !ok {
		return
	}
	l.remember(n)
	found := l.current.find(id)
	switch {
	case len(found) > 1:
		l.lookUpOnAll(id, now) // It is unknown which one is meant.
		return
	case len(found) == 0 && n.Kind() != decode.KindRoomCreated && l.late.Has(id, now):
		return // A straggler.
	}
	var before *room
	if len(found) == 1 {
		before = found[0]
	}
	o := apply(before, n, now)
	if o.room != before {
		s := step{before, o.room, n}
		l.take(l.current.with(s), []step{s}, now)
	}
	switch {
	case !o.lookUp:
	case before == nil: // Its node is asked for already.
	case n.Kind() == decode.KindRoomCreated && before.node == "":
		l.findNode(id, now)
	case n.Kind() == decode.KindRoomCreated:
		l.lookUpOnAll(id, now) // Another node may have one with the same id.
	case o.room.node != "":
		l.lookUpOn(o.room, now)
	}
	if o.room != nil && o.room.node == "" {
		l.unlisted.touch(o.room)
		l.removeUnlisted(l.unlisted.excess(), now)
	}
}

// onGap has everything listed again.
func (l *loop) onGap(gap stream.Gap, now time.Time) {
	for _, n := range l.nodes {
		n.onGap(gap.Since, now)
	}
	l.count(func(s *Stats) { s.Gaps++ })
	l.removeUnlisted(l.unlisted.doubt(), now)
	l.showNodes(now)
}

// onAnswer takes in what a node answered.
func (l *loop) onAnswer(a answer, now time.Time) {
	n := a.node
	if n.asking != a.question {
		return // It is no longer named.
	}
	n.asking = nil
	if a.void && a.err == nil {
		a.err = errOverrun
	}
	l.countAnswer(a)
	if n.restarted(a.started, now) {
		l.onRestart(n, a, now)
	}
	switch {
	case a.err == nil:
		n.onSuccess(a, now, l.interval)
		l.merge(a, now)
	case a.what == lookUp && errors.Is(a.err, rooms.ErrInvalid):
		n.wantList(later(now, n.lastList.Add(burstInterval))) // An id that can't be asked for.
	default:
		n.onFailure(a, now, l.interval, l.isConnected(n))
		l.log.Warn("rooms can't be listed", "address", n.Address, "error", a.err)
	}
	l.reviewUnlisted(now)
	l.history.trim(l.oldestQuestion())
	l.showNodes(now)
	l.checkSynced()
}

// onRestart handles the restart of a node, of which there is no other sign.
func (l *loop) onRestart(n *node, a answer, now time.Time) {
	n.doubt(n.lastGood)
	n.forgetReturns()
	if a.what != listAll || a.healthLast {
		n.wantList(now)
	}
	l.removeUnlisted(l.unlisted.doubt(), now)
	l.log.Info("a node has restarted", "address", n.Address)
}

// merge brings an answer, and what was notified of since it was asked, into the
// view, all at once.
func (l *loop) merge(a answer, now time.Time) {
	if a.what == checkHealth {
		return
	}
	m := merge(l.current, a, l.history.since(a.question), now)
	l.take(m.snapshot, m.steps, now)
	for _, r := range m.lookUp {
		l.lookUpOn(r, now)
	}
	for _, id := range m.ambiguous {
		l.lookUpOnAll(id, now)
	}
	l.unlisted.deny(a)
	l.countInferred(m.steps, a)
	l.inspect(a, m.gone, now)
}

// take makes a snapshot the view's.
func (l *loop) take(s *snapshot, steps []step, now time.Time) {
	if len(steps) == 0 {
		return
	}
	absent := l.unlisted.absent
	l.publish(s, steps)
	for _, st := range steps {
		id := st.room().id
		switch {
		case st.after == nil:
			l.unlisted.close(id)
			if st.before.node != "" || st.cause != nil {
				l.late.Add(id, now)
			}
		case st.after.node != "":
			l.unlisted.close(id)
		case st.before == nil:
			l.late.Remove(id)
			l.findNode(id, now)
		}
	}
	if absent != l.unlisted.absent {
		l.showNodes(now)
	}
}

func (l *loop) lookUpOnAll(id string, now time.Time) {
	for _, n := range l.nodes {
		n.lookUp(id, l.current.count, l.history.next(), now)
	}
}

// lookUpOn has a room's node asked for it.
func (l *loop) lookUpOn(r *room, now time.Time) {
	for _, n := range l.nodes {
		if n.Address == r.node {
			n.lookUp(r.id, l.current.count, l.history.next(), now)
		}
	}
}

// remember keeps a notification for the answers that are yet to come.
func (l *loop) remember(n decode.Notification) {
	l.history.add(n)
	from := l.oldestQuestion()
	l.history.trim(from)
	if l.history.next()-from <= uint64(l.limits.notifications) && l.history.bytes <= historyBytes {
		return
	}
	for _, n := range l.nodes {
		if q := n.asking; q != nil && q.from == from {
			q.void = true
		}
	}
}

// oldestQuestion returns the number of the first notification that an answer may
// be older than.
func (l *loop) oldestQuestion() uint64 {
	from := l.history.next()
	for _, n := range l.nodes {
		if q := n.asking; q != nil && !q.void && q.what != checkHealth {
			from = min(from, q.from)
		}
	}
	return from
}

// setNodes makes the nodes those that are named.
func (l *loop) setNodes(clients []*rooms.Client, now time.Time) {
	removed := l.nodes
	var named []*node
	for _, c := range clients {
		i := slices.IndexFunc(removed, func(n *node) bool { return n.Address == c.Address() })
		if i < 0 {
			named = append(named, newNode(l.ctx, c, now))
			continue
		}
		named = append(named, removed[i])
		removed = slices.Concat(removed[:i], removed[i+1:])
	}
	l.nodes = named
	d := draft{snapshot: l.current}
	for _, n := range removed {
		n.cancel()
		n.asking = nil
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
	l.reviewUnlisted(now)
	l.showNodes(now)
	l.checkSynced()
}

// showNodes makes the state of the nodes seen.
func (l *loop) showNodes(now time.Time) {
	shown := make([]Node, 0, len(l.nodes)+1)
	for _, n := range l.nodes {
		if n.judge(now) {
			l.log.Warn("a node's address can't be trusted", "address", n.Address, "error", n.finding)
		}
		shown = append(shown, n.shown())
	}
	if l.unlisted.absent > 0 {
		shown = append(shown, Node{StaleSince: l.unlisted.since, Err: ErrNotNamed})
	}
	l.shown.Store(&shown)
}

// checkSynced checks whether the view is complete for the first time.
func (l *loop) checkSynced() {
	listed := false
	for _, n := range l.nodes {
		if !n.asked {
			return
		}
		listed = listed || !n.Listed.IsZero()
	}
	if listed && !l.isSynced {
		l.isSynced = true
		close(l.synced)
	}
}

// isRefused reports whether every node refuses the token for good.
func (l *loop) isRefused() bool {
	for _, n := range l.nodes {
		if n.refusals < refusalsEndure {
			return false
		}
	}
	return len(l.nodes) > 0
}

func (l *loop) countAnswer(a answer) {
	l.count(func(s *Stats) {
		switch {
		case a.err != nil:
			s.Failures++
		case a.what == listAll:
			s.Lists++
		case a.what == lookUp:
			s.Lookups++
		default:
			s.Checks++
		}
	})
}

func (l *loop) countInferred(steps []step, a answer) {
	if len(steps) == 0 {
		return
	}
	l.count(func(s *Stats) {
		s.Inferred += uint64(len(steps))
		if a.periodic {
			s.Corrected += uint64(len(steps))
		}
	})
	if a.periodic {
		l.log.Warn("a periodic list corrected the view", "address", a.node.Address, "rooms", len(steps))
	}
}
