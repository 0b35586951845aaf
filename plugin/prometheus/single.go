package prometheus

import (
	"cmp"
	"container/heap"
	"strings"
	"time"
)

// single chooses the rooms that have series of their own: those with the most
// connected peers. A room that has them already counts as if it had twice as many, so
// that rooms of about the same size don't take turns. It looks at all rooms: begin,
// offer each, end.
type single struct {
	limit   int
	chosen  map[string]candidate
	largest candidates
	offered int
}

type candidate struct {
	id       string
	peers    int
	appeared time.Time
	before   bool // Whether it was chosen before.
}

func (s *single) begin() {
	s.largest = s.largest[:0]
	s.offered = 0
}

func (s *single) offer(id string, peers int, appeared time.Time) {
	if s.limit == 0 {
		return
	}
	s.offered++
	if !fits(id) {
		return
	}
	_, before := s.chosen[id]
	c := candidate{id, peers, appeared, before}
	if len(s.largest) < s.limit {
		heap.Push(&s.largest, c)
	} else if s.largest[0].compare(c) < 0 {
		s.largest[0] = c
		heap.Fix(&s.largest, 0)
	}
}

// end makes the choice. Of two nodes that have a room of the same id, they are one.
func (s *single) end() {
	s.chosen = make(map[string]candidate, len(s.largest))
	for _, c := range s.largest {
		if twin, ok := s.chosen[c.id]; ok {
			s.offered--
			c.peers += twin.peers
			if twin.appeared.Before(c.appeared) {
				c.appeared = twin.appeared
			}
		}
		s.chosen[c.id] = c
	}
}

func (s *single) collect(out sink) {
	for id, c := range s.chosen {
		out.gauge(singlePeers, float64(c.peers), id)
		out.moment(singleAge, c.appeared, id)
	}
	out.gauge(singleRest, float64(s.offered-len(s.chosen)))
}

// compare is positive if c is to be chosen rather than other.
func (c candidate) compare(other candidate) int {
	return cmp.Or(cmp.Compare(c.rank(), other.rank()), strings.Compare(other.id, c.id))
}

func (c candidate) rank() int {
	if c.before {
		return 4*c.peers + 1
	}
	return 2 * c.peers
}

// candidates is a heap whose first is the one to be given up.
type candidates []candidate

func (c candidates) Len() int           { return len(c) }
func (c candidates) Less(i, j int) bool { return c[i].compare(c[j]) < 0 }
func (c candidates) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *candidates) Push(x any)        { *c = append(*c, x.(candidate)) }
func (c *candidates) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = (*c)[:last]
	return x
}
