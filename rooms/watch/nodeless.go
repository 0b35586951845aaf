package watch

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

const (
	// maxNodeless is how many nodeless rooms there may be, and nodelessBytes how large
	// they may be together; beyond that the oldest quarter is dropped.
	maxNodeless   = 65_536
	nodelessBytes = 16 << 20
)

// nodelessRoom is a room that is known from notifications, and that no node has listed
// yet. It is looked up on each node once. A room that no node has is shown as known
// from notifications, until its end or a Gap.
type nodelessRoom struct {
	reason   uint64  // The notification that opened it. Older responses don't count.
	waiting  []*node // Those that haven't responded yet.
	missing  bool    // A node doesn't have it.
	absent   bool    // No node that responds has it.
	sinceGap bool    // There was a Gap: if the room is absent, it is gone.
	size     int
}

// isAbsent reports whether no node that responds has the room.
func (u *nodelessRoom) isAbsent() bool {
	return u.missing && !slices.ContainsFunc(u.waiting, func(n *node) bool { return n.ctx.Err() == nil && n.failure == nil })
}

// nodeless are all such rooms, by their ids.
type nodeless struct {
	rooms  map[string]*nodelessRoom
	size   int
	absent int
	since  time.Time // Of the first absent one.
}

// open adds a room that one of the nodes should have.
func (us *nodeless) open(id string, reason uint64, nodes []*node) {
	us.close(id)
	us.rooms[id] = &nodelessRoom{reason: reason, waiting: slices.Clone(nodes), missing: len(nodes) == 0}
}

// touch records what a notification has made of a room.
func (us *nodeless) touch(r *room) {
	if u := us.rooms[r.id]; u != nil {
		size := r.size()
		us.size += size - u.size
		u.size, u.sinceGap = size, false
	}
}

// close removes a room.
func (us *nodeless) close(id string) {
	u := us.rooms[id]
	if u == nil {
		return
	}
	delete(us.rooms, id)
	us.size -= u.size
	if u.absent {
		us.absent--
	}
}

// afterResponse records which of the rooms a node doesn't have.
func (us *nodeless) afterResponse(req *request) {
	if req.task == listAll {
		for _, u := range us.rooms {
			u.afterResponse(req)
		}
	} else if u := us.rooms[req.roomID]; u != nil && len(req.rooms) == 0 {
		u.afterResponse(req)
	}
}

func (u *nodelessRoom) afterResponse(req *request) {
	if req.from >= u.reason {
		u.missing = true
		u.waiting = slices.DeleteFunc(u.waiting, func(n *node) bool { return n == req.node })
	}
}

// review marks the rooms that no node has, and returns those that are gone.
func (us *nodeless) review(now time.Time) (gone []string) {
	for id, u := range us.rooms {
		switch {
		case !u.isAbsent():
		case u.sinceGap:
			gone = append(gone, id)
		case !u.absent:
			u.absent = true
			if us.absent++; us.absent == 1 {
				us.since = now
			}
		}
	}
	return gone
}

// afterGap records that the end of any of the rooms may have been missed, and returns
// those that are gone.
func (us *nodeless) afterGap() (gone []string) {
	for id, u := range us.rooms {
		u.sinceGap = true
		if u.absent {
			gone = append(gone, id)
		}
	}
	return gone
}

// excess returns the oldest rooms, if there are too many.
func (us *nodeless) excess() []string {
	if us.size <= nodelessBytes && len(us.rooms) <= maxNodeless {
		return nil
	}
	ids := slices.SortedFunc(maps.Keys(us.rooms), func(a, b string) int { return cmp.Compare(us.rooms[a].reason, us.rooms[b].reason) })
	size, gone := us.size, 0
	for size > nodelessBytes/4*3 || len(ids)-gone > maxNodeless/4*3 {
		size -= us.rooms[ids[gone]].size
		gone++
	}
	return ids[:gone]
}

// findNode looks up a room whose node isn't known on all nodes.
func (l *loop) findNode(id string, now time.Time) {
	l.nodeless.open(id, l.history.next(), l.nodes)
	l.lookUpOnAll(id, now)
}

// reviewNodeless finds out which rooms no node has.
func (l *loop) reviewNodeless(now time.Time) {
	l.removeNodeless(l.nodeless.review(now), now)
	if l.nodeless.absent > 0 && !l.warned {
		l.warned = true
		l.log.Warn("some rooms can't be listed", "error", ErrNotNamed)
	}
}

// removeNodeless removes rooms that no node has listed.
func (l *loop) removeNodeless(ids []string, now time.Time) {
	d := draft{snapshot: l.current}
	for _, id := range ids {
		for _, r := range l.current.find(id) {
			if r.node == "" {
				d.replace(step{before: r})
			}
		}
		l.nodeless.close(id)
	}
	l.take(d.snapshot, d.steps, now)
}
