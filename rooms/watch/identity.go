package watch

import (
	"errors"
	"hash/maphash"
	"slices"
	"time"
)

// What is wrong with the addresses of nodes. The view tells, in [Node.Err] and
// once in the log, and goes on.
var (
	// ErrBalanced means that an address leads to several servers in turn, as that
	// of a load balancer does. Name each node by an address of its own.
	ErrBalanced = errors.New("watch: the address leads to several servers in turn: name each node by an address of its own")
	// ErrSameServer means that the node is one that was named before it by another
	// address, so that its rooms are there twice.
	ErrSameServer = errors.New("watch: the address leads to a server that is named already")
	// ErrNotNamed means that no named node has some of the rooms that are notified
	// of. They are shown as far as notifications tell.
	ErrNotNamed = errors.New("watch: no named node has these rooms: name all nodes of the cluster")
)

const (
	// vanishedRooms is how many rooms are remembered that an answer lacked, and
	// vanishedPeers how many peers of each.
	vanishedRooms = 1024
	vanishedPeers = 4
	// flapIntervals is within how many list intervals rooms must be back twice.
	flapIntervals = 3
	// balancedFor is for how long an address must have led to one server for
	// ErrBalanced to be withdrawn.
	balancedFor = 5 * time.Minute
	// sameLists is how many lists of two nodes must agree for them to be one.
	sameLists = 3
	// clockSlack is how much clocks may disagree between two answers.
	clockSlack = time.Second
)

// identity is what is known of the server behind a node's address.
type identity struct {
	started  *started
	vanished map[uint64][]uint64 // Peers of rooms that answers lacked, all as hashes.
	flaps    int                 // How often such rooms were back.
	flapped  time.Time
	contents contents
	pairs    map[*node]pair // By the nodes that were named before it.
	finding  error          // ErrBalanced or ErrSameServer.
	found    time.Time
	sameAs   *node
	logged   error
}

func newIdentity() identity {
	return identity{vanished: make(map[uint64][]uint64), pairs: make(map[*node]pair)}
}

// started bounds when a server was started. Servers tell their uptime in whole
// seconds.
type started struct{ earliest, latest, asked time.Time }

func newStarted(asked, answered time.Time, uptime time.Duration) *started {
	return &started{asked.Add(-uptime - time.Second), answered.Add(-uptime), asked}
}

// later tells whether a server was started later than another answer had it, or
// may have been: where this machine was suspended or its clock was set meanwhile,
// nobody can tell.
func (s *started) later(before *started) bool {
	return s.earliest.After(before.latest) || !s.comparable(before)
}

func (s *started) earlier(before *started) bool {
	return s.latest.Add(clockSlack).Before(before.earliest) && s.comparable(before)
}

func (s *started) agrees(other *started) bool {
	return !s.later(other) && !s.earlier(other) && !other.later(s)
}

func (s *started) comparable(before *started) bool {
	monotonic, wall := s.asked.Sub(before.asked), s.asked.Round(0).Sub(before.asked.Round(0))
	return (monotonic - wall).Abs() < clockSlack
}

// contents tells whether two lists have the same rooms and peers.
type contents struct {
	rooms, peers       int
	roomHash, peerHash uint64
	listed             uint64 // Counts the lists.
}

// pair is a node compared with another one: the lists that were compared last, and
// how many running agreed, or, below 0, didn't.
type pair struct {
	own, others uint64
	agreed      int
	tries       int // Lists for the sake of the comparison.
	tried       time.Time
}

// inspect finds out whether the addresses of nodes are what they should be.
func (l *loop) inspect(a answer, gone []*room, now time.Time) {
	_, told := l.source.(connection)
	a.node.onList(a, gone, told, l.interval, now)
	l.compare(a, now)
	for _, n := range l.nodes {
		if n.finding != nil && n.finding != n.logged {
			n.logged = n.finding
			l.log.Warn("a node's address can't be trusted", "address", n.Address, "error", n.finding)
		}
	}
}

// created takes in that a room was created: if it had vanished, it is another one.
func (l *loop) created(id string) {
	for _, n := range l.nodes {
		if len(n.vanished) > 0 {
			delete(n.vanished, hash(id))
		}
	}
}

