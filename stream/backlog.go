package stream

import (
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/size"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// What may be queued unless WithBound says otherwise.
const (
	queuedItems = 16_384
	queuedBytes = 4 << 20
	// waitingRooms is how many rooms of a feed wait to be taken.
	waitingRooms = 1024
)

// bound is how many elements a channel holds, how much is queued behind it, and
// how many rooms wait to be taken from a feed.
type bound struct{ channel, items, bytes, rooms int }

// backlog is what waits for room in a mailbox's channel: notifications, Gaps between
// them, and a Gap at the head for those that were dropped. The mailbox's lock guards
// it.
type backlog struct {
	bound bound
	lost  Gap // What is missing before the queue's first entry.
	queue queue
	items int // Of the queue's entries, those that are no Gap.
	bytes int
}

func (b *backlog) empty() bool { return b.lost.isZero() && b.queue.empty() }

// count returns how many notifications and Gaps wait.
func (b *backlog) count() int {
	if b.lost.isZero() {
		return b.queue.count
	}
	return b.queue.count + 1
}

// push adds a notification at the end and returns how many were dropped for it.
func (b *backlog) push(e entry) (dropped uint64) {
	b.queue.push(e)
	b.items++
	b.bytes += e.size
	return b.trim()
}

// mark adds a Gap at the end. Losses with nothing between them fold into one.
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

// trim drops the oldest until the queue is within its bound. The newest always
// stays, however large.
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

// pop takes what comes next, the Gap at the head first. The backlog must not be
// empty.
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

// queue is a ring of entries that grows as needed and gives its memory back when
// it has run empty.
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

// smallMessage is the size up to which a message counts as it is. It is cheaper
// than to look at the texts, and near enough.
const smallMessage = 1024

// sizeOf returns the size in bytes at which a notification counts that came with
// others in a message: about what it keeps in memory, which is its own texts. An
// average would let a filter keep the large ones for the price of the small.
func sizeOf(n decode.Notification, message wsconn.Message, others int) int {
	if others == 1 && len(message.Data) <= smallMessage {
		return len(message.Data)
	}
	return size.Of(n)
}
