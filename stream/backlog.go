package stream

import (
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/size"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// The limits of a queue, unless WithBound sets others.
const (
	queuedItems = 16_384
	queuedBytes = 4 << 20
	// waitingRooms is how many rooms of a feed may wait to be received.
	waitingRooms = 1024
)

// bound is how many elements a channel holds, how much may be queued behind it, and how
// many rooms may wait to be received from a feed.
type bound struct{ channel, items, bytes, rooms int }

// backlog is what waits for space in a mailbox's channel: notifications, Gaps between
// them, and a Gap at the head for those that were dropped. Guarded by the mailbox's
// lock.
type backlog struct {
	bound bound
	lost  Gap // What is missing before the queue's first entry.
	queue queue
	items int // The queue's entries, without Gaps.
	bytes int
}

func (b *backlog) empty() bool { return b.lost.isZero() && b.queue.empty() }

// count returns how many notifications and Gaps are waiting.
func (b *backlog) count() int {
	if b.lost.isZero() {
		return b.queue.count
	}
	return b.queue.count + 1
}

// push adds a notification at the end and returns how many were dropped to make room.
func (b *backlog) push(e entry) (dropped uint64) {
	b.queue.push(e)
	b.items++
	b.bytes += e.size
	return b.trim()
}

// mark adds a Gap at the end. Adjacent losses are merged into one Gap.
func (b *backlog) mark(g Gap) {
	last := b.queue.last()
	if last == nil {
		b.lost = b.lost.fold(g)
	} else if tail, ok := last.n.(Gap); ok {
		last.n = tail.fold(g)
	} else {
		b.queue.push(entry{n: g})
	}
}

// trim drops the oldest entries until the queue is within its bound. The newest one
// always stays, however large it is.
func (b *backlog) trim() (dropped uint64) {
	for b.items > b.bound.items || b.bytes > b.bound.bytes && b.items > 1 {
		dropped += b.drop()
	}
	if b.lost.isZero() {
		return dropped
	}
	if first := b.queue.first(); first != nil {
		if _, ok := first.n.(Gap); ok {
			b.drop()
		}
	}
	return dropped
}

// drop moves the queue's first entry into the Gap at its head.
func (b *backlog) drop() (dropped uint64) {
	e := b.queue.pop()
	if g, ok := e.n.(Gap); ok {
		b.lost = b.lost.fold(g)
		return 0
	}
	b.lost.Dropped++
	b.items--
	b.bytes -= e.size
	return 1
}

// pop removes and returns the next entry, beginning with the Gap at the head. The
// backlog must not be empty.
func (b *backlog) pop() decode.Notification {
	if !b.lost.isZero() {
		lost := b.lost
		b.lost = Gap{}
		return lost
	}
	e := b.queue.pop()
	if _, ok := e.n.(Gap); !ok {
		b.items--
		b.bytes -= e.size
	}
	return e.n
}

// clear forgets everything.
func (b *backlog) clear() { *b = backlog{bound: b.bound} }

// entry is a notification on its way to the consumers, or a Gap between two of them.
type entry struct {
	n    decode.Notification
	size int // In bytes on the wire.
}

// queue is a ring of entries that grows as needed and releases its memory once it is
// empty.
type queue struct {
	ring  []entry
	head  int
	count int
}

const firstRing = 4

func (q *queue) empty() bool { return q.count == 0 }

func (q *queue) push(e entry) {
	q.reserve(1)
	q.ring[(q.head+q.count)%len(q.ring)] = e
	q.count++
}

// reserve makes room for n more.
func (q *queue) reserve(n int) {
	if q.count+n <= len(q.ring) {
		return
	}
	ring := make([]entry, max(firstRing, 2*len(q.ring), q.count+n))
	copied := copy(ring, q.ring[q.head:])
	copy(ring[copied:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}

// pop removes and returns the oldest entry; the queue must not be empty.
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

// at returns the entry at an index, or nil if there is none.
func (q *queue) at(i int) *entry {
	if i < 0 || i >= q.count {
		return nil
	}
	return &q.ring[(q.head+i)%len(q.ring)]
}

// smallMessage is the size up to which a message counts as a whole. That is cheaper
// than looking at the texts, and close enough.
const smallMessage = 1024

// sizeOf returns the size in bytes that is counted for a notification of a message:
// about what it keeps in memory, which is its own texts. With an average over the
// message, a filter could keep the large ones at the price of the small ones.
func sizeOf(n decode.Notification, message wsconn.Message, others int) int {
	if others == 1 && len(message.Data) <= smallMessage {
		return len(message.Data)
	}
	return size.Of(n)
}