// compare compares the node of an answer with the others.
func (l *loop) compare(a answer, now time.Time) {
	if len(l.nodes) == 1 {
		return
	}
	if a.what == listAll {
		a.node.summarize(a)
	}
	shared := make(map[string]bool) // By the address of another node.
	for _, r := range a.rooms {
		for _, other := range l.current.find(r.id) {
			shared[other.node] = true
		}
	}
	for i, n := range l.nodes {
		for _, first := range l.nodes[:i] {
			if n != a.node && first != a.node {
				continue
			}
			if a.what == listAll {
				n.compare(first, now)
			}
			if shared[n.Address] && shared[first.Address] {
				n.suspect(first, now)
			}
		}
	}
}

// restarted takes in when the server was started, and tells whether that is later
// than it was, or than it was last listed.
func (n *node) restarted(s *started, now time.Time) bool {
	if s == nil {
		return false
	}
	before := n.started
	n.started = s
	if before != nil && s.earlier(before) {
		n.find(ErrBalanced, now)
	}
	return before != nil && s.later(before) || !n.Listed.IsZero() && s.earliest.After(n.Listed)
}

// find takes in what was found out about the address.
func (n *node) find(what error, now time.Time) {
	n.finding, n.found = what, now
}

// onList compares what the node lists with what it listed before, to find out
// whether it is one server that answers. That of a balancer loses rooms, and has
// them back, though nothing tells of their creation; where the source may miss that,
// with a peer that they had, since ids of peers are never given twice.
func (n *node) onList(a answer, gone []*room, told bool, interval time.Duration, now time.Time) {
	back := false
	for _, r := range a.rooms {
		if len(n.vanished) == 0 {
			break
		}
		before, vanished := n.vanished[hash(r.id)]
		delete(n.vanished, hash(r.id))
		back = back || vanished && (told || slices.ContainsFunc(r.peers, func(p *member[Peer]) bool {
			return slices.Contains(before, hash(p.id))
		}))
	}
	if back && now.Sub(n.flapped)/flapIntervals > interval {
		n.flaps = 0
	}
	if back {
		n.flaps, n.flapped = n.flaps+1, now
	}
	if back && n.flaps > 1 {
		n.find(ErrBalanced, now)
	}
	for _, r := range gone {
		if len(n.vanished) == vanishedRooms {
			break
		}
		var peers []uint64
		for _, p := range r.peers[:min(len(r.peers), vanishedPeers)] {
			peers = append(peers, hash(p.id))
		}
		n.vanished[hash(r.id)] = peers
	}
}

// summarize keeps what the node lists for a comparison with other nodes.
func (n *node) summarize(a answer) {
	c := contents{listed: n.contents.listed + 1, rooms: len(a.rooms)}
	for _, r := range a.rooms {
		c.roomHash ^= hash(r.id)
		c.peers += len(r.peers)
		for _, p := range r.peers {
			c.peerHash ^= hash(p.id)
		}
	}
	n.contents = c
}

// suspect has the node and one that was named before it listed together, a few
// times, since both have a room with the same id.
func (n *node) suspect(first *node, now time.Time) {
	p := n.pairs[first]
	if n.sameAs == first || p.tries >= 3*sameLists || now.Sub(p.tried) < calm {
		return
	}
	p.tries++
	p.tried = now
	n.pairs[first] = p
	n.wantList(now.Add(calm))
	first.wantList(now.Add(calm))
}

// compare finds out whether the node and one that was named before it are the same
// server, once both were listed since they were last compared.
func (n *node) compare(first *node, now time.Time) {
	p := n.pairs[first]
	if n.contents.listed == p.own || first.contents.listed == p.others {
		return
	}
	p.own, p.others = n.contents.listed, first.contents.listed
	if n.isLike(first) {
		p.agreed = max(p.agreed, 0) + 1
	} else {
		p.agreed = min(p.agreed, 0) - 1
	}
	n.pairs[first] = p
	switch {
	case p.agreed >= sameLists:
		n.find(ErrSameServer, now)
		n.sameAs = first
	case p.agreed <= -sameLists && n.sameAs == first:
		n.sameAs, n.finding = nil, nil
	}
}

func (n *node) isLike(other *node) bool {
	x, y := n.contents, other.contents
	if x.rooms == 0 || x.rooms != y.rooms || x.roomHash != y.roomHash || x.peers != y.peers || x.peerHash != y.peerHash {
		return false
	}
	if n.started != nil && other.started != nil {
		return n.started.agrees(other.started)
	}
	return x.peers > 0 // Ids of peers are never given twice.
}

// forget forgets a node that is no longer named.
func (n *node) forget(other *node) {
	delete(n.pairs, other)
	if n.sameAs == other {
		n.sameAs, n.finding = nil, nil
	}
}

var hashSeed = maphash.MakeSeed()

func hash(text string) uint64 { return maphash.String(hashSeed, text) }
