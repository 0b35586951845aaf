package board

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// eventsKept is how many events can be scrolled back to.
const eventsKept = 4096

// Event is a notification, a Gap among them, or a change that was inferred.
type Event struct {
	At time.Time
	// Number counts the events from 1.
	Number uint64
	// Notification is nil for an inferred change.
	Notification decode.Notification
	// Inferred describes a change that no notification told of.
	Inferred output.Description
	// Room is the room's id, and Name the name of the peer, where they are known.
	Room, Name string
}

// IsGap reports whether something may be missing here.
func (e Event) IsGap() bool {
	return e.Notification != nil && e.Notification.Kind() == decode.KindGap
}

// Describe returns the event in words.
func (e Event) Describe() output.Description {
	if e.Notification == nil {
		return e.Inferred
	}
	return output.Describe(e.Notification)
}

// inferred returns a change that no notification told of as an event.
func inferred(c watch.Change) Event {
	d := output.Description{Room: c.Info().RoomID, Brief: "(inferred)", Details: c.String()}
	name := ""
	switch c := c.(type) {
	case watch.RoomChange:
		d.Kind = "room " + became(c.Before == nil, c.After == nil)
	case watch.PeerChange:
		d.Kind, d.WhoType = "peer "+became(c.Before == nil, c.After == nil), "peer"
		p := c.After
		if p == nil {
			p = c.Before
		} else if isConnected(c.Before) != isConnected(c.After) {
			d.Kind = "peer " + string(p.Status)
		}
		d.Who, name = p.ID, Name(p.Metadata)
	case watch.ComponentChange:
		d.Kind, d.WhoType = "component "+became(c.Before == nil, c.After == nil), "component"
		if c.After != nil {
			d.Who = c.After.ID
		} else {
			d.Who = c.Before.ID
		}
	case watch.StreamerChange:
		d.Kind, d.WhoType, d.Who = "streamer "+became(c.Before == nil, c.After == nil), "streamer", cmp.Or(c.After, c.Before).ID
	case watch.ViewerChange:
		d.Kind, d.WhoType, d.Who = "viewer "+became(c.Before == nil, c.After == nil), "viewer", cmp.Or(c.After, c.Before).ID
	case watch.TrackChange:
		d.Kind, d.WhoType, d.Who = "track "+became(c.Before == nil, c.After == nil), c.Owner.Type.String(), c.Owner.ID
	}
	d.Kind = "~ " + d.Kind
	return Event{At: time.Now(), Room: d.Room, Name: name, Inferred: d}
}

// became says what a change has made of something.
func became(nothingBefore, nothingAfter bool) string {
	return map[int]string{1: "there", -1: "gone", 0: "changed"}[came(nothingBefore, nothingAfter)]
}

// Contains reports whether a text, in lower case, is anywhere in the event.
func (e Event) Contains(text string) bool {
	d := e.Describe()
	for _, field := range []string{d.Kind, d.Room, d.Who, e.Name, d.Details} {
		if strings.Contains(strings.ToLower(field), text) {
			return true
		}
	}
	return false
}

// ring holds the latest events.
type ring struct {
	events []Event
	last   uint64 // The number of the latest.
}

func (r *ring) add(e Event) {
	r.last++
	e.Number = r.last
	if len(r.events) < eventsKept {
		r.events = append(r.events, e)
		return
	}
	r.events[(r.last-1)%eventsKept] = e
}

// at returns the event with a number, which must be one of those kept.
func (r *ring) at(number uint64) Event { return r.events[(number-1)%eventsKept] }

// before returns up to count events that are wanted, the latest first, from a
// number downwards.
func (r *ring) before(number uint64, count int, wanted func(Event) bool) []Event {
	var found []Event
	oldest := r.last - uint64(len(r.events)) + 1
	for n := min(number, r.last); n >= oldest && n > 0 && len(found) < count; n-- {
		if e := r.at(n); wanted(e) {
			found = append(found, e)
		}
	}
	return found
}

// late are inferred changes that wait for their Gap: it comes by another way than
// they, and is to stand before them.
type late struct {
	seen   uint64 // How many Gaps have come.
	events []Event
	behind bool // The Gap of the events has not come yet.
}

// lateness is how long the Gap may take.
const lateness = time.Second

// hold keeps an event. The view has seen so many Gaps.
func (l *late) hold(e Event, gaps uint64) {
	l.events = append(l.events, e)
	l.behind = l.seen < gaps
}

// release passes on the events whose Gap has come, or has not come in time.
func (l *late) release(to *ring, now time.Time) {
	if len(l.events) == 0 || l.behind && now.Sub(l.events[0].At) < lateness && len(l.events) < eventsKept {
		return
	}
	for _, e := range l.events {
		to.add(e)
	}
	l.events, l.behind = nil, false
}

// about returns the id of the peer that a notification is about, or "".
func about(n decode.Notification) string {
	switch n := n.(type) {
	case decode.PeerAdded:
		return n.PeerID
	case decode.PeerConnected:
		return n.PeerID
	case decode.PeerDisconnected:
		return n.PeerID
	case decode.PeerDeleted:
		return n.PeerID
	case decode.PeerCrashed:
		return n.PeerID
	case decode.PeerMetadataUpdated:
		return n.PeerID
	case decode.TrackAdded:
		return n.Owner.ID
	case decode.TrackRemoved:
		return n.Owner.ID
	case decode.TrackMetadataUpdated:
		return n.Owner.ID
	case decode.VAD:
		return n.PeerID
	}
	return ""
}

// nameKept is how long a name is kept after its peer has gone, for what is told of
// it afterwards.
const nameKept = 10 * time.Second

// names are the names in peers' metadata, by the peers' ids.
type names struct {
	byID  map[string]string
	leave []leaving // In order.
}

type leaving struct {
	id string
	at time.Time
}

func newNames() names { return names{byID: make(map[string]string)} }

func (n *names) of(id string) string { return n.byID[id] }

func (n *names) put(id string, metadata decode.Metadata) {
	if name := Name(metadata); name != "" {
		n.byID[id] = name
	}
}

// gone has a name forgotten after a while.
func (n *names) gone(id string, now time.Time) {
	for len(n.leave) > 0 && now.Sub(n.leave[0].at) > nameKept {
		delete(n.byID, n.leave[0].id)
		n.leave = n.leave[1:]
	}
	if _, ok := n.byID[id]; ok {
		n.leave = append(n.leave, leaving{id, now})
	}
}

// longestMetadata is how large metadata may be to be looked at for a name.
const longestMetadata = 16 << 10

// Name returns the name in a peer's metadata: what it has under "name" or
// "displayName", or the metadata itself where it is a text.
func Name(metadata decode.Metadata) string {
	if len(metadata) < 3 || len(metadata) > longestMetadata {
		return ""
	}
	if metadata[0] == '"' {
		var name string
		_ = metadata.Unmarshal(&name) // Without a name there is none to show.
		return name
	}
	if metadata[0] != '{' || !strings.Contains(strings.ToLower(string(metadata)), "name\"") {
		return ""
	}
	var object struct {
		Name        any `json:"name"`
		DisplayName any `json:"displayName"`
		Peer        json.RawMessage
	}
	if metadata.Unmarshal(&object) != nil {
		return ""
	}
	if name, ok := object.Name.(string); ok {
		return name
	}
	if name, ok := object.DisplayName.(string); ok {
		return name
	}
	return Name(decode.Metadata(object.Peer)) // Of hosted Fishjam.
}
