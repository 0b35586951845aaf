package stream

import "github.com/jellyfish-dev/jellyfish-go/decode"

// entry is a notification that waits, or a Gap between two of them.
type entry struct {
	n    decode.Notification
	size int // In bytes on the wire.
}

// queue is a ring of entries that grows as needed and gives its memory back when
// it has run empty.
type queue struct {
	ring  []entry
	head  int
	count int
}

const firstRing = 16

func (q *queue) empty() bool { return q.count == 0 }

func (q *queue) push(e entry) {
	if q.count == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.count)%len(q.ring)] = e
	q.count++
}

func (q *queue) grow() {
	ring := make([]entry, max(firstRing, 2*len(q.ring)))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}

// pop takes the oldest entry; the queue must not be empty.
func (q *queue) pop() entry {
	e := q.ring[q.head]
	q.ring[q.head] = entry{}
	q.head = (q.head + 1) % len(q.ring)
	q.count--
	if q.count == 0 {
		*q = queue{}
	}
	return e
}

func (q *queue) first() *entry { return q.at(0) }

func (q *queue) last() *entry { return q.at(q.count - 1) }

// at returns an entry by its place, or nil where there is none.
func (q *queue) at(i int) *entry {
	if i < 0 || i >= q.count {
		return nil
	}
	return &q.ring[(q.head+i)%len(q.ring)]
}
