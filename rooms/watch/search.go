package watch

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
)

const (
	// attempts is how often all nodes are asked for a room before it is believed
	// that none has it. The first notification of a room can come before the
	// answer to its creation, which names its node.
	attempts = 5
	// believed is for how long.
	believed = 10 * time.Second
)

// seek has all nodes asked for a room.
func (v *View) seek(id string) {
	if until, ok := v.absent[id]; ok {
		if time.Now().Before(until) {
			return
		}
		delete(v.absent, id)
	}
	if v.searches[id] == nil {
		v.searches[id] = &search{missing: make(map[*node]bool)}
	}
	v.askAll(id)
}

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

// missing notes that a node doesn't have a room that is searched for. When no
// node has it, that can be because its node isn't known yet.
func (v *View) missing(n *node, id string) {
	s := v.searches[id]
	if s == nil {
		return
	}
	s.missing[n] = true
	for _, other := range v.nodes {
		if !s.missing[other] {
			return
		}
	}
	s.attempts++
	if s.attempts > 1 && v.learnNode(id) {
		return // Otherwise the news of its end may be on its way.
	}
	if s.attempts < attempts {
		clear(s.missing)
		s.retryAt = time.Now().Add(backoff.Delay(retryBase, retryCap, s.attempts))
		if v.searchAt.IsZero() || s.retryAt.Before(v.searchAt) {
			v.searchAt = s.retryAt
		}
		return
	}
	v.giveUp(id)
}

// searchAgain asks again for the rooms whose time has come.
func (v *View) searchAgain(now time.Time) {
	if v.searchAt.IsZero() || now.Before(v.searchAt) {
		return
	}
	v.searchAt = time.Time{}
	for id, s := range v.searches {
		switch {
		case s.retryAt.IsZero():
		case now.Before(s.retryAt):
			if v.searchAt.IsZero() || s.retryAt.Before(v.searchAt) {
				v.searchAt = s.retryAt
			}
		default:
			s.retryAt = time.Time{}
			v.askAll(id)
		}
	}
}

// giveUp takes out a room that no node has.
func (v *View) giveUp(id string) {
	delete(v.searches, id)
	v.absent[id] = time.Now().Add(believed)
	d := v.current.edit()
	for _, r := range v.current.find(id) {
		if r.node == "" {
			d.replace(step{before: r})
		}
	}
	v.publish(d)
}
