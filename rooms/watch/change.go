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
// [PeerChange], [ComponentChange] or [TrackChange].
type Change interface {
	// Info returns in which room the change is, and how it is known.
	Info() ChangeInfo
	// Room returns the room as of this change, which may be behind [View.Room]:
	// what comes in later changes isn't in it. Of a room that is gone it is what
	// was left of it.
	Room() Room
	// Inferred tells whether the change was found by comparing the view with what
	// a server lists, rather than told by a notification.
	Inferred() bool
	// String describes the change on one line.
	String() string
}

// ChangeInfo is what all changes have.
type ChangeInfo struct {
	// RoomID and Node are the room and the address of the node that holds it,
	// empty while that isn't known.
	RoomID, Node string
	// Cause is the notification that told of the change, nil where it is inferred.
	// It says what the change itself doesn't, such as whether a room was deleted
	// or crashed.
	Cause decode.Notification

	at progress
}

// Info returns the ChangeInfo itself.
func (c ChangeInfo) Info() ChangeInfo { return c }

// Room returns the room as of this change, which may be behind [View.Room]. It is
// made when it is asked for.
func (c ChangeInfo) Room() Room { return c.at.room() }

// Inferred tells whether the change was found by comparing the view with what a
// server lists, rather than told by a notification.
func (c ChangeInfo) Inferred() bool { return c.Cause == nil }

// String names the room, and tells whether the change is inferred.
func (c ChangeInfo) String() string {
	text := "room " + c.RoomID
	if c.Inferred() {
		text += " (inferred)"
	}
	return text
}

// RoomChange is a room that appeared, that changed in itself, or that is gone. Who
// is in it comes as changes of their own, after it appeared and before it goes, so
// that Before and After have neither peers nor components.
type RoomChange struct {
	ChangeInfo
	// Before is nil for a room that appeared, After for one that is gone.
	Before, After *Room
}

// String describes the change on one line.
func (c RoomChange) String() string { return c.ChangeInfo.String() + ": " + verb(c.Before, c.After) }

