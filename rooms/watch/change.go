package watch

import (
	"fmt"
	"log/slog"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Change is one difference between two states of a view: a [RoomChange],
// [PeerChange], [ComponentChange] or [TrackChange].
type Change interface {
	// Where returns where the change happened, and how it is known.
	Where() Origin
	// Inferred tells whether the change was found by comparing the view with what
	// a server lists, rather than told by a notification.
	Inferred() bool
	// String describes the change on one line.
	String() string
}

// Origin is where a change happened, and how it is known.
type Origin struct {
	// RoomID and Node are the room and the address of the node that holds it,
	// empty until that was found out.
	RoomID, Node string
	// Cause is the notification that told of the change, nil where it is inferred.
	// It says what the change itself doesn't, such as whether a room was deleted
	// or crashed.
	Cause decode.Notification
}

// Where returns the origin itself.
func (o Origin) Where() Origin { return o }

// Inferred tells whether the change was found by comparing the view with what a
// server lists, rather than told by a notification.
func (o Origin) Inferred() bool { return o.Cause == nil }

// String names the room, and tells whether the change is inferred.
func (o Origin) String() string {
	text := "room " + o.RoomID
	if o.Inferred() {
		text += " (inferred)"
	}
	return text
}

// RoomChange is a room that appeared, that became another one in itself, or that
// is gone. Who is in it comes as changes of their own, after it appeared and
// before it goes, so that Before and After have neither peers nor components.
type RoomChange struct {
	Origin
	// Before is nil for a room that appeared, After for one that is gone.
	Before, After *Room
}

// String describes the change on one line.
func (c RoomChange) String() string { return c.Origin.String() + ": " + verb(c.Before, c.After) }

// PeerChange is a peer that appeared, that changed its status or metadata, or
// that is gone. Its tracks come as changes of their own, after it appeared and
// before it goes, so that Before and After have none.
type PeerChange struct {
	Origin
	// Before is nil for a peer that appeared, After for one that is gone.
	Before, After *rooms.Peer
}

// String describes the change on one line.
func (c PeerChange) String() string {
	peer := c.After
	if peer == nil {
		peer = c.Before
	}
	text := fmt.Sprintf("%v: peer %s %s", c.Origin, peer.ID, verb(c.Before, c.After))
	if c.After != nil {
		text += ", " + string(c.After.Status)
	}
	return text
}

// ComponentChange is a component that appeared, whose properties changed, or
// that is gone. Its tracks come as changes of their own, after it appeared and
// before it goes, so that Before and After have none.
type ComponentChange struct {
	Origin
	// Before is nil for a component that appeared, After for one that is gone.
	Before, After *rooms.Component
}

// String describes the change on one line.
func (c ComponentChange) String() string {
	component := c.After
	if component == nil {
		component = c.Before
	}
	return fmt.Sprintf("%v: %s component %s %s", c.Origin, component.Type, component.ID, verb(c.Before, c.After))
}

// TrackChange is a track that appeared, whose metadata changed, or that is gone.
type TrackChange struct {
	Origin
	// Owner is the peer or component that publishes it.
	Owner decode.Owner
	// Before is nil for a track that appeared, After for one that is gone.
	Before, After *decode.Track
}

// String describes the change on one line.
func (c TrackChange) String() string {
	track := c.After
	if track == nil {
		track = c.Before
	}
	return fmt.Sprintf("%v: %v track %s of %v %s", c.Origin, track.Type, track.ID, c.Owner, verb(c.Before, c.After))
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
