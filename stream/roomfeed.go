package stream

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/ended"
)

// roomFeed is a hub's member that opens a mailbox for each room.
//
// Its lock is taken after the hub's and before those of the mailboxes. What runs when a
// room's channel closes takes neither of these.
//
// A room's mailbox holds everything until the room is offered on the feed's channel,
// which has no buffer. A goroutine, which exists while something is to be offered,
// takes the next room or Gap; what is queued after that can be dropped.
type roomFeed struct {
	hub    *hub
	member *member
	kinds  kindSet         // Kinds that the rooms deliver.
	bound  bound           // Of each room; its bytes also limit all waiting rooms together.
	done   <-chan struct{} // Closed with the feed's context.
	out    chan Event[*RoomSubscription]

	mu       sync.Mutex
	open     map[string]*RoomSubscription // Those that have not ended.
	left     map[ended.Key]struct{}       // Those that were left, whose notifications are ignored.
	ended    ended.Rooms
	waiting  roomBacklog
	offering bool
	inHand   int  // What the goroutine has taken and perhaps not delivered yet.
	warned   bool // In this episode of overflow.
	stats    RoomFeedStats

	// The end.
	ending bool
	cause  error
	quit   chan struct{} // Closed when what is waiting is not to be delivered.
	err    error         // The cause, once the channel is closed.

	channels openChannels
}

func joinRoomFeed(ctx context.Context, h *hub, s settings) *RoomFeed {
	f := &roomFeed{
		hub:   h,
		kinds: s.filter.kinds,
		bound: s.bound,
		done:  ctx.Done(),
		out:   make(chan Event[*RoomSubscription]),
		open:  make(map[string]*RoomSubscription),
		left:  make(map[ended.Key]struct{}),
		quit:  make(chan struct{}),
	}
	f.channels.rooms, f.channels.feedOpen = make(map[*RoomSubscription]struct{}), true
	s.filter.kinds = 0 // Other kinds open and end rooms.
	f.member = &member{inbox: f, filter: s.filter}
	h.join(ctx, f.member)
	return &RoomFeed{f}
}

// put passes notifications to their rooms.
func (f *roomFeed) put(r run) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ending {
		return
	}
	for i, n := range r.notifications {
		if id, ok := decode.RoomOf(n); ok && id != "" {
			f.putTo(id, r.part(i, i+1), n.Kind())
		}
	}
}

// putTo passes a notification to its room, opening or ending it.
func (f *roomFeed) putTo(id string, one run, kind decode.Kind) {
	room := f.open[id]
	if room != nil && kind == decode.KindRoomCreated && room.outage {
		f.endRoom(room)
		room = nil
	}
	if room == nil {
		if !f.opens(id, kind) {
			return
		}
		room = f.openRoom(id)
	}
	if f.kinds.has(kind) {
		room.mailbox.put(one)
	}
	if isEnd(kind) {
		f.endRoom(room)
	}
	if room.waiting {
		f.weigh(room)
	}
}

func isEnd(k decode.Kind) bool {
	return k == decode.KindRoomDeleted || k == decode.KindRoomCrashed
}

// opens reports whether a notification opens a room whose id isn't open.
func (f *roomFeed) opens(id string, kind decode.Kind) bool {
	key := f.ended.Key(id)
	if kind == decode.KindRoomCreated {
		f.ended.Remove(id)
		delete(f.left, key)
		return true
	}
	late := f.ended.Has(id, time.Now())
	if late {
		f.stats.Late++
	}
	if isEnd(kind) {
		if !late {
			f.ended.Add(id, time.Now())
		}
		delete(f.left, key)
		return false
	}
	_, left := f.left[key]
	return !late && !left
}

func (f *roomFeed) openRoom(id string) *RoomSubscription {
	room := &RoomSubscription{id: strings.Clone(id), feed: f, waiting: true}
	room.mailbox = newMailbox(mailboxConfig[decode.Notification]{
		bound: f.bound,
		done:  f.done,
		wrap:  unwrapped,
		warn:  f.hub.warn,
		closed: func() {
			f.hub.closed.add(room.mailbox)
			f.channels.remove(room, f.leaveHub)
		},
	})
	room.mailbox.hold()
	f.channels.add(room)
	f.open[room.id] = room
	f.stats.Opened++
	f.waiting.push(room)
	f.startOffering()
	return room
}

// endRoom closes a room's channel once everything was delivered.
func (f *roomFeed) endRoom(room *RoomSubscription) {
	delete(f.open, room.id)
	f.ended.Add(room.id, time.Now())
	room.mailbox.end(ErrRoomEnded, true)
}

