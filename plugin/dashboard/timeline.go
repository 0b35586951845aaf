package dashboard

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

const (
	// Each room's time line keeps up to maxEntries, fewer where all rooms together
	// would have more than allEntries, and at least minEntries.
	maxEntries, minEntries, allEntries = 256, 32, 200_000
	// maxName and maxReason bound in bytes what an entry keeps of texts from outside.
	maxName, maxReason = 80, 200
	// maxNamed is the largest metadata in which a name is looked for.
	maxNamed = 16 << 10
)

// entry is one thing that happened in a room.
type entry struct {
	Time     int64  `json:"t"` // In milliseconds since 1970.
	What     string `json:"k"`
	Who      string `json:"w,omitempty"` // The id of a peer or a component.
	Name     string `json:"a,omitempty"`
	Text     string `json:"x,omitempty"` // A track's type, a component's type, or a reason.
	Inferred bool   `json:"f,omitempty"`
}

// The kinds of entries; the page has a sentence for each.
const (
	roomAppeared     = "room"
	roomEnded        = "room-end"
	roomCrashed      = "room-crash"
	peerExpected     = "expect"
	peerJoined       = "join"
	peerLeft         = "leave"
	peerGone         = "gone"
	peerCrashed      = "crash"
	peerMetadata     = "meta"
	componentAdded   = "component"
	componentGone    = "component-gone"
	componentCrashed = "component-crash"
	trackAdded       = "track"
	trackGone        = "track-gone"
	trackMetadata    = "track-meta"
)

// entryOf says what a change is on a time line, if anything.
func entryOf(c watch.Change, now time.Time) (entry, bool) {
	e := entry{Time: now.UnixMilli(), Inferred: c.Inferred()}
	switch c := c.(type) {
	case watch.RoomChange:
		e.What = edge(c.Before == nil, c.After == nil, roomAppeared, "", roomEnded)
		if _, crashed := c.Cause.(decode.RoomCrashed); crashed && c.After == nil {
			e.What = roomCrashed
		}
	case watch.PeerChange:
		e.peer(c)
	case watch.StreamerChange:
		was, is := c.Before != nil && c.Before.Status == rooms.StatusConnected, c.After != nil && c.After.Status == rooms.StatusConnected
		e.livestream("streamer", either(c.Before, c.After).ID, c.Before != nil, was, is, c.After != nil)
	case watch.ViewerChange:
		was, is := c.Before != nil && !c.Before.ConnectedAt.IsZero(), c.After != nil && !c.After.ConnectedAt.IsZero()
		e.livestream("viewer", either(c.Before, c.After).ID, c.Before != nil, was, is, c.After != nil)
	case watch.ComponentChange:
		e.What = edge(c.Before == nil, c.After == nil, componentAdded, "", componentGone)
		component := either(c.Before, c.After)
		e.Who, e.Text = component.ID, string(component.Type)
		if _, crashed := c.Cause.(decode.ComponentCrashed); crashed && c.After == nil {
			e.What = componentCrashed
		}
	case watch.TrackChange:
		e.What = edge(c.Before == nil, c.After == nil, trackAdded, trackMetadata, trackGone)
		e.Who, e.Text = c.Owner.ID, either(c.Before, c.After).Type.String()
	}
	return e, e.What != ""
}

// wasBefore tells whether a change is that something was found that was there
// before a moment. Of tracks and components nobody knows since when they are there:
// they count as found while the view is opening.
func wasBefore(c watch.Change, moment time.Time, opening bool) bool {
	if !c.Inferred() {
		return false
	}
	switch c := c.(type) {
	case watch.RoomChange:
		return c.Before == nil && c.After.Appeared.Before(moment)
	case watch.PeerChange:
		return c.Before == nil && (c.After.ConnectedAt.Before(moment) && !c.After.ConnectedAt.IsZero() || c.After.ConnectedAt.IsZero() && opening)
	case watch.StreamerChange:
		return c.Before == nil && opening
	case watch.ViewerChange:
		return c.Before == nil && opening
	case watch.ComponentChange:
		return c.Before == nil && opening
	case watch.TrackChange:
		return c.Before == nil && opening
	}
	return false
}

// livestream says what became of who streams or watches: whether it was there and
// connected before, and is after.
func (e *entry) livestream(kind, id string, wasThere, was, is, isThere bool) {
	e.Who, e.Name = id, participant(kind, id)
	switch {
	case !isThere:
		e.What = peerGone
	case is && !was:
		e.What = peerJoined
	case was && !is:
		e.What = peerLeft
	case !wasThere:
		e.What = peerExpected
	}
}

// participant is what the page calls a streamer or a viewer: they have no name.
func participant(kind, id string) string { return kind + " " + cut(id, 8) }

func (e *entry) peer(c watch.PeerChange) {
	peer := either(c.Before, c.After)
	e.Who, e.Name = peer.ID, nameIn(peer.Metadata)
	crash, crashed := c.Cause.(decode.PeerCrashed)
	switch {
	case c.After == nil && crashed:
		e.What, e.Text = peerCrashed, cut(crash.Reason, maxReason)
	case c.After == nil:
		e.What = peerGone
	case c.After.Status == rooms.StatusConnected && (c.Before == nil || c.Before.Status != rooms.StatusConnected):
		e.What = peerJoined
	case c.Before == nil:
		e.What = peerExpected
	case c.Before.Status == rooms.StatusConnected && c.After.Status != rooms.StatusConnected:
		e.What = peerLeft
	default:
		e.What = peerMetadata
	}
}

// edge returns which of three it is: it appeared, it changed, or it is gone.
func edge(isNew, isGone bool, appeared, changed, gone string) string {
	switch {
	case isNew:
		return appeared
	case isGone:
		return gone
	}
	return changed
}

// either returns what is after a change, or what was before if it is gone.
func either[T any](before, after *T) T {
	if after != nil {
		return *after
	}
	return *before
}

// nameIn returns what a peer calls itself in its metadata, if it does so in one of
// the usual ways: at the top, or one level down.
func nameIn(metadata decode.Metadata) string {
	var fields map[string]json.RawMessage
	if len(metadata) > maxNamed || json.Unmarshal([]byte(metadata), &fields) != nil {
		return ""
	}
	if name := nameAmong(fields); name != "" {
		return name
	}
	for _, key := range []string{"peer", "user"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(fields[key], &inner) == nil {
			if name := nameAmong(inner); name != "" {
				return name
			}
		}
	}
	return ""
}

func nameAmong(fields map[string]json.RawMessage) string {
	for _, key := range []string{"displayName", "display_name", "name", "userName", "username", "nickname"} {
		var name string
		if json.Unmarshal(fields[key], &name) == nil && strings.TrimSpace(name) != "" {
			return cut(name, maxName)
		}
	}
	return ""
}

// cut shortens a text from outside to a number of bytes, and copies it, so that it
// keeps nothing larger in memory.
func cut(text string, size int) string {
	if len(text) <= size {
		return strings.Clone(text)
	}
	return strings.ToValidUTF8(text[:size], "") + "…"
}