// PeerChange is a peer that appeared, that changed its status or metadata, or
// that is gone. Its tracks come as changes of their own, after it appeared and
// before it goes, so that Before and After have none.
type PeerChange struct {
	ChangeInfo
	// Before is nil for a peer that appeared, After for one that is gone.
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

// ComponentChange is a component that appeared, whose properties changed, or
// that is gone. Its tracks come as changes of their own, after it appeared and
// before it goes, so that Before and After have none.
type ComponentChange struct {
	ChangeInfo
	// Before is nil for a component that appeared, After for one that is gone.
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
	// Owner is the peer or component that publishes it.
	Owner decode.Owner
	// Before is nil for a track that appeared, After for one that is gone.
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

// progress is how far the changes of a step have come: who comes before member is
// as after the step, who comes behind it as before.
type progress struct {
	before, after *room
	phase         phase
	member        string
	self          side   // What the member is like.
	track         string // The last of its tracks that is as after the step.
	tracks        bool   // There is such a track.
}

// phase is what is being changed: components come first.
type phase int8

const (
	itself phase = iota
	inComponents
	inPeers
	ended
)

// side is which version of a member there is.
type side int8

const (
	absent side = iota
	old
	current
)

func (p progress) room() Room {
	r := cmp.Or(p.after, p.before)
	if r == nil {
		return Room{} // A ChangeInfo that nobody made.
	}
	mixed := *r
	before, after := cmp.Or(p.before, &room{}), cmp.Or(p.after, &room{})
	switch p.phase {
	case itself:
		mixed.components, mixed.peers = before.components, before.peers
	case inComponents:
		mixed.components, mixed.peers = mix(p, before.components, after.components), before.peers
	case inPeers:
		mixed.components, mixed.peers = after.components, mix(p, before.peers, after.peers)
	case ended:
		mixed.components, mixed.peers = nil, nil
	}
	return mixed.public()
}

// mix returns the members of which a part has changed.
func mix[T any](p progress, before, after members[T]) members[T] {
	from, found := before.search(p.member)
	if found {
		from++
	}
	to, _ := after.search(p.member)
	mixed := slices.Clone(after[:to])
	if p.self != absent {
		mixed = append(mixed, mixMember(p, before.find(p.member), after.find(p.member)))
	}
	return append(mixed, before[from:]...)
}

func mixMember[T any](p progress, before, after *member[T]) *member[T] {
	before, after = cmp.Or(before, &member[T]{}), cmp.Or(after, &member[T]{})
	m := &member[T]{id: p.member, self: after.self}
	if p.self == old {
		m.self = before.self
	}
	for _, t := range after.tracks {
		if p.tracks && t.ID <= p.track {
			m.tracks = append(m.tracks, t)
		}
	}
	for _, t := range before.tracks {
		if !p.tracks || t.ID > p.track {
			m.tracks = append(m.tracks, t)
		}
	}
	return m
}

// changes hands the differences of a step to yield, until that has enough. What
// is in something comes after it appeared and before it is gone.
func (s step) changes(yield func(Change) bool) bool {
	at := cmp.Or(s.after, s.before)
	w := writer{yield: yield, info: ChangeInfo{
		RoomID: at.id, Node: at.node, Cause: s.cause, at: progress{before: s.before, after: s.after},
	}}
	before, after := cmp.Or(s.before, &room{}), cmp.Or(s.after, &room{})
	if s.after != nil && (s.before == nil || !sameRoom(before, after)) {
		w.room(s.before, s.after)
	}
	writeMembers(&w, inComponents, before.components, after.components, w.component, equalComponent)
	writeMembers(&w, inPeers, before.peers, after.peers, w.peer, equalPeer)
	if s.after == nil {
		w.info.at.phase = ended
		w.room(s.before, nil)
	}
	return !w.stopped
}

// writer writes changes as the public has them: values of their own.
type writer struct {
	info    ChangeInfo
	yield   func(Change) bool
	stopped bool
}

func (w *writer) write(c Change) { w.stopped = w.stopped || !w.yield(c) }

func (w *writer) room(before, after *room) {
	c := RoomChange{ChangeInfo: w.info}
	if before != nil {
		alone := before.alone()
		c.Before = &alone
	}
	if after != nil {
		alone := after.alone()
		c.After = &alone
	}
	w.write(c)
}

func (w *writer) peer(before, after *Peer) {
	w.write(PeerChange{w.info, copied(before), copied(after)})
}

func (w *writer) component(before, after *rooms.Component) {
	w.write(ComponentChange{w.info, copied(before), copied(after)})
}

// writeMembers writes the differences between two lists of members.
func writeMembers[T any](w *writer, in phase, before, after members[T], write func(before, after *T), equal func(a, b *T) bool) {
	at := &w.info.at
	for x, y := range pairs(before, after, func(m *member[T]) string { return m.id }) {
		b, a := *cmp.Or(x, new(*member[T])), *cmp.Or(y, new(*member[T]))
		if b == a {
			continue
		}
		*at = progress{before: at.before, after: at.after, phase: in, member: cmp.Or(a, b).id, self: current}
		owner := decode.Owner{Type: ownerTypes[in], ID: at.member}
		switch {
		case a == nil:
			at.self = old
			w.tracks(owner, b.tracks, nil)
			at.self = absent
			write(&b.self, nil)
		case b == nil:
			write(nil, &a.self)
			w.tracks(owner, nil, a.tracks)
		default:
			if !equal(&b.self, &a.self) {
				write(&b.self, &a.self)
			}
			w.tracks(owner, b.tracks, a.tracks)
		}
	}
}

var ownerTypes = [...]decode.OwnerType{inComponents: decode.OwnerComponent, inPeers: decode.OwnerPeer}

func (w *writer) tracks(owner decode.Owner, before, after []decode.Track) {
	for b, a := range pairs(before, after, func(t decode.Track) string { return t.ID }) {
		if b != nil && a != nil && *b == *a {
			continue
		}
		w.info.at.track, w.info.at.tracks = cmp.Or(a, b).ID, true
		w.write(TrackChange{w.info, owner, copied(b), copied(a)})
	}
}

// pairs goes through two sorted lists at once: what has the same id comes
// together, nil stands for what only one of them has.
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

// What is equal isn't only the same by its meaning, but spelt the same.

func equalPeer(a, b *Peer) bool {
	return a.Type == b.Type && a.Status == b.Status && a.Metadata == b.Metadata && a.ConnectedAt.Equal(b.ConnectedAt)
}

func equalComponent(a, b *rooms.Component) bool { return sameComponent(*a, *b) }