// weigh counts what a waiting room holds, and drops rooms to make space.
func (f *roomFeed) weigh(room *RoomSubscription) {
	held := len(room.id) + room.mailbox.snapshot().QueuedBytes
	f.waiting.bytes += held - room.bytes
	room.bytes = held
	for f.waiting.rooms > f.bound.rooms || f.waiting.bytes > f.bound.bytes && f.waiting.rooms > 1 {
		f.drop(f.waiting.drop())
		if !f.warned {
			f.warned = true
			go f.hub.warn()
		}
	}
}

// drop drops a room that hasn't been received.
func (f *roomFeed) drop(room *RoomSubscription) {
	room.waiting = false
	if f.open[room.id] == room {
		delete(f.open, room.id)
	}
	stats := room.mailbox.snapshot()
	dropped := max(1, stats.Dropped+uint64(stats.Queued))
	f.waiting.lose(Gap{Dropped: dropped})
	f.stats.DroppedRooms++
	f.stats.Dropped += dropped
	room.mailbox.end(ErrRoomLeft, false) // It was never received.
	room.mailbox.release()
}

// mark delivers a Gap to every open room, and to the feed's own channel.
func (f *roomFeed) mark(n decode.Notification) {
	g := n.(Gap)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ending {
		return
	}
	f.stats.Undecodable += g.Undecodable
	f.stats.Outages += uint64(g.Outages)
	for _, room := range f.open {
		room.outage = room.outage || g.Outages > 0
		room.mailbox.mark(n)
	}
	if g.Outages > 0 {
		clear(f.left)
	}
	f.waiting.mark(g)
	f.startOffering()
}

// leave closes a room's channel and ignores its id from then on.
func (f *roomFeed) leave(room *RoomSubscription) {
	f.mu.Lock()
	if f.open[room.id] == room {
		delete(f.open, room.id)
		f.left[f.ended.Key(room.id)] = struct{}{}
	}
	f.mu.Unlock()
	room.mailbox.end(ErrRoomLeft, false)
}

// end ends the feed and its rooms, as a mailbox's end does.
func (f *roomFeed) end(cause error, deliver bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ending && deliver {
		return
	}
	f.ending, f.cause = true, cause
	clear(f.open)
	for _, room := range f.channels.all() {
		room.mailbox.end(cause, deliver)
	}
	if !deliver {
		for _, e := range f.waiting.entries {
			if e.room != nil {
				e.room.mailbox.release()
			}
		}
		f.waiting = roomBacklog{}
		if !isClosed(f.quit) {
			close(f.quit)
		}
	}
	if !f.offering && f.err == nil {
		f.close()
	}
}

// close closes the feed's channel; the caller is its only sender and holds the lock.
func (f *roomFeed) close() {
	f.err = f.cause
	close(f.out)
	f.channels.closeFeed(f.leaveHub)
}

// leaveHub removes the feed in a goroutine, since the caller may hold the hub's lock.
func (f *roomFeed) leaveHub() { go f.hub.remove(f.member) }

func (f *roomFeed) errClosed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *roomFeed) snapshot() RoomFeedStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.stats
	s.Open, s.Waiting = len(f.open), f.waiting.rooms
	return s
}

func (f *roomFeed) unreceived() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if isClosed(f.quit) || isClosed(f.done) {
		return 0
	}
	left := f.waiting.count() + f.inHand
	for _, room := range f.channels.all() {
		left += room.mailbox.unreceived()
	}
	return left
}

func (f *roomFeed) startOffering() {
	if !f.offering {
		f.offering = true
		go f.offer()
	}
}

// offer delivers rooms and Gaps until none is waiting, or until the end discards them.
func (f *roomFeed) offer() {
	for {
		hand, count := f.take()
		if count == 0 {
			return
		}
		for _, e := range hand[:count] {
			select {
			case f.out <- e:
				continue
			case <-f.quit:
			}
			f.mu.Lock()
			f.close()
			f.mu.Unlock()
			return
		}
	}
}

// take returns what to offer next, the Gap at the head together with what follows it.
// If it returns nothing, nothing is left and the goroutine is over.
func (f *roomFeed) take() (hand [2]Event[*RoomSubscription], count int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for lost := true; count < len(hand) && lost && f.waiting.count() > 0; count++ {
		lost = !f.waiting.lost.isZero()
		hand[count] = f.waiting.pop()
		if room := hand[count].Value; room != nil {
			room.waiting = false
			room.mailbox.release()
		}
	}
	if f.inHand = count; count > 0 {
		return hand, count
	}
	f.offering, f.warned = false, false
	if f.ending {
		f.close()
	}
	return hand, 0
}
