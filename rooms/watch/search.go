package watch

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
)

const (
	// patience is how long a room that was notified of is searched for before it is
	// believed that no node has it. The answer to its creation, which names its
	// node, can come after the notification.
	patience = 15 * time.Second
	// longestRest is the highest ceiling of the random waits between its rounds.
	longestRest = 5 * time.Second
	// tick is how close together searches go on together.
	tick = 50 * time.Millisecond
	// mostAbsent is how many rooms are remembered that no node has.
	mostAbsent = 65_536
)

// search is for a room of which no node is known that has it.
type search struct {
	from    uint64 // How many notifications had come when it began: older answers don't count.
	began   time.Time
	missing map[*node]bool // The nodes that don't have it.
	rounds  int            // How often nobody had it.
	retryAt time.Time      // Zero while nodes are being asked.
}

// seek begins a search for a room, or has the nodes asked once more: what is under
// way may be answered without what is new.
func (v *View) seek(id string) {
	s := v.searches[id]
	switch {
	case s == nil && v.absent[id]:
		return
	case s == nil:
		v.searches[id] = &search{from: v.history.next(), began: time.Now(), missing: make(map[*node]bool)}
	case !s.retryAt.IsZero():
		return // They will be.
	}
	v.askAll(id)
}

// askAll has all nodes asked for a room.
func (v *View) askAll(id string) {
	for _, n := range v.nodes {
		n.sought[id] = struct{}{}
	}
}

// lookOn has one node asked for a room.
func (v *View) lookOn(address, id string) {
	for _, n := range v.nodes {
		if n.Address == address {
			n.sought[id] = struct{}{}
		}
	}
}

// missing notes that a node doesn't have a room that may be searched for.
func (v *View) missing(q *question, id string) {
	if s := v.searches[id]; s != nil && q.from >= s.from {
		s.missing[q.node] = true
		v.advance(id, s)
	}
}

// advance goes on with a search once the nodes have been heard: by asking the one
// that the client knows of, which isn't a node of the view yet.
func (v *View) advance(id string, s *search) {
	if !s.retryAt.IsZero() || !v.haveBeenHeard(s) {
		return
	}
	if c := v.candidate(id); c != nil && !s.missing[c] {
		c.sought[id] = struct{}{}
		return
	}
	v.unfound(id, s)
}

// haveBeenHeard tells whether all nodes have said that they don't have a room. One
// that has been failing for a while isn't waited for, as long as others have said
// so.
func (v *View) haveBeenHeard(s *search) bool {
	said := false
	for _, n := range v.nodes {
		if !s.missing[n] && !n.isDown() {
			return false
		}
		said = said || s.missing[n]
	}
	return said
}

// unfound ends a round of a search in which nobody had the room.
func (v *View) unfound(id string, s *search) {
	s.rounds++
	isShown := len(v.current.find(id)) > 0
	if !isShown || time.Since(s.began) > patience && !v.anyDown() {
		v.giveUp(id)
		return
	}
	v.rest(s)
}

// rest lets a search go on a little later.
func (v *View) rest(s *search) {
	clear(s.missing)
	s.retryAt = time.Now().Add(backoff.Delay(retryBase, longestRest, s.rounds)).Truncate(tick).Add(tick)
	v.wakeAt(s.retryAt)
}

func (v *View) wakeAt(t time.Time) {
	if v.searchAt.IsZero() || t.Before(v.searchAt) {
		v.searchAt = t
	}
}

// searchAgain goes on with the searches whose time has come.
func (v *View) searchAgain(now time.Time) {
	if v.searchAt.IsZero() || now.Before(v.searchAt) {
		return
	}
	v.searchAt = time.Time{}
	for id, s := range v.searches {
		switch {
		case s.retryAt.IsZero():
		case now.Before(s.retryAt):
			v.wakeAt(s.retryAt)
		default:
			s.retryAt = time.Time{}
			v.askAll(id)
		}
	}
}

// giveUp takes out a room that no node has.
func (v *View) giveUp(id string) {
	delete(v.searches, id)
	if len(v.absent) >= mostAbsent {
		clear(v.absent)
	}
	v.absent[id] = true
	d := v.current.edit()
	for _, r := range v.current.find(id) {
		if r.node == "" {
			d.replace(step{before: r})
			v.warnOnce(id)
		}
	}
	v.publish(d)
}

// warnOnce tells that there seem to be nodes that the view doesn't know.
func (v *View) warnOnce(id string) {
	if !v.warned {
		v.warned = true
		v.log.Warn("a room was notified of that no known node has: name all nodes of the cluster in Config.Nodes", "room", id)
	}
}
