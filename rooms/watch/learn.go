package watch

import (
	"errors"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

var errOverrun = errors.New("watch: more was notified of during a list than can be remembered")

// learn takes in what a node answered.
func (v *View) learn(a answer) {
	n := a.node
	n.asking = nil
	if a.void && a.err == nil {
		a.err = errOverrun
	}
	v.count(a)
	switch {
	case n.isCandidate:
		v.hear(a)
	case a.roomID != "" && errors.Is(a.err, rooms.ErrInvalid):
		n.wantsList = true // An id that can't be asked for.
	case a.err != nil:
		v.fail(a)
	default:
		n.succeeded(a.question, v.interval)
		v.merge(a)
	}
	v.showNodes()
	v.sync()
}

// fail takes in that a node couldn't be asked.
func (v *View) fail(a answer) {
	a.node.failed(a.question, a.err, time.Now())
	v.log.Warn("rooms can't be listed", "address", a.node.Address, "error", a.err)
	for id, s := range v.searches {
		v.advance(id, s) // It may be the one that was waited for.
	}
}

func (v *View) count(a answer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case a.err != nil:
		v.stats.Failures++
	case a.roomID == "":
		v.stats.Lists++
	default:
		v.stats.Lookups++
	}
}

// sync tells that the view is complete for the first time.
func (v *View) sync() {
	if v.isSynced {
		return
	}
	listed := false
	for _, n := range v.nodes {
		if !n.asked {
			return
		}
		listed = listed || !n.Listed.IsZero()
	}
	if listed {
		v.isSynced = true
		close(v.synced)
	}
}

// merge brings what a node answered and what was notified of meanwhile into the
// view, all at once.
func (v *View) merge(a answer) {
	since := v.history.since(a.from)
	d := v.current.edit()
	has := make(map[string]bool, len(a.rooms))
	for _, r := range a.rooms {
		if has[r.ID] {
			continue
		}
		has[r.ID] = true
		v.settle(d, listed(r, a.node.Address), since[r.ID])
	}
	if a.roomID == "" {
		v.missAllBut(d, a.node, has)
	} else if !has[a.roomID] {
		v.miss(d, a.node, a.roomID)
	}
	v.countInferred(d.steps, a)
	v.publish(d)
	if a.periodic {
		clear(v.absent)
	}
	v.missSought(a, has)
	if a.roomID == "" {
		v.seekPlaced()
	}
}

// missAllBut takes out the rooms that a node doesn't list any more.
func (v *View) missAllBut(d *draft, n *node, has map[string]bool) {
	for r := range v.current.all() {
		if r.node == n.Address && !has[r.id] {
			d.replace(step{before: r})
		}
	}
}

// missSought notes which of the rooms that are searched for a node doesn't have.
func (v *View) missSought(a answer, has map[string]bool) {
	if a.roomID != "" {
		if !has[a.roomID] {
			v.missing(a.question, a.roomID)
		}
		return
	}
	for id := range v.searches {
		if !has[id] {
			v.missing(a.question, id)
		}
	}
}

// settle brings a room that a node has into the view.
func (v *View) settle(d *draft, r *room, since []decode.Notification) {
	found := v.current.find(r.id)
	var before *room
	for _, other := range found {
		if other.node == r.node || other.node == "" && before == nil {
			before = other
		}
	}
	if len(found) > 1 || before == nil && len(found) == 1 {
		// Other nodes have a room with that id. Nobody can tell whose the
		// notifications were: the nodes' answers are all there is.
		v.found(d, before, r)
		if before == nil {
			v.askAll(r.id)
		}
		return
	}
	after := r
	for _, n := range since {
		after = apply(after, n).room
		if after == nil {
			v.lookOn(r.node, r.id) // It ended: if there is one, it is another.
			return
		}
	}
	v.found(d, before, after)
}

func (v *View) found(d *draft, before, after *room) {
	delete(v.searches, after.id)
	delete(v.absent, after.id)
	d.replace(step{before: before, after: after.keeping(before)})
}

// miss takes out a room that a node doesn't have any more.
func (v *View) miss(d *draft, n *node, id string) {
	for _, r := range v.current.find(id) {
		if r.node == n.Address {
			d.replace(step{before: r})
		}
	}
}

func (v *View) countInferred(steps []step, a answer) {
	if len(steps) == 0 {
		return
	}
	v.mu.Lock()
	v.stats.Inferred += uint64(len(steps))
	if a.periodic {
		v.stats.Corrected += uint64(len(steps))
	}
	v.mu.Unlock()
	if a.periodic {
		v.log.Warn("a periodic list corrected the view", "address", a.node.Address, "rooms", len(steps))
	}
}
