package dashboard

import (
	"encoding/json"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const (
	// maxEvents is how many notifications and inferred changes are kept to be shown.
	maxEvents = 1_000
	// maxFresh is how many are taken in between two messages to the browsers; of
	// more, the newest.
	maxFresh = 200
	// maxRaw bounds a notification's JSON in bytes.
	maxRaw = 4 << 10
	// maxGaps is how many Gaps are kept for charts and time lines.
	maxGaps = 256
)

// event is a line of the list of notifications.
type event struct {
	Number uint64 `json:"n"` // Counts all events, shown or not.
	Time   int64  `json:"t"` // In milliseconds since 1970.
	Kind   string `json:"k"` // Of a notification, "gap" or "inferred".
	Room   string `json:"r,omitempty"`
	Who    string `json:"w,omitempty"` // The id of a peer or a component.
	Name   string `json:"a,omitempty"`
	Text   string `json:"x,omitempty"` // What else there is to say.
	Raw    string `json:"j,omitempty"` // The notification as JSON, cut short.
}

// incoming is an event that isn't made ready for browsers yet.
type incoming struct {
	number       uint64
	at           time.Time
	notification decode.Notification
	change       watch.Change // Inferred, where there is no notification.
}

// gapMark is a Gap on charts and time lines.
type gapMark struct {
	Since int64  `json:"s"` // In milliseconds since 1970.
	Until int64  `json:"u"`
	Text  string `json:"x"`
}

// eventLog is the newest events, and the newest Gaps.
type eventLog struct {
	count   uint64
	waiting []incoming
	kept    []event
	gaps    []gapMark
}

func (l *eventLog) add(in incoming) {
	l.count++
	in.number = l.count
	if len(l.waiting) == 2*maxFresh {
		l.waiting = l.waiting[:copy(l.waiting, l.waiting[maxFresh:])]
	}
	l.waiting = append(l.waiting, in)
}

// addGap keeps a Gap for the charts. One without an outage is a moment.
func (l *eventLog) addGap(gap stream.Gap, now time.Time) gapMark {
	mark := gapMark{Since: now.UnixMilli(), Until: now.UnixMilli(), Text: cut(gap.String(), maxReason)}
	if gap.Outages > 0 && !gap.Since.IsZero() && !gap.Until.IsZero() {
		mark.Since, mark.Until = gap.Since.UnixMilli(), gap.Until.UnixMilli()
	}
	for len(l.gaps) > 0 && (len(l.gaps) >= maxGaps || l.gaps[0].Until < now.Add(-history).UnixMilli()) {
		l.gaps = l.gaps[1:]
	}
	l.gaps = append(l.gaps, mark)
	return mark
}

// take makes what waits ready for browsers, keeps it, and returns it.
func (l *eventLog) take(nameOf func(room, peer string) string) []event {
	waiting := l.waiting
	if len(waiting) > maxFresh {
		waiting = waiting[len(waiting)-maxFresh:]
	}
	taken := make([]event, 0, len(waiting))
	for _, in := range waiting {
		e := in.event()
		e.Name = nameOf(e.Room, e.Who)
		taken = append(taken, e)
	}
	clear(l.waiting)
	l.waiting = l.waiting[:0]
	l.kept = append(l.kept, taken...)
	if extra := len(l.kept) - maxEvents; extra > 0 {
		l.kept = append(l.kept[:0:0], l.kept[extra:]...)
	}
	return taken
}

func (in incoming) event() event {
	e := event{Number: in.number, Time: in.at.UnixMilli(), Kind: "inferred"}
	if in.notification == nil {
		e.Room = cut(in.change.Info().RoomID, maxRaw)
		e.Text = cut(in.change.String(), maxReason)
		return e
	}
	e.Kind = in.notification.Kind().String()
	room, _ := decode.RoomOf(in.notification)
	e.Room = cut(room, maxRaw)
	text, err := json.Marshal(in.notification)
	if err != nil {
		e.Text = cut(err.Error(), maxReason)
		return e
	}
	e.Raw = cut(string(text), maxRaw)
	var fields struct {
		PeerID      string `json:"peer_id"`
		ComponentID string `json:"component_id"`
		StreamID    string `json:"stream_id"`
		StreamerID  string `json:"streamer_id"`
		ViewerID    string `json:"viewer_id"`
		Reason      string `json:"reason"`
		Status      string `json:"status"`
		Owner       struct{ ID string }
		Track       struct{ Type string }
	}
	if json.Unmarshal(text, &fields) == nil {
		if watching := first(fields.StreamerID, fields.ViewerID); watching != "" { // A livestream is a room.
			e.Room, e.Who = cut(fields.StreamID, maxRaw), cut(watching, maxReason)
		}
		e.Who = first(e.Who, cut(first(fields.PeerID, fields.ComponentID, fields.Owner.ID), maxReason))
		e.Text = cut(first(fields.Reason, fields.Track.Type, fields.Status), maxReason)
	}
	if gap, isGap := in.notification.(stream.Gap); isGap {
		e.Text = cut(gap.String(), maxReason)
	}
	return e
}

// first returns the first text that isn't empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
