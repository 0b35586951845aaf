package stream

import (
	"context"
	"fmt"
	"iter"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// EachRoom makes a feed of rooms, each with a mailbox of its own that begins at
// the first notification about the room, so that nothing of it is missed: for a
// program with a worker a room. The context is the lifetime of the feed and of all
// rooms in it.
//
//	feed, err := stream.EachRoom(ctx, notifier)
//	…
//	for e := range feed.Rooms() {
//		if e.Gap != nil {
//			continue // Some may be missing: ask the server which rooms it has.
//		}
//		go serve(e.Value)
//	}
//
// A room opens at its first notification, whichever it is. Ids of rooms that
// ended within the last 60 s, at most the newest 4,096, are opened by
// [decode.RoomCreated] alone, since a server tells of a room's last things, such
// as uploads, after its end. The room's end, [decode.RoomDeleted] or
// [decode.RoomCrashed], is delivered, and its channel is then closed. Where a
// RoomCreated comes after an outage for a room that is open, that room has ended
// unnoticed: it ends, and another opens. What belongs to no room isn't delivered.
//
// [InRooms] keeps the feed to some rooms. [OfKinds] and [WithBound] apply to what
// each room delivers, never to what opens or ends it. [WithMetrics] and
// [OnlyMetrics] must not be given.
//
// Gaps go to every open room and to the feed's own channel. A room that ended
// during an outage is told of by nobody: after a Gap that isn't [Gap.Exact] ask the
// server whether the room is still there, and call [RoomSubscription.Leave] if it
// isn't. Rooms that existed before the feed began, too, open at their next
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

// RoomFeed is a channel of rooms with a mailbox each, made by [EachRoom]: the zero
// value is of no use. Its methods may be called from any goroutine, and several
// goroutines may share its channel.
type RoomFeed struct {
	feed *roomFeed
}

// Rooms returns the channel of rooms, always the same: each as it opens, and a
// [Gap] at each place where something may be missing. It is closed when the feed
// ends; [RoomFeed.Err] then says why. The rooms' own channels end by themselves.
//
// Take rooms without waiting for the work on them. Until a room is taken its
// notifications wait within its own bound, and the rooms that wait share one: 1,024
// rooms, and the bytes of [WithBound]. Beyond it the oldest gives way whole. The
// Gap counts what was in it, and at least one; the room may open anew at its next
// notification.
func (f *RoomFeed) Rooms() <-chan Event[*RoomSubscription] { return f.feed.out }

// All returns the channel of rooms as a sequence, as [Subscription.All] does.
func (f *RoomFeed) All() iter.Seq[Event[*RoomSubscription]] { return all(f.feed.out) }

// Err returns nil until the channel of rooms is closed, and then why, as
// [Subscription.Err] does.
func (f *RoomFeed) Err() error { return f.feed.errClosed() }

// Drain ends the feed, and every room in it, once what was received is delivered,
// and accepts nothing more. It doesn't wait for the consumers. Cancelling the
// context cuts it short.
func (f *RoomFeed) Drain() { f.feed.end(ErrDrained, true) }

// Stats returns the feed's counters. It is cheap, and safe for concurrent use.
func (f *RoomFeed) Stats() RoomFeedStats { return f.feed.snapshot() }

// String says on one line where the rooms come from, how many there are, and why
// the feed has ended.
func (f *RoomFeed) String() string {
	wants := f.feed.member.filter // Nothing changes it.
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
	// Open is how many rooms are open now, Waiting how many of all rooms wait to
	// be taken from the channel.
	Open, Waiting int
	// Opened counts the rooms that opened.
	Opened uint64
	// DroppedRooms counts the rooms that gave way because nobody took them, and
	// Dropped what was in them.
	DroppedRooms, Dropped uint64
	// Late counts the notifications that came after their room's end.
	Late uint64
	// Outages counts the lost connections.
	Outages uint64
	// Undecodable counts the messages that were none of this protocol, and webhook
	// requests that were lost.
	Undecodable uint64
}

// RoomSubscription is the mailbox of one room, received from a [RoomFeed]: the
// zero value is of no use. Its methods may be called from any goroutine.
type RoomSubscription struct {
	id      string
	feed    *roomFeed
	mailbox *mailbox[decode.Notification]

	// Guarded by the feed's lock.
	waiting bool // Nobody has taken it.
	bytes   int  // That it holds while it waits.
	outage  bool // It has seen one.
}

// ID returns the room's id.
func (r *RoomSubscription) ID() string { return r.id }

// Notifications returns the channel of the room's notifications, always the same,
// from the first one on, with Gaps as [Subscription.Notifications] has them. It is
// closed after the room's end; [RoomSubscription.Err] then says why.
func (r *RoomSubscription) Notifications() <-chan decode.Notification { return r.mailbox.out }

// All returns the channel as a sequence, as [Subscription.All] does.
func (r *RoomSubscription) All() iter.Seq[decode.Notification] { return all(r.mailbox.out) }

// Err returns nil until the channel is closed, and then why: [ErrRoomEnded],
// [ErrRoomLeft], or what ended the feed.
func (r *RoomSubscription) Err() error { return r.mailbox.errClosed() }

// Leave closes the channel at once and discards what is queued. The room's
// further notifications are ignored until it has ended, is created anew, or an
// outage leaves open which room it is.
func (r *RoomSubscription) Leave() { r.feed.leave(r) }

// Stats returns the room's counters. It is cheap, and safe for concurrent use.
func (r *RoomSubscription) Stats() SubscriptionStats { return r.mailbox.snapshot() }

// String says on one line which room it is, how much waits, and why it has ended.
func (r *RoomSubscription) String() string {
	stats := r.Stats()
	text := fmt.Sprintf("room %q of %s: %d queued, %d bytes", r.id, r.feed.hub.name(), stats.Queued, stats.QueuedBytes)
	if err := r.Err(); err != nil {
		text += "; ended: " + err.Error()
	}
	return redact.Line(text)
}
