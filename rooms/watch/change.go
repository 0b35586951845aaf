package watch

import (
	"cmp"
	"fmt"
	"iter"
	"log/slog"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Change is one difference between two states of a view: a [RoomChange],
// [PeerChange], [ComponentChange] or [TrackChange], and on hosted Fishjam also a
// [StreamerChange] or [ViewerChange].
type Change interface {
	// Info returns the change's room, and how the change is known.
	Info() ChangeInfo
	// Room returns the room as of this change, which may be older than [View.Room]:
	// later changes aren't included. For a room that is gone it is the last state.
	Room() Room
	// Inferred reports whether the change was found by comparing the view with a
	// server's listing, rather than by a notification.
	Inferred() bool
	// String describes the change on one line.
	String() string
}

// ChangeInfo is the common part of all changes.
type ChangeInfo struct {
	// RoomID is the id of the room, and Node the address of the node that holds it,
	// empty while unknown.
	RoomID, Node string
	// Cause is the notification that caused the change, nil if it is inferred. It has
	// details that the change hasn't, such as whether a room was deleted or crashed.
	Cause decode.Notification

	room func() *room // As of this change.
}

// Info returns the ChangeInfo itself.
func (c ChangeInfo) Info() ChangeInfo { return c }

// Room returns the room as of this change, which may be older than [View.Room]. It is
// constructed by the call.
func (c ChangeInfo) Room() Room {
	if c.room == nil {
		return Room{}
	}
	return c.room().public()
}

// Inferred reports whether the change was found by comparing the view with a server's
// listing, rather than by a notification.
func (c ChangeInfo) Inferred() bool { return c.Cause == nil }

// String names the room, and says whether the change is inferred.
func (c ChangeInfo) String() string {
	text := "room " + c.RoomID
	if c.Inferred() {
		text += " (inferred)"
	}
	return text
}

// RoomChange is a room that appeared, whose own fields changed, or that is gone. Its
// peers, components, streamers and viewers are reported in separate changes, after it
// appeared and before it is gone, so that Before and After have none.
type RoomChange struct {
	ChangeInfo
	// Before is nil if the room appeared, After if it is gone.
	Before, After *Room
}

// String describes the change on one line.
func (c RoomChange) String() string { return c.ChangeInfo.String() + ": " + verb(c.Before, c.After) }

// PeerChange is a peer that appeared, that changed its status or metadata, or that is
// gone. Its tracks are reported in separate changes, after it appeared and before it
// is gone, so that Before and After have none.
type PeerChange struct {
	ChangeInfo
	// Before is nil if the peer appeared, After if it is gone.
	Before, After *Peer
}

// String describes the change on one line.
func (c PeerChange) String() string {
	text := fmt.Sprintf("%v: peer %s %s", c.ChangeInfo, cmp.Or(c.After, c.Before).ID, verb(c.Before, c.After))
	if c.After != nil {
		text += ", " + string(c.After.Status)
	}
	return text
}

// ComponentChange is a component that appeared, whose properties changed, or that is
// gone. Its tracks are reported in separate changes, after it appeared and before it
// is gone, so that Before and After have none.
type ComponentChange struct {
	ChangeInfo
	// Before is nil if the component appeared, After if it is gone.
	Before, After *rooms.Component
}

// String describes the change on one line.
func (c ComponentChange) String() string {
	component := cmp.Or(c.After, c.Before)
	return fmt.Sprintf("%v: %s component %s %s", c.ChangeInfo, component.Type, component.ID, verb(c.Before, c.After))
}

// TrackChange is a track that appeared, whose metadata changed, or that is gone.
type TrackChange struct {
	ChangeInfo
	// Owner is the peer or component that publishes the track.
	Owner decode.Owner
	// Before is nil if the track appeared, After if it is gone.
	Before, After *decode.Track
}

// String describes the change on one line.
func (c TrackChange) String() string {
	track := cmp.Or(c.After, c.Before)
	return fmt.Sprintf("%v: %v track %s of %v %s", c.ChangeInfo, track.Type, track.ID, c.Owner, verb(c.Before, c.After))
}

func verb[T any](before, after *T) string {
	switch {
	case before == nil:
		return "appeared"
	case after == nil:
		return "is gone"
	}
	return "changed"
}

// LogValue returns the line that describes the change.
func (c RoomChange) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue returns the line that describes the change.
func (c PeerChange) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue returns the line that describes the change.
func (c ComponentChange) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue returns the line that describes the change.
func (c TrackChange) LogValue() slog.Value { return slog.StringValue(c.String()) }

// changes passes the differences of a step to yield, until that returns false. What is
// inside something comes after it appeared and before it is gone.
func (s step) changes(yield func(Change) bool) bool {
	r := cmp.Or(s.after, s.before)
	before, after := cmp.Or(s.before, &room{}), cmp.Or(s.after, &room{})
	w := writer{yield: yield, info: ChangeInfo{RoomID: r.id, Node: r.node, Cause: s.cause}}
	with := func(components members[rooms.Component], peers members[Peer], streamers members[Streamer], viewers members[Viewer]) *room {
		mixed := *r
		mixed.components, mixed.peers, mixed.streamers, mixed.viewers = components, peers, streamers, viewers
		return &mixed
	}
	if s.after != nil && (s.before == nil || !sameRoom(before, after)) {
		w.info.room = func() *room { return with(before.components, before.peers, before.streamers, before.viewers) }
		w.write(RoomChange{w.info, s.before.alone(), s.after.alone()})
	}
	if len(before.components)+len(after.components) > 0 {
		memberChanges[rooms.Component]{
			writer: &w, owner: decode.OwnerComponent, equal: sameComponent,
			change: func(before, after *rooms.Component) Change { return ComponentChange{w.info, before, after} },
			room: func(ms members[rooms.Component]) *room {
				return with(ms, before.peers, before.streamers, before.viewers)
			},
		}.compare(before.components, after.components)
	}
	memberChanges[Peer]{
		writer: &w, owner: decode.OwnerPeer, equal: equalPeer,
		change: func(before, after *Peer) Change { return PeerChange{w.info, before.own(), after.own()} },
		room:   func(ms members[Peer]) *room { return with(after.components, ms, before.streamers, before.viewers) },
	}.compare(before.peers, after.peers)
	if len(before.streamers)+len(after.streamers) > 0 {
		memberChanges[Streamer]{
			writer: &w, equal: sameStreamer,
			change: func(before, after *Streamer) Change { return StreamerChange{w.info, before, after} },
			room:   func(ms members[Streamer]) *room { return with(after.components, after.peers, ms, before.viewers) },
		}.compare(before.streamers, after.streamers)
	}
	if len(before.viewers)+len(after.viewers) > 0 {
		memberChanges[Viewer]{
			writer: &w, equal: sameViewer,
			change: func(before, after *Viewer) Change { return ViewerChange{w.info, before, after} },
			room:   func(ms members[Viewer]) *room { return with(after.components, after.peers, after.streamers, ms) },
		}.compare(before.viewers, after.viewers)
	}
	if s.after == nil {
		w.info.room = func() *room { return with(nil, nil, nil, nil) }
		w.write(RoomChange{w.info, s.before.alone(), nil})
	}
	return !w.stopped
}

// writer writes the changes of a step in order.
type writer struct {
	info    ChangeInfo
	yield   func(Change) bool
	stopped bool
}

func (w *writer) write(c Change) { w.stopped = w.stopped || !w.yield(c) }

// memberChanges writes the differences between peers or components.
type memberChanges[T any] struct {
	*writer
	owner  decode.OwnerType
	equal  func(a, b T) bool
	change func(before, after *T) Change
	room   func(members[T]) *room // Returns the room with these members.
}

func (w memberChanges[T]) compare(before, after members[T]) {
	i, j := 0, 0 // How many of each come before the current ones.
	for x, y := range pairs(before, after, func(m *member[T]) string { return m.id }) {
		done, left := after[:i], before[j:]
		var b, a *member[T]
		if x != nil {
			b, left = *x, left[1:]
			j++
		}
		if y != nil {
			a = *y
			i++
		}
		if b != a {
			w.member(b, a, func(now ...*member[T]) {
				w.info.room = func() *room { return w.room(slices.Concat(done, now, left)) }
			})
		}
	}
}

// member writes the differences of one member, which is nil if it doesn't exist. The
// function is called with the member as of each change, or with none.
func (w memberChanges[T]) member(before, after *member[T], is func(...*member[T])) {
	b, a := cmp.Or(before, &member[T]{}), cmp.Or(after, &member[T]{})
	now := &member[T]{cmp.Or(after, before).id, cmp.Or(after, before).self, b.tracks}
	if after != nil && (before == nil || !w.equal(b.self, a.self)) {
		is(now)
		w.write(w.change(before.own(), after.own()))
	}
	for x, y := range pairs(b.tracks, a.tracks, func(t decode.Track) string { return t.ID }) {
		if x != nil && y != nil && *x == *y {
			continue
		}
		if y != nil {
			now = now.putTrack(*y)
		} else {
			now = now.withoutTrack(x.ID)
		}
		is(now)
		w.write(TrackChange{w.info, decode.Owner{Type: w.owner, ID: now.id}, copied(x), copied(y)})
	}
	if after == nil {
		is()
		w.write(w.change(before.own(), nil))
	}
}

// pairs walks two sorted lists together: elements with the same id are paired, and nil
// stands for an element that only the other list has.
func pairs[E any](before, after []E, id func(E) string) iter.Seq2[*E, *E] {
	return func(yield func(before, after *E) bool) {
		for len(before) > 0 || len(after) > 0 {
			var b, a *E
			if len(after) == 0 || len(before) > 0 && id(before[0]) <= id(after[0]) {
				b = &before[0]
			}
			if len(before) == 0 || len(after) > 0 && id(after[0]) <= id(before[0]) {
				a = &after[0]
			}
			if b != nil {
				before = before[1:]
			}
			if a != nil {
				after = after[1:]
			}
			if !yield(b, a) {
				return
			}
		}
	}
}

func copied[T any](value *T) *T {
	if value == nil {
		return nil
	}
	own := *value
	return &own
}

// equalPeer reports whether two peers are exactly the same, unlike samePeer.
func equalPeer(a, b Peer) bool {
	return a.Type == b.Type && a.Status == b.Status && a.Metadata == b.Metadata && a.ConnectedAt.Equal(b.ConnectedAt) && a.sameSubscriptions(b)
}
