package watch

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

const (
	// maxUnlisted is how many unlisted rooms there may be, and unlistedBytes how
	// much they may hold; beyond it the oldest quarter goes.
	maxUnlisted   = 65_536
	unlistedBytes = 16 << 20
)

// unlistedRoom is a room that was notified of, and that no node has listed yet.
// Each node is asked once. One that no node has is shown as far as notifications
// tell, until its end or a Gap.
type unlistedRoom struct {
	reason  uint64  // The notification that opened it. Older answers don't count.
	waiting []*node // Those that are yet to answer.
	denied  bool    // A node doesn't have it.
	absent  bool    // No node that answers has it.
	doubted bool    // There was a Gap: if it is absent, it is gone.
	size    int
}

// isAbsent tells whether no node that answers has the room.
func (u *unlistedRoom) isAbsent() bool {
	return u.denied && !slices.ContainsFunc(u.waiting, func(n *node) bool { return n.ctx.Err() == nil && n.failure == nil })
}

// unlisted are all such rooms, by their ids.
type unlisted struct {
	rooms  map[string]*unlistedRoom
	size   int
	absent int
	since  time.Time // Of the first absent one.
}

// open notes that a room is to be found on one of the nodes.
func (us *unlisted) open(id string, reason uint64, nodes []*node) {
	us.close(id)
	us.rooms[id] = &unlistedRoom{reason: reason, waiting: slices.Clone(nodes), denied: len(nodes) == 0}
}

// touch notes what a room has become, by a notification.
func (us *unlisted) touch(r *room) {
	if u := us.rooms[r.id]; u != nil {
		size := r.size()
		us.size += size - u.size
		u.size, u.doubted = size, false
	}
}

// close forgets a room.
func (us *unlisted) close(id string) {
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

// deny takes in which of the rooms an answer lacks.
func (us *unlisted) deny(a answer) {
	if a.what == listAll {
		for _, u := range us.rooms {
			u.deny(a)
		}
	} else if u := us.rooms[a.roomID]; u != nil && len(a.rooms) == 0 {
		u.deny(a)
	}
}

func (u *unlistedRoom) deny(a answer) {
	if a.from >= u.reason {
		u.denied = true
		u.waiting = slices.DeleteFunc(u.waiting, func(n *node) bool { return n == a.node })
	}
}

// review finds the rooms that have become absent, and returns those that are gone.
func (us *unlisted) review(now time.Time) (gone []string) {
	for id, u := range us.rooms {
		switch {
		case !u.isAbsent():
		case u.doubted:
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

// doubt takes in that the end of any of the rooms may have been missed, and returns
// those that are gone.
func (us *unlisted) doubt() (gone []string) {
	for id, u := range us.rooms {
		u.doubted = true
		if u.absent {
			gone = append(gone, id)
		}
	}
	return gone
}

// excess returns the oldest rooms, if there are too many.
func (us *unlisted) excess() []string {
	if us.size <= unlistedBytes && len(us.rooms) <= maxUnlisted {
		return nil
	}
	ids := slices.SortedFunc(maps.Keys(us.rooms), func(a, b string) int { return cmp.Compare(us.rooms[a].reason, us.rooms[b].reason) })
	size, gone := us.size, 0
	for size > unlistedBytes/4*3 || len(ids)-gone > maxUnlisted/4*3 {
		size -= us.rooms[ids[gone]].size
		gone++
	}
	return ids[:gone]
}

// findNode has all nodes asked for a room whose node isn't known.
func (l *loop) findNode(id string, now time.Time) {
	l.unlisted.open(id, l.history.next(), l.nodes)
	l.lookUpOnAll(id, now)
}

// reviewUnlisted finds out which rooms no node has.
func (l *loop) reviewUnlisted(now time.Time) {
	l.removeUnlisted(l.unlisted.review(now), now)
	if l.unlisted.absent > 0 && !l.warned {
		l.warned = true
		l.log.Warn("some rooms can't be listed", "error", ErrNotNamed)
	}
}

// removeUnlisted takes out rooms that no node has listed.
func (l *loop) removeUnlisted(ids []string, now time.Time) {
	d := draft{snapshot: l.current}
	for _, id := range ids {
		for _, r := range l.current.find(id) {
			if r.node == "" {
				d.replace(step{before: r})
			}
		}
		l.unlisted.close(id)
	}
	l.take(d.snapshot, d.steps, now)
}
