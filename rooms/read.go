package rooms

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// reader reads the data of a response. Unreadable values of a room are listed in
// its Problems; a room without an id is left out.
type reader struct {
	*rest.Reader

	// Used to collect lists.
	peers      jsonread.Chunks[Peer]
	components jsonread.Chunks[Component]
}

// reading adapts a method of reader to a call.
func reading(read func(*reader) bool) func(*rest.Reader) bool {
	return func(r *rest.Reader) bool { return read(&reader{Reader: r}) }
}

// rooms reads a list of rooms, nil if there is none.
func (r *reader) rooms() []Room { return rest.Elements(r.Reader, "room", r.room) }

// room reads a room; false if it has no id.
func (r *reader) room() (Room, bool) {
	var room Room
	if !r.Begin() {
		return room, false
	}
	for r.Field() {
		r.roomField(&room)
	}
	return r.ended(room)
}

// ended sets the problems of a room that was read; false if it has no id.
func (r *reader) ended(room Room) (Room, bool) {
	var ok bool
	room.Problems, ok = r.Ended("room", room.ID)
	return room, ok
}

// roomField reads the current field if it is one of a room.
func (r *reader) roomField(room *Room) {
	switch string(r.Key()) {
	case "id":
		room.ID = r.Text()
	case "config":
		room.Config = r.config()
	case "peers":
		room.Peers = rest.List(r.Reader, &r.peers, r.peer)
	case "components":
		room.Components = rest.List(r.Reader, &r.components, r.component)
	default:
		r.Skip()
	}
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
				c.MaxPeers = Ptr(rest.Bounded(n))
			}
		case "videocodec":
			c.VideoCodec = VideoCodec(r.Word())
		case "webhookurl":
			c.WebhookURL = r.Secret()
		case "peerlesspurgetimeout":
			c.PeerlessPurgeTimeout = r.Duration(time.Second)
		case "peerdisconnectedtimeout":
			c.PeerDisconnectedTimeout = r.Duration(time.Second)
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
				p.Tracks = r.Tracks()
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
	var properties, metadata string // In metadata before 0.3.0.
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
				c.Tracks = r.Tracks()
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

// units returns how many units d has; nil, so that the field is left out, if d
// is zero.
func units(d, unit time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	return Ptr(int64(d / unit))
}

// checkUnits refuses durations that the server can't represent.
func checkUnits(field string, d, unit time.Duration) error {
	switch {
	case d < 0:
		return input.New(field, "must not be negative")
	case d%unit != 0:
		return input.New(field, "must be a multiple of %v", unit)
	}
	return nil
}

// Ptr returns a pointer to the value. It is for the few options where zero differs
// from unset, as in MaxPeers: rooms.Ptr(0).
func Ptr[T any](value T) *T { return &value }
