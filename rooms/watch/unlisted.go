package watch

import (
	"slices"
	"time"
)

const (
	// maxUnlisted is how many unlisted rooms there may be, and unlistedBytes how
	// much they may hold; beyond it the oldest go.
	maxUnlisted   = 65_536
	unlistedBytes = 16 << 20
	// endedFor is for how long the id of a room that ended is opened by its
	// creation alone: peers' last words come after the end.
	endedFor = time.Minute
	// maxEnded is how many such ids are remembered.
	maxEnded = 4096
)

// unlistedRoom is a room that was notified of, and that no node has listed yet.
// Each node is asked once. One that no node has is shown as far as notifications
// tell, until its end or a Gap.
type unlistedRoom struct {
	id      string
	reason  uint64  // Older answers don't count.
	waiting []*node // Those that are yet to answer.
	denied  bool    // A node doesn't have it.
	absent  bool    // No node that answers has it.
	doubted bool    // There was a Gap: if it is absent, it is gone.
	closed  bool    // It is no longer unlisted.
	size    int
}

// isAbsent tells whether no node that answers has the room.
func (u *unlistedRoom) isAbsent() bool {
	return u.denied && !slices.ContainsFunc(u.waiting, func(n *node) bool { return n.ctx.Err() == nil && n.failure == nil })
}

// unlisted are all such rooms.
type unlisted struct {
	rooms  map[string]*unlistedRoom
	order  []*unlistedRoom // The oldest first; some are closed.
	size   int
	absent int
	since  time.Time // Of the first absent one.
}

// open notes that a room is to be found on one of the nodes.
func (us *unlisted) open(id string, reason uint64, nodes []*node) {
	us.close(id)
	u := &unlistedRoom{id: id, reason: reason, waiting: slices.Clone(nodes), denied: len(nodes) == 0}
	us.rooms[id] = u
	us.order = append(us.order, u)
	if len(us.order) > 2*len(us.rooms)+maxEnded {
		us.order = slices.DeleteFunc(us.order, func(u *unlistedRoom) bool { return u.closed })
	}
}

// touch notes that something was notified of in a room.
func (us *unlisted) touch(id string, size int) {
	if u := us.rooms[id]; u != nil {
		u.doubted = false
		u.size += size
		us.size += size
	}
}

// close forgets a room.
func (us *unlisted) close(id string) {
	u := us.rooms[id]
	if u == nil {
		return
	}
	delete(us.rooms, id)
	u.closed = true
	us.size -= u.size
	if u.absent {
		us.absent--
	}
}

// deny takes in which of the rooms an answer lacks.
func (us *unlisted) deny(a answer) {
	if a.what == lookUp {
		if u := us.rooms[a.roomID]; u != nil && len(a.rooms) == 0 {
			u.deny(a)
		}
		return
	}
	for _, u := range us.rooms {
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
		if u.absent {
			gone = append(gone, id)
		} else {
			u.doubted = true
		}
	}
	return gone
}

// excess returns the oldest rooms, of which there are too many.
func (us *unlisted) excess() (gone []string) {
	for len(us.order) > 0 && us.order[0].closed {
		us.order = us.order[1:]
	}
	size, count := us.size, len(us.rooms)
	for _, u := range us.order {
		if size <= unlistedBytes && count <= maxUnlisted {
			break
		}
		if !u.closed {
			gone = append(gone, u.id)
			size, count = size-u.size, count-1
		}
	}
	return gone
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

// findNode has all nodes asked for a room whose node isn't known.
func (l *loop) findNode(id string, now time.Time) {
	l.unlisted.open(id, l.history.next(), l.nodes)
	l.lookUpOnAll(id, now)
}

// endedRooms are the ids of rooms that ended lately, as hashes.
type endedRooms struct {
	at    map[uint64]time.Time
	order []endedRoom // The oldest first.
}

type endedRoom struct {
	hash uint64
	at   time.Time
}

func (es *endedRooms) add(id string, now time.Time) {
	e := endedRoom{hash(id), now}
	es.at[e.hash] = now
	es.order = append(es.order, e)
	for len(es.order) > maxEnded || now.Sub(es.order[0].at) >= endedFor {
		if oldest := es.order[0]; es.at[oldest.hash].Equal(oldest.at) {
			delete(es.at, oldest.hash)
		}
		es.order = es.order[1:]
	}
}

func (es *endedRooms) has(id string, now time.Time) bool {
	at, ok := es.at[hash(id)]
	return ok && now.Sub(at) < endedFor
}

func (es *endedRooms) remove(id string) { delete(es.at, hash(id)) }
