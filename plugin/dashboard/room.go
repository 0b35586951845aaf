package dashboard

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// remembered is how long a room can be looked at after its end.
const remembered = 5 * time.Minute

// row is a room in the list of rooms.
type row struct {
	ID         string `json:"i"`
	Node       string `json:"n,omitempty"`
	Type       string `json:"t,omitempty"` // Of hosted Fishjam, but not of conferences.
	Since      int64  `json:"s"` // When it appeared, in milliseconds since 1970.
	Connected  int    `json:"c"`
	Peers      int    `json:"p"`
	Tracks     int    `json:"k"`
	Components int    `json:"o,omitempty"`
	In         int64  `json:"in"` // In bits per second, -1 if it isn't known.
	Out        int64  `json:"out"`
	Loss       int    `json:"y"` // In parts of 10,000, -1 if it isn't known.
	Last       int64  `json:"l,omitempty"`
	LastKind   string `json:"e,omitempty"`
}

// room is what the page keeps of a room beside the view.
type room struct {
	now, sent  row
	names      map[string]string // What peers call themselves, by id, also of some who left.
	entries    []entry
	endpoints  map[string]*endpoint
	in, out    *series
	ended      time.Time // Zero while there is the room.
	endedBy    string
	wasMissing bool // It isn't in the browsers' list.
}

func newRoom(id string) *room {
	return &room{
		now:        row{ID: id, In: -1, Out: -1, Loss: -1},
		names:      make(map[string]string),
		endpoints:  make(map[string]*endpoint),
		wasMissing: true,
	}
}

// refresh takes what the view has of the room now. Who streams a livestream and who
// watches it counts as peers do.
func (r *room) refresh(from watch.Room) {
	r.ended, r.endedBy = time.Time{}, ""
	r.now.Node, r.now.Since = from.Node, from.Appeared.UnixMilli()
	r.now.Type = ""
	if from.Type != fishjam.RoomConference {
		r.now.Type = cut(string(from.Type), maxName)
	}
	r.now.Connected, r.now.Components = 0, len(from.Components)
	r.now.Peers = len(from.Peers) + len(from.Streamers) + len(from.Viewers)
	r.now.Tracks = 0
	if len(r.names) > 2*len(from.Peers)+64 {
		clear(r.names) // Those who left are in the way by now.
	}
	for _, peer := range from.Peers {
		if peer.Status == rooms.StatusConnected {
			r.now.Connected++
		}
		r.now.Tracks += len(peer.Tracks)
		if name := nameIn(peer.Metadata); name != "" {
			r.names[peer.ID] = name
		}
	}
	for _, component := range from.Components {
		r.now.Tracks += len(component.Tracks)
	}
	for _, streamer := range from.Streamers {
		if streamer.Status == rooms.StatusConnected {
			r.now.Connected++
		}
	}
	for _, viewer := range from.Viewers {
		if !viewer.ConnectedAt.IsZero() {
			r.now.Connected++
		}
	}
}

// end takes that the view has the room no more.
func (r *room) end(now time.Time) {
	if r.ended.IsZero() {
		r.ended = now
	}
	clear(r.endpoints)
	r.now.In, r.now.Out, r.now.Loss = -1, -1, -1
}

func (r *room) addEntry(e entry, limit int, now time.Time) {
	oldest := now.Add(-history).UnixMilli()
	for len(r.entries) > 0 && (len(r.entries) >= limit || r.entries[0].Time < oldest) {
		r.entries = r.entries[1:]
	}
	r.entries = append(r.entries, e)
	if e.What == roomEnded || e.What == roomCrashed {
		r.endedBy = e.What
	}
}

// measure takes the room's part of a report.
func (r *room) measure(report decode.RoomMetrics, now time.Time) {
	for _, part := range report.Endpoints {
		e := r.endpoints[part.ID]
		if e == nil {
			e = new(endpoint)
			r.endpoints[part.ID] = e
		}
		e.update(part, now)
	}
}

// forgetRates takes that the connection is lost: what was measured before holds no
// more.
func (r *room) forgetRates() {
	for _, e := range r.endpoints {
		e.in.known, e.out.known = false, false
		e.sent.newParts, e.sent.newWholes = 0, 0
		for _, t := range e.tracks {
			t.in.known, t.nacks.known = false, false
		}
	}
}

// total adds up the room's traffic and forgets endpoints that are no longer
// reported.
func (r *room) total(now time.Time) sum {
	s := sum{in: -1, out: -1}
	for id, e := range r.endpoints {
		if now.Sub(e.seen) > forgotten {
			delete(r.endpoints, id)
			continue
		}
		s.add(e, now)
	}
	return s
}

// sample adds a point to the room's charts and those of what is in it. It may make
// as many new charts of endpoints and tracks as are left, and returns how many
// there are.
func (r *room) sample(n int64, s sum, live bool, left *int, now time.Time) int {
	if s.in >= 0 && r.in == nil {
		r.in, r.out = newSeries(n), newSeries(n)
	}
	if r.in != nil {
		r.in.set(n, point(s.in, live))
		r.out.set(n, point(s.out, live))
	}
	charts := 0
	add := func(chart **series, bits float64) {
		if *chart == nil && *left > 0 {
			*chart = newSeries(n)
			*left--
		}
		if *chart != nil {
			charts++
			(*chart).set(n, point(bits, live))
		}
	}
	for _, e := range r.endpoints {
		add(&e.chart, e.in.bits(now))
		for _, t := range e.tracks {
			add(&t.chart, t.in.bits(now))
		}
	}
	return charts
}

// point returns a value of a chart, unknown if it is negative or the connection is
// lost.
func point(value float64, live bool) float32 {
	if value < 0 || !live {
		return unknown
	}
	return float32(value)
}
