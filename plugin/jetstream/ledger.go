package jetstream

import (
	"hash/maphash"
	"time"
)

// entry is something that a bridge has heard.
type entry struct {
	subject string
	body    []byte
	gap     bool
	claim   string // The value of claimHeader.
	heard   time.Time
	counter uint64 // Its number among this bridge's publications; 0 while there is none.
	hash    uint64
	gone    bool
}

// ledger compares what a bridge has heard with what the stream has, by the bodies:
// nothing else tells that two bridges have heard the same. Two equal bodies can't be
// told apart.
type ledger struct {
	window time.Duration
	seed   maphash.Seed

	// order is what was heard and isn't known to be in the stream, oldest first.
	// Some of it is gone.
	order  []*entry
	length int // Without what is gone.
	bytes  int
	byHash map[uint64][]*entry
	byRoom map[string][]*entry // By the subject without its kind.

	// unheard is what the stream has and wasn't heard, with the time of each.
	unheard map[uint64][]time.Time
	expiry  []unheardEntry
}

type unheardEntry struct {
	hash uint64
	at   time.Time
}

func newLedger(window time.Duration) *ledger {
	return &ledger{
		window:  window,
		seed:    maphash.MakeSeed(),
		byHash:  make(map[uint64][]*entry),
		byRoom:  make(map[string][]*entry),
		unheard: make(map[uint64][]time.Time),
	}
}

// hear notes what was heard, and tells whether the stream has it already.
func (l *ledger) hear(e *entry) (known bool) {
	if !e.gap {
		e.hash = maphash.Bytes(l.seed, e.body)
		if l.takeUnheard(e.hash, e.heard) {
			return true
		}
		l.byHash[e.hash] = append(l.byHash[e.hash], e)
		room := roomPart(e.subject)
		l.byRoom[room] = append(l.byRoom[room], e)
	}
	l.order = append(l.order, e)
	l.length++
	l.bytes += len(e.body)
	return false
}

// putFirst puts a Gap before all that is in the list.
func (l *ledger) putFirst(e *entry) {
	l.order = append([]*entry{e}, l.order...)
	l.length++
	l.bytes += len(e.body)
}

// see notes what somebody else wrote to the stream. What was heard before it in the
// same room leaves the list with it: the other hasn't heard that, or tells of it by
// a Gap, and the room's order is past it.
func (l *ledger) see(subject string, body []byte, now time.Time) {
	hash := maphash.Bytes(l.seed, body)
	for _, e := range l.byHash[hash] {
		if e.gone || e.subject != subject {
			continue
		}
		for _, earlier := range l.byRoom[roomPart(subject)] {
			l.remove(earlier)
			if earlier == e {
				return
			}
		}
	}
	l.unheard[hash] = append(l.unheard[hash], now)
	l.expiry = append(l.expiry, unheardEntry{hash, now})
}

func (l *ledger) takeUnheard(hash uint64, now time.Time) bool {
	if len(l.unheard) == 0 {
		return false
	}
	l.expireUnheard(now)
	times := l.unheard[hash]
	if len(times) == 0 {
		return false
	}
	l.setUnheard(hash, times[1:])
	return true
}

func (l *ledger) setUnheard(hash uint64, times []time.Time) {
	if len(times) == 0 {
		delete(l.unheard, hash)
		return
	}
	l.unheard[hash] = times
}

// expireUnheard forgets what was written longer ago than the window.
func (l *ledger) expireUnheard(now time.Time) {
	for len(l.expiry) > 0 && now.Sub(l.expiry[0].at) > l.window {
		oldest := l.expiry[0]
		l.expiry = l.expiry[1:]
		if times := l.unheard[oldest.hash]; len(times) > 0 && !times[0].After(oldest.at) {
			l.setUnheard(oldest.hash, times[1:])
		}
	}
}

// remove takes an entry out of the list.
func (l *ledger) remove(e *entry) {
	if e.gone {
		return
	}
	e.gone = true
	l.length--
	l.bytes -= len(e.body)
	if !e.gap {
		take(l.byHash, e.hash, e)
		take(l.byRoom, roomPart(e.subject), e)
	}
	gone := 0
	for gone < len(l.order) && l.order[gone].gone {
		l.order[gone] = nil
		gone++
	}
	l.order = l.order[gone:]
}

// take removes e, which in practice is the first, without writing to the slice that
// a caller may be going through.
func take[K comparable](m map[K][]*entry, key K, e *entry) {
	list := m[key]
	switch {
	case len(list) == 1:
		delete(m, key)
	case list[0] == e:
		m[key] = list[1:]
	default:
		kept := make([]*entry, 0, len(list)-1)
		for _, other := range list {
			if other != e {
				kept = append(kept, other)
			}
		}
		m[key] = kept
	}
}

// first returns the oldest entry, or nil.
func (l *ledger) first() *entry {
	if l.length == 0 {
		return nil
	}
	return l.order[0]
}

// published removes the entry that this bridge published under the number.
func (l *ledger) published(counter uint64) {
	for _, e := range l.order {
		if !e.gone && e.counter == counter {
			l.remove(e)
			return
		}
	}
}

// dropBefore gives up what was heard before a moment: the leader, which has nothing
// left to publish, hasn't heard it.
func (l *ledger) dropBefore(moment time.Time) {
	for e := l.first(); e != nil && e.heard.Before(moment); e = l.first() {
		l.remove(e)
	}
}

// dropLeadingGaps takes own Gaps off the list's head: what was heard before them is
// in the stream.
func (l *ledger) dropLeadingGaps() {
	for e := l.first(); e != nil && e.gap; e = l.first() {
		l.remove(e)
	}
}

// roomPart is a subject without its kind.
func roomPart(subject string) string {
	for i := len(subject) - 1; i >= 0; i-- {
		if subject[i] == '.' {
			return subject[:i]
		}
	}
	return subject
}

// compact leaves nothing in the order that is gone.
func (l *ledger) compact() {
	kept := make([]*entry, 0, l.length)
	for _, e := range l.order {
		if !e.gone {
			kept = append(kept, e)
		}
	}
	l.order = kept
}
