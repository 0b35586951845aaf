package stream

import (
	"sync"
)

// roomBacklog is what waits to be offered: rooms, Gaps between them, and a Gap at the
// head for rooms that were dropped.
type roomBacklog struct {
	lost    Gap
	entries []roomEntry
	rooms   int // The entries that are rooms.
	bytes   int // Held by these rooms.
}

// roomEntry is a room or, if that is nil, a Gap.
type roomEntry struct {
	room *RoomSubscription
	gap  Gap
}

func (b *roomBacklog) push(room *RoomSubscription) {
	b.entries = append(b.entries, roomEntry{room: room})
	b.rooms++
}

func (b *roomBacklog) mark(g Gap) {
	if len(b.entries) == 0 {
		b.lost = b.lost.fold(g)
	} else if last := &b.entries[len(b.entries)-1]; last.room == nil {
		last.gap = last.gap.fold(g)
	} else {
		b.entries = append(b.entries, roomEntry{gap: g})
	}
}

// count returns how many rooms and Gaps are waiting.
func (b *roomBacklog) count() int {
	if b.lost.isZero() {
		return len(b.entries)
	}
	return len(b.entries) + 1
}

// pop removes and returns the next entry. The backlog must not be empty.
func (b *roomBacklog) pop() Event[*RoomSubscription] {
	if !b.lost.isZero() {
		lost := b.lost
		b.lost = Gap{}
		return Event[*RoomSubscription]{Gap: &lost}
	}
	e := b.shift()
	if e.room == nil {
		return Event[*RoomSubscription]{Gap: &e.gap}
	}
	return Event[*RoomSubscription]{Value: e.room}
}

// drop removes the oldest room, and merges the Gaps before it into the one at the head.
// There must be a room.
func (b *roomBacklog) drop() *RoomSubscription {
	for {
		e := b.shift()
		if e.room != nil {
			return e.room
		}
		b.lost = b.lost.fold(e.gap)
	}
}

// lose adds to the Gap at the head, and merges a Gap that follows directly into it.
func (b *roomBacklog) lose(g Gap) {
	b.lost = b.lost.fold(g)
	if len(b.entries) > 0 && b.entries[0].room == nil {
		b.lost = b.lost.fold(b.shift().gap)
	}
}

func (b *roomBacklog) shift() roomEntry {
	e := b.entries[0]
	b.entries[0] = roomEntry{}
	b.entries = b.entries[1:]
	if e.room != nil {
		b.rooms--
		b.bytes -= e.room.bytes
	}
	if len(b.entries) == 0 {
		b.entries = nil
	}
	return e
}

// openChannels are the channels of a feed that aren't closed yet, its own and those of
// its rooms. No other lock is taken while its lock is held.
type openChannels struct {
	mu       sync.Mutex
	feedOpen bool
	rooms    map[*RoomSubscription]struct{}
}

func (c *openChannels) add(room *RoomSubscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms[room] = struct{}{}
}

// remove calls last if no channel is left.
func (c *openChannels) remove(room *RoomSubscription, last func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rooms, room)
	c.check(last)
}

// closeFeed calls last if no channel is left.
func (c *openChannels) closeFeed(last func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.feedOpen = false
	c.check(last)
}

func (c *openChannels) check(last func()) {
	if !c.feedOpen && len(c.rooms) == 0 {
		last()
	}
}

func (c *openChannels) all() []*RoomSubscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	rooms := make([]*RoomSubscription, 0, len(c.rooms))
	for room := range c.rooms {
		rooms = append(rooms, room)
	}
	return rooms
}
