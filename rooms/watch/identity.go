package watch

import (
	"errors"
	"hash/maphash"
	"time"
)

// Problems with the addresses of nodes. The view reports them in [Node.Err] and once
// in the log, and continues.
var (
	// ErrBalanced means that an address leads to several servers in turn, like that
	// of a load balancer. Give each node its own address.
	ErrBalanced = errors.New("watch: the address leads to several servers in turn: name each node by an address of its own")
	// ErrSameServer means that the node is the same as an earlier one with another
	// address, so that its rooms appear twice.
	ErrSameServer = errors.New("watch: the address leads to a server that is named already")
	// ErrNotNamed means that some of the rooms in notifications are on none of the
	// configured nodes, or not of the client's Fishjam. They are shown as known from
	// notifications.
	ErrNotNamed = errors.New("watch: no server that is asked has these rooms: name all nodes of the cluster, or use the notifier's Fishjam id")
)

const (
	// vanishedPeers is how many peers of rooms that were missing from lists are
	// remembered.
	vanishedPeers = 4096
	// balancedReturns is in how many lists some of them must have returned.
	balancedReturns = 2
	// balancedFor is how long an address must have led to one server for ErrBalanced to
	// be withdrawn.
	balancedFor = 5 * time.Minute
	// sameLists is how many lists of two nodes in a row must agree for them to be one,
	// and mostTries how often they are listed for that purpose.
	sameLists = 3
	mostTries = 9
	// clockSlack is how much clocks may disagree between two responses.
	clockSlack = time.Second
)

// identity is what is known about the server behind a node's address.
type identity struct {
	started  *started
	vanished map[uint64]struct{} // Peers of rooms that were missing from lists, as hashes.
	returns  int                 // Lists in which some had returned.
	balanced time.Time           // The latest sign of several servers; zero if none.
	listing  listing             // Of the latest list.
	pairs    map[*node]pair      // By the nodes that were configured before it.

	problem      error // The problem shown: ErrBalanced, ErrSameServer or nil.
	problemSince time.Time
	logged       error
}

func newIdentity() identity {
	return identity{vanished: make(map[uint64]struct{}), pairs: make(map[*node]pair)}
}

// started bounds when a server was started: its uptime is in whole seconds.
type started struct{ earliest, latest, asked time.Time }

func newStarted(asked, received time.Time, uptime time.Duration) *started {
	return &started{asked.Add(-uptime - time.Second), received.Add(-uptime), asked}
}

// later reports whether a server was started later than another response said, or may
// have been: if this machine was suspended or its clock was set meanwhile, that can't
// be known.
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

// restarted records when the server was started, and reports whether that is later than
// before, or than the last listing.
func (n *node) restarted(s *started, now time.Time) bool {
	if s == nil {
		return false
	}
	before := n.started
	n.started = s
	if before != nil && s.earlier(before) {
		n.balanced = now
	}
	return before != nil && s.later(before) || !n.Listed.IsZero() && s.earliest.After(n.Listed)
}

// inspect compares a response with what the node listed before, and with what the
// other nodes list.
func (l *loop) inspect(req *request, gone []*room, now time.Time) {
	if !req.node.restarts() {
		return
	}
	if req.task == listAll {
		req.node.findReturns(req, gone, now)
		req.node.summarize(req)
	}
	if len(l.nodes) == 1 {
		return
	}
	doubled := make(map[string]bool) // The nodes that have a room with one id.
	for _, r := range req.rooms {
		for _, other := range l.current.find(r.id) {
			doubled[other.node] = true
		}
	}
	for i, n := range l.nodes {
		for _, first := range l.nodes[:i] {
			if n == req.node || first == req.node {
				n.compare(first, doubled[n.Address] && doubled[first.Address], now)
			}
		}
	}
}

// findReturns detects that several servers respond. The address of a balancer loses
// rooms, and has them again in a later list, with the same peers. Ids of peers are
// never used twice.
func (n *node) findReturns(req *request, gone []*room, now time.Time) {
	back := false
	for _, r := range req.rooms {
		for i := 0; i < len(r.peers) && len(n.vanished) > 0; i++ {
			peer := hash(r.peers[i].id)
			_, vanished := n.vanished[peer]
			back = back || vanished
			delete(n.vanished, peer)
		}
	}
	if back {
		n.returns++
	}
	if back && n.returns >= balancedReturns {
		n.balanced = now
	}
	for _, r := range gone {
		for _, p := range r.peers {
			if len(n.vanished) < vanishedPeers {
				n.vanished[hash(p.id)] = struct{}{}
			}
		}
	}
}

// forgetReturns is called when rooms may have come and gone unnoticed.
func (n *node) forgetReturns() {
	n.returns = 0
	clear(n.vanished)
}

// listing tells whether two lists have the same rooms and peers.
type listing struct {
	rooms, peers int
	hash         uint64
	number       uint64 // Counts the lists.
}

// summarize records what the node lists, to compare it with other nodes.
func (n *node) summarize(req *request) {
	c := listing{number: n.listing.number + 1, rooms: len(req.rooms)}
	for _, r := range req.rooms {
		c.hash ^= hash(r.id)
		c.peers += len(r.peers)
		for _, p := range r.peers {
			c.hash ^= hash(p.id)
		}
	}
	n.listing = c
}

// pair compares a node with one that was configured before it.
type pair struct {
	own, others uint64 // The lists that were last compared.
	agreed      int    // How many in a row agreed or, if negative, didn't.
	same        bool
	tries       int
}

// compare finds out whether the node and one that was configured before it are the same
// server, once both were listed since they were last compared. While they have doubled
// rooms, they are listed for that.
func (n *node) compare(first *node, doubled bool, now time.Time) {
	p := n.pairs[first]
	if n.listing.number != p.own && first.listing.number != p.others {
		p.own, p.others = n.listing.number, first.listing.number
		if n.isLike(first) {
			p.agreed = max(p.agreed, 0) + 1
		} else {
			p.agreed = min(p.agreed, 0) - 1
		}
		p.same = p.agreed >= sameLists || p.same && p.agreed > -sameLists
	}
	if doubled && !p.same && p.tries < mostTries && n.listDue.IsZero() && first.listDue.IsZero() {
		p.tries++
		n.wantList(now.Add(calm))
		first.wantList(now.Add(calm))
	}
	n.pairs[first] = p
}

func (n *node) isLike(other *node) bool {
	x, y := n.listing, other.listing
	if x.rooms == 0 || x.rooms != y.rooms || x.peers != y.peers || x.hash != y.hash {
		return false
	}
	if n.started != nil && other.started != nil {
		return n.started.agrees(other.started)
	}
	return x.peers > 0 // Ids of peers are never used twice.
}

// updateProblem records a problem with the address, and reports whether it is new.
func (n *node) updateProblem(now time.Time) bool {
	var problem error
	for _, p := range n.pairs {
		if p.same {
			problem = ErrSameServer
		}
	}
	if !n.balanced.IsZero() {
		problem = ErrBalanced
	}
	if problem != n.problem {
		n.problem, n.problemSince = problem, now
	}
	if problem == nil || problem == n.logged {
		return false
	}
	n.logged = problem
	return true
}

var hashSeed = maphash.MakeSeed()

func hash(text string) uint64 { return maphash.String(hashSeed, text) }
