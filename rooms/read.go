package rooms

import (
	"math"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
)

// reader reads what an answer has for its data. What is odd in a room is told in
// its Problems; a room without an id is left out.
type reader struct {
	*jsonread.Reader
	odd, leftOut uint64 // How many rooms had problems, or were left out.
	first        string // The first problem of them.

	// Where lists are collected.
	peers      []Peer
	components []Component
	tracks     []decode.Track
}

// rooms reads a list of rooms, nil if there is none.
func (r *reader) rooms() []Room {
	if !r.Array() {
		return nil
	}
	list := []Room{}
	for r.Element() {
		room, ok := r.room()
		if ok {
			list = jsonread.Append(r.Reader, list, room)
			continue
		}
		r.leftOut++
		if r.first == "" {
			r.first = "a room without an id"
		}
	}
	r.Root() // The problems are told.
	return list
}

// room reads a room; false if it has no id.
func (r *reader) room() (Room, bool) {
	var room Room
	r.Root()
	if !r.Object() {
		return room, false
	}
	for r.Field() {
		r.roomField(&room)
	}
	return r.ended(room)
}

// roomField reads the present field if it is one of a room.
func (r *reader) roomField(room *Room) {
	switch string(r.Key()) {
	case "id":
		room.ID = r.Text()
	case "config":
		room.Config = r.config()
	case "peers":
		room.Peers = jsonread.List(r.Reader, &r.peers, func(*jsonread.Reader) (Peer, bool) { return r.peer() })
	case "components":
		room.Components = jsonread.List(r.Reader, &r.components, func(*jsonread.Reader) (Component, bool) { return r.component() })
	default:
		r.Skip()
	}
}

// ended gives a room that has been read its problems.
func (r *reader) ended(room Room) (Room, bool) {
	if room.ID == "" {
		r.Problem("room has no id")
		return room, false
	}
	room.Problems = r.Problems()
	if len(room.Problems) > 0 {
		r.odd++
		if r.first == "" {
			r.first = room.Problems[0]
		}
	}
	return room, true
}

func (r *reader) config() RoomConfig {
	var c RoomConfig
	if !r.Object() {
		return c
	}
	for r.Field() {
		switch string(r.Key()) {
		case "roomid":
			c.RoomID = r.Text()
		case "maxpeers":
			if n, ok := r.Int(); ok && r.Charge(8) {
				c.MaxPeers = Ptr(bounded(n))
			}
		case "videocodec":
			c.VideoCodec = VideoCodec(r.Word())
		case "webhookurl":
			c.WebhookURL = r.secret()
		case "peerlesspurgetimeout":
			c.PeerlessPurgeTimeout = r.duration(time.Second)
		case "peerdisconnectedtimeout":
			c.PeerDisconnectedTimeout = r.duration(time.Second)
		default:
			r.Skip()
		}
	}
	return c
}

// peer reads a peer; false if it has no id.
func (r *reader) peer() (Peer, bool) {
	var p Peer
	if r.Object() {
		for r.Field() {
			switch string(r.Key()) {
			case "id":
				p.ID = r.Text()
			case "type":
				p.Type = r.Word()
			case "status":
				p.Status = PeerStatus(r.Word())
			case "tracks":
				p.Tracks = jsonread.List(r.Reader, &r.tracks, readTrack)
			case "metadata":
				p.Metadata = decode.Metadata(r.Raw())
			default:
				r.Skip()
			}
		}
	}
	if p.ID == "" {
		r.Problem("peer has no id")
	}
	return p, p.ID != ""
}

// component reads a component; false if it has no id.
func (r *reader) component() (Component, bool) {
	var c Component
	var properties, metadata string // Metadata is what properties were before 0.3.0.
	if r.Object() {
		for r.Field() {
			switch string(r.Key()) {
			case "id":
				c.ID = r.Text()
			case "type":
				c.Type = ComponentType(r.Word())
			case "properties":
				properties = r.Raw()
			case "metadata":
				metadata = r.Raw()
			case "tracks":
				c.Tracks = jsonread.List(r.Reader, &r.tracks, readTrack)
			default:
				r.Skip()
			}
		}
	}
	if properties == "" {
		properties = metadata
	}
	c.Properties = r.properties(c.Type, properties)
	if c.ID == "" {
		r.Problem("component has no id")
	}
	return c, c.ID != ""
}

// readTrack reads a track; false if there is none.
func readTrack(r *jsonread.Reader) (decode.Track, bool) {
	var t decode.Track
	if !r.Object() {
		r.Problem("no track")
		return t, false
	}
	for r.Field() {
		switch string(r.Key()) {
		case "id":
			t.ID = r.Text()
		case "type":
			t.Type = trackType(r.Word())
		case "metadata":
			t.Metadata = decode.Metadata(r.Raw())
		default:
			r.Skip()
		}
	}
	return t, true
}

func trackType(name string) decode.TrackType {
	switch name {
	case "video":
		return decode.TrackTypeVideo
	case "audio":
		return decode.TrackTypeAudio
	}
	return decode.TrackTypeUnspecified
}

// secret reads a text that must not be printed.
func (r *reader) secret() Secret {
	text := r.Text()
	if text == "" || !r.Charge(32) { // What a Secret takes besides its text.
		return Secret{}
	}
	return NewSecret(text)
}

// duration reads a number of units. The server's have no bounds; one too large is
// read as the longest there is.
func (r *reader) duration(unit time.Duration) time.Duration {
	n, _ := r.Int()
	bound := math.MaxInt64 / int64(unit)
	return time.Duration(max(-bound, min(n, bound))) * unit
}

// int reads a whole number, 0 if there is none.
func (r *reader) int() int {
	n, _ := r.Int()
	return bounded(n)
}

// bounded returns n as an int, the nearest there is where that has 32 bits.
func bounded(n int64) int { return int(max(math.MinInt, min(n, math.MaxInt))) }

// units returns how many units d has; nil, so that the field is left out, if d
// is zero.
func units(d, unit time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	return Ptr(int64(d / unit))
}

// checkUnits refuses what the server has no number for.
func checkUnits(field string, d, unit time.Duration) error {
	switch {
	case d < 0:
		return input.New(field, "must not be negative")
	case d%unit != 0:
		return input.New(field, "must be a multiple of %v", unit)
	}
	return nil
}

// Ptr returns a pointer to the value, for the few options whose zero value means
// something else than leaving them out, as in MaxPeers: rooms.Ptr(0).
func Ptr[T any](value T) *T { return &value }
