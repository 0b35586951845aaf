package stream

import (
	"context"
	"fmt"
	"iter"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// EachRoom creates a feed of rooms, each with its own channel that begins with the
// first notification about the room, so that none is missed. It is for programs with
// a worker per room. The context is the lifetime of the feed and of all its rooms.
//
//	feed, err := stream.EachRoom(ctx, notifier)
//	…
//	for e := range feed.Rooms() {
//		if e.Gap != nil {
//			continue // Rooms may be missing: list them.
//		}
//		go serve(e.Value)
//	}
//
// A room opens at its first notification, whichever it is. The id of a room that
// ended within the last 60 s (at most the newest 4,096) is opened only by
// [decode.RoomCreated], since a server sends late notifications, such as for uploads,
// after a room's end. The room's end, [decode.RoomDeleted] or [decode.RoomCrashed],
// is delivered, and its channel is then closed. If after an outage a RoomCreated
// arrives for an open room, that room has ended unnoticed: its channel is closed, and
// another room opens. Notifications that belong to no room aren't delivered.
//
// [InRooms] limits the feed to some rooms. [OfKinds] and [WithBound] apply to what
// each room delivers, not to what opens or ends it. [WithMetrics] and [OnlyMetrics]
// must not be given.
//
// Gaps are delivered to every open room and to the feed's own channel. The server
// sends no notification for a room that ended during an outage: after a Gap that
// isn't [Gap.Exact] look the room up, and call [RoomSubscription.Leave] if it is
// gone. Rooms that existed before the feed began also open at their next
// notification.
func EachRoom(ctx context.Context, source Source, options ...Option) (*RoomFeed, error) {
	if err := checkSource("EachRoom", source); err != nil {
		return nil, err
	}
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	if err := s.withoutMetrics("a feed of rooms has no metrics"); err != nil {
		return nil, err
	}
	var feed *RoomFeed
	err = source.whenReady(ctx, s, func(h *hub) { feed = joinRoomFeed(ctx, h, s) })
	if err != nil {
		return nil, err
	}
	return feed, nil
}

// RoomFeed is a subscription whose channel delivers rooms, each with its own channel
// of notifications. Use [EachRoom] to create one. Its methods are safe for concurrent
// use, and several goroutines may receive from its channel.
type RoomFeed struct {
	feed *roomFeed
}

// Rooms returns the channel of rooms: each room as it opens, and a Gap at each place
// where rooms may be missing. All calls return the same channel. It is closed when
// the feed ends; [RoomFeed.Err] then says why. The rooms' own channels are closed
// independently.
//
// Receive rooms without waiting for the work on them. Until a room is received, its
// notifications are queued within its own limits, and the queue of rooms has limits
// too: 1,024 rooms, and the bytes of [WithBound]. Beyond them the oldest room is
// dropped with everything queued for it; the Gap counts those notifications, at least
// one. The room may open again at its next notification.
func (f *RoomFeed) Rooms() <-chan Event[*RoomSubscription] { return f.feed.out }

// All returns an iterator over the channel of rooms, like [Subscription.All].
func (f *RoomFeed) All() iter.Seq[Event[*RoomSubscription]] { return all(f.feed.out) }

// Err returns nil until the channel of rooms is closed, and then the reason, like
// [Subscription.Err].
func (f *RoomFeed) Err() error { return f.feed.errClosed() }

// Drain stops receiving, and ends the feed and its rooms once what was received is
// delivered. It doesn't wait for the consumers. Cancelling the context ends it early.
func (f *RoomFeed) Drain() { f.feed.end(ErrDrained, true) }

// Stats returns the feed's counters. It is cheap.
func (f *RoomFeed) Stats() RoomFeedStats { return f.feed.snapshot() }

// String returns one line with the feed's source, the number of rooms, and why it has
// ended.
func (f *RoomFeed) String() string {
	wants := f.feed.member.filter // It never changes.
	wants.kinds = f.feed.kinds
	stats := f.Stats()
	text := fmt.Sprintf("room feed of %s (%s): %d open, %d waiting", f.feed.hub.name(), &wants, stats.Open, stats.Waiting)
	if err := f.Err(); err != nil {
		text += "; ended: " + err.Error()
	}
	return redact.Line(text)
}

// RoomFeedStats are a feed's counters since it began.
type RoomFeedStats struct {
	// Open is the number of rooms that are open now, Waiting the number of rooms that
	// are queued to be received from the channel.
	Open, Waiting int
	// Opened is the number of rooms that opened.
	Opened uint64
	// DroppedRooms is the number of rooms that were dropped because they weren't
	// received, and Dropped the number of notifications queued for them.
	DroppedRooms, Dropped uint64
	// Late is the number of notifications that arrived after their room's end.
	Late uint64
	// Outages is the number of lost connections.
	Outages uint64
	// Undecodable is the number of messages that couldn't be decoded, and of webhook
	// requests that were lost.
	Undecodable uint64
}

// RoomSubscription is a subscription to one room, received from a [RoomFeed]. Its
// methods are safe for concurrent use.
type RoomSubscription struct {
	id      string
	feed    *roomFeed
	mailbox *mailbox[decode.Notification]

	// Guarded by the feed's lock.
	waiting bool // It hasn't been received.
	bytes   int  // What it holds while it waits.
	outage  bool // An outage was delivered to it.
}

// ID returns the room's id.
func (r *RoomSubscription) ID() string { return r.id }

// Notifications returns the channel of the room's notifications, from the first one
// on, with Gaps as in [Subscription.Notifications]. All calls return the same
// channel. It is closed after the room's end; [RoomSubscription.Err] then says why.
func (r *RoomSubscription) Notifications() <-chan decode.Notification { return r.mailbox.out }

// All returns an iterator over the channel, like [Subscription.All].
func (r *RoomSubscription) All() iter.Seq[decode.Notification] { return all(r.mailbox.out) }

// Err returns nil until the channel is closed, and then the reason: [ErrRoomEnded],
// [ErrRoomLeft], or what ended the feed.
func (r *RoomSubscription) Err() error { return r.mailbox.errClosed() }

// Leave closes the channel at once and discards what is queued. The room's further
// notifications are ignored until it has ended, is created again, or an outage makes
// it unclear whether it is still the same room.
func (r *RoomSubscription) Leave() { r.feed.leave(r) }

// Stats returns the room's counters. It is cheap.
func (r *RoomSubscription) Stats() SubscriptionStats { return r.mailbox.snapshot() }

// String returns one line with the room's id, how much is queued, and why the
// subscription has ended.
func (r *RoomSubscription) String() string {
	stats := r.Stats()
	text := fmt.Sprintf("room %q of %s: %d queued, %d bytes", r.id, r.feed.hub.name(), stats.Queued, stats.QueuedBytes)
	if err := r.Err(); err != nil {
		text += "; ended: " + err.Error()
	}
	return redact.Line(text)
}
