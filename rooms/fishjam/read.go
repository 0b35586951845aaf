package fishjam

import (
	"unsafe"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// reader reads the data of a response. Unreadable values of a room, a livestream or a
// recording are listed in its Problems; one without an id is left out.
type reader struct {
	*rest.Reader

	// Used to collect lists.
	peers       jsonread.Chunks[Peer]
	forwardings jsonread.Chunks[Forwarding]
	streamers   jsonread.Chunks[Streamer]
	viewers     jsonread.Chunks[Viewer]
	files       jsonread.Chunks[string]
}

// reading adapts a method of reader to a call.
func reading(read func(*reader) bool) func(*rest.Reader) bool {
	return func(r *rest.Reader) bool { return read(&reader{Reader: r}) }
}

// createdRoom reads a room in an object.
func (r *reader) createdRoom() (Room, bool) {
	var room Room
	found := false
	for ok := r.Begin(); ok && r.Field(); {
		if string(r.Key()) == "room" {
			room, found = r.room()
		} else {
			r.Skip()
		}
	}
	return room, found
}

// room reads a room; false if it has no id.
func (r *reader) room() (Room, bool) {
	var room Room
	if !r.Begin() {
		return room, false
	}
	for r.Field() {
		switch string(r.Key()) {
		case "id":
			room.ID = r.Text()
		case "config":
			room.Config = r.config()
		case "peers":
			room.Peers = rest.List(r.Reader, &r.peers, r.peer)
		case "compositioninfo":
			room.Composition = r.composition()
		default:
			r.Skip()
		}
	}
	var ok bool
	room.Problems, ok = r.Ended("room", room.ID)
	return room, ok
}

func (r *reader) config() RoomConfig {
	var c RoomConfig
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "roomtype":
			c.Type = RoomType(r.Word()).current()
		case "maxpeers":
			c.MaxPeers = r.Count()
		case "videocodec":
			c.VideoCodec = VideoCodec(r.Word())
		case "public":
			c.Public = r.Bool()
		case "batchwebhooknotifications":
			c.BatchWebhookNotifications = r.Bool()
		case "webhookurl":
			c.WebhookURL = r.Secret()
		default:
			r.Skip()
		}
	}
	return c
}

// peer reads a peer; false if it has no id.
func (r *reader) peer() (Peer, bool) {
	var p Peer
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "id":
			p.ID = r.Text()
		case "type":
			p.Type = PeerType(r.Word())
		case "status":
			p.Status = PeerStatus(r.Word())
		case "tracks":
			p.Tracks = r.Tracks()
		case "metadata":
			p.Metadata = decode.Metadata(r.Raw())
		case "subscribemode":
			p.SubscribeMode = SubscribeMode(r.Word())
		case "subscriptions":
			p.Subscriptions = r.subscriptions()
		default:
			r.Skip()
		}
	}
	if p.ID == "" {
		r.Problem("peer has no id")
	}
	return p, p.ID != ""
}

func (r *reader) subscriptions() Subscriptions {
	var s Subscriptions
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "peers":
			s.Peers = r.Texts()
		case "tracks":
			s.Tracks = r.Texts()
		default:
			r.Skip()
		}
	}
	return s
}

// addedPeer reads an added peer; false if it has no id or no token.
func (r *reader) addedPeer() (AddedPeer, bool) {
	var added AddedPeer
	var ok bool
	added.Token, added.WebSocketURL, ok = r.AddedPeer(func() (ok bool) {
		added.Peer, ok = r.peer()
		return ok
	})
	return added, ok
}

// token reads an object with a token; the zero value if it has none.
func (r *reader) token() Secret {
	var token Secret
	for ok := r.Object(); ok && r.Field(); {
		if string(r.Key()) == "token" {
			token = r.Secret()
		} else {
			r.Skip()
		}
	}
	if token.IsZero() {
		r.Problem("there is no token")
	}
	return token
}

// composition reads what a room's tracks are forwarded to; nil if there is none.
func (r *reader) composition() *Composition {
	if !r.Object() {
		return nil
	}
	var c Composition
	for r.Field() {
		switch string(r.Key()) {
		case "compositionurl":
			c.URL = r.Text()
		case "forwardings":
			c.Forwardings = rest.List(r.Reader, &r.forwardings, r.forwarding)
		default:
			r.Skip()
		}
	}
	r.Charge(int(unsafe.Sizeof(c)))
	return &c
}

// forwarding reads the forwarding of a peer's tracks; false if it names no peer.
func (r *reader) forwarding() (Forwarding, bool) {
	var f Forwarding
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "peerid":
			f.PeerID = r.Text()
		case "inputid":
			f.InputID = r.Text()
		case "audiotrackid":
			f.AudioTrackID = r.Text()
		case "videotrackid":
			f.VideoTrackID = r.Text()
		default:
			r.Skip()
		}
	}
	if f.PeerID == "" {
		r.Problem("forwarding names no peer")
	}
	return f, f.PeerID != ""
}

// livestream reads a livestream; false if it has no id.
func (r *reader) livestream() (Livestream, bool) {
	var l Livestream
	if !r.Begin() {
		return l, false
	}
	for r.Field() {
		switch string(r.Key()) {
		case "id":
			l.ID = r.Text()
		case "public":
			l.Public = r.Bool()
		case "audioonly":
			l.AudioOnly = r.Bool()
		case "streamers":
			l.Streamers = rest.List(r.Reader, &r.streamers, r.streamer)
		case "viewers":
			l.Viewers = rest.List(r.Reader, &r.viewers, r.viewer)
		default:
			r.Skip()
		}
	}
	var ok bool
	l.Problems, ok = r.Ended("livestream", l.ID)
	return l, ok
}

// streamer reads a streamer; false if it has no id.
func (r *reader) streamer() (Streamer, bool) {
	var s Streamer
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "id":
			s.ID = r.Text()
		case "status":
			s.Status = PeerStatus(r.Word())
		case "token":
			s.Token = r.Secret()
		default:
			r.Skip()
		}
	}
	if s.ID == "" {
		r.Problem("streamer has no id")
	}
	return s, s.ID != ""
}

// viewer reads a viewer; false if it has no id.
func (r *reader) viewer() (Viewer, bool) {
	var v Viewer
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "id":
			v.ID = r.Text()
		case "token":
			v.Token = r.Secret()
		default:
			r.Skip()
		}
	}
	if v.ID == "" {
		r.Problem("viewer has no id")
	}
	return v, v.ID != ""
}
