package watch

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// Room is a snapshot of a room. It belongs to the caller and doesn't change.
type Room struct {
	ID string
	// Node is the address of the node that holds the room. It is empty until a lookup
	// has found it, and stays empty for a room that is on none of the configured nodes.
	Node string
	// Config is the room's configuration, zero while Node is empty.
	Config rooms.RoomConfig
	// Appeared is when the room appeared in the view, by a notification or a listing.
	Appeared time.Time
	// Peers and Components are sorted by id, and so are the tracks of each.
	Peers      []Peer
	Components []rooms.Component

	// The rest is of hosted Fishjam, and zero on a Jellyfish server or while Node is
	// empty. There Config has MaxPeers, VideoCodec and WebhookURL only.

	// Type is the room's type. A livestream is a room of its own type.
	Type fishjam.RoomType
	// Public means that viewers of the livestream need no token.
	Public bool
	// BatchWebhooks means that webhook requests may have several notifications.
	BatchWebhooks bool
	// Composition is where tracks are forwarded to, nil if nowhere.
	Composition *fishjam.Composition
	// Streamers and Viewers are those of a livestream, sorted by id.
	Streamers []Streamer
	Viewers   []Viewer
}

// Peer is a peer of a room in the view.
type Peer struct {
	rooms.Peer
	// ConnectedAt is when the view saw the peer connect, or first saw it connected;
	// zero while it is disconnected.
	ConnectedAt time.Time
	// SubscribeMode is "auto" or "manual" on hosted Fishjam, and empty on a Jellyfish
	// server or until a lookup has found the peer.
	SubscribeMode fishjam.SubscribeMode
	// Subscriptions are what the peer receives with the subscribe mode "manual". They
	// change without a notification, so that they are as of the latest listing.
	Subscriptions fishjam.Subscriptions
}

// own returns a copy that shares nothing, nil without a peer.
func (p *Peer) own() *Peer {
	if p == nil {
		return nil
	}
	own := *p
	own.Subscriptions = fishjam.Subscriptions{
		Peers: slices.Clone(p.Subscriptions.Peers), Tracks: slices.Clone(p.Subscriptions.Tracks),
	}
	return &own
}

func (p Peer) sameSubscriptions(other Peer) bool {
	a, b := p.Subscriptions, other.Subscriptions
	return p.SubscribeMode == other.SubscribeMode && slices.Equal(a.Peers, b.Peers) && slices.Equal(a.Tracks, b.Tracks)
}

// Peer returns the peer with the given id, and whether there is one.
func (r Room) Peer(id string) (Peer, bool) {
	i, found := slices.BinarySearchFunc(r.Peers, id, func(p Peer, id string) int { return cmp.Compare(p.ID, id) })
	if !found {
		return Peer{}, false
	}
	return r.Peers[i], true
}

// Connected returns the connected peers, sorted by id.
func (r Room) Connected() []Peer {
	var connected []Peer
	for _, p := range r.Peers {
		if p.Status == rooms.StatusConnected {
			connected = append(connected, p)
		}
	}
	return connected
}

// IsLivestream reports whether the room is a livestream of hosted Fishjam.
func (r Room) IsLivestream() bool { return r.Type.Livestream() }

// Format prints the room without secrets, whatever the verb.
func (r Room) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "watch.Room[ID=%v Node=%v Config=%v Peers=%v Components=%v Streamers=%v Viewers=%v]",
		r.ID, r.Node, r.Config, r.Peers, r.Components, r.Streamers, r.Viewers)
}

// LogValue returns the room without secrets.
func (r Room) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// room is an immutable room: a change makes a new one, which shares everything
// unchanged with it.
type room struct {
	id, node   string
	life       *life
	config     rooms.RoomConfig
	hosted     *hosted // Nil on a Jellyfish server, and while node is empty.
	peers      members[Peer]
	components members[rooms.Component]
	streamers  members[Streamer]
	viewers    members[Viewer]
}

// life is shared by all versions of one room, from its appearance to its end.
type life struct{ appeared time.Time }

func newRoom(id, node string, now time.Time) *room {
	return &room{id: id, node: node, life: &life{now}}
}

// newPeer returns a peer from a server's list.
func newPeer(p Peer, now time.Time) *member[Peer] {
	tracks := p.Tracks
	p.Tracks = nil
	if p.Status == rooms.StatusConnected {
		p.ConnectedAt = now
	}
	return newMember(p.ID, p, tracks)
}

// size returns the approximate size of the room in bytes.
func (r *room) size() int {
	size := perEntry + len(r.id)
	tracks := func(ts []decode.Track) {
		for _, t := range ts {
			size += perEntry + len(t.ID) + len(t.Metadata)
		}
	}
	for _, p := range r.peers {
		size += perEntry + len(p.id) + len(p.self.Metadata)
		tracks(p.tracks)
	}
	for _, c := range r.components {
		size += perEntry + len(c.id)
		tracks(c.tracks)
	}
	for _, s := range r.streamers {
		size += perEntry + len(s.id)
	}
	for _, v := range r.viewers {
		size += perEntry + len(v.id)
	}
	return size
}

// perEntry is the approximate size in bytes of a notification, a room, or a member of
// it, without its texts.
const perEntry = 200

// public returns a copy of the room for the caller.
func (r *room) public() Room {
	public := *r.alone()
	public.Peers = make([]Peer, len(r.peers))
	for i, m := range r.peers {
		public.Peers[i] = *m.self.own()
		public.Peers[i].Tracks = slices.Clone(m.tracks)
	}
	public.Components = make([]rooms.Component, len(r.components))
	for i, m := range r.components {
		public.Components[i] = m.self
		public.Components[i].Tracks = slices.Clone(m.tracks)
	}
	for _, m := range r.streamers {
		public.Streamers = append(public.Streamers, m.self)
	}
	for _, m := range r.viewers {
		public.Viewers = append(public.Viewers, m.self)
	}
	return public
}

// alone returns the room without its members, or nil if there is none.
func (r *room) alone() *Room {
	if r == nil {
		return nil
	}
	alone := &Room{ID: r.id, Node: r.node, Config: r.config, Appeared: r.life.appeared}
	if h := r.hosted; h != nil {
		alone.Type, alone.Public, alone.BatchWebhooks = h.kind, h.public, h.batchWebhooks
		if h.composition != nil {
			alone.Composition = &fishjam.Composition{URL: h.composition.URL, Forwardings: slices.Clone(h.composition.Forwardings)}
		}
	}
	if limit := r.config.MaxPeers; limit != nil {
		alone.Config.MaxPeers = rooms.Ptr(*limit)
	}
	return alone
}

// keeping returns the room, which nobody has seen yet, with parts of old in place of
// its own that mean the same, so that what didn't change is shared.
func (r *room) keeping(old *room, c *comparison) *room {
	if old == nil {
		return r
	}
	kept := *r
	kept.life = old.life
	keepMembers(kept.peers, old.peers, c, func(p, old Peer) (Peer, bool) {
		if !old.ConnectedAt.IsZero() && !p.ConnectedAt.IsZero() {
			p.ConnectedAt = old.ConnectedAt
		}
		return p, c.samePeer(p, old)
	})
	keepMembers(kept.components, old.components, c, func(m, old rooms.Component) (rooms.Component, bool) {
		return m, sameComponent(m, old)
	})
	keepMembers(kept.streamers, old.streamers, c, func(s, old Streamer) (Streamer, bool) {
		if !old.ConnectedAt.IsZero() && !s.ConnectedAt.IsZero() {
			s.ConnectedAt = old.ConnectedAt
		}
		return s, sameStreamer(s, old)
	})
	keepMembers(kept.viewers, old.viewers, c, func(v, old Viewer) (Viewer, bool) {
		if old.ConnectedAt.After(c.gap) && v.ConnectedAt.IsZero() {
			v.ConnectedAt = old.ConnectedAt
		}
		return v, sameViewer(v, old)
	})
	if sameRoom(old, &kept) && kept.sameMembers(old) {
		return old
	}
	return &kept
}

// sameMembers reports whether both rooms share all of their members.
func (r *room) sameMembers(other *room) bool {
	return slices.Equal(r.peers, other.peers) && slices.Equal(r.components, other.components) &&
		slices.Equal(r.streamers, other.streamers) && slices.Equal(r.viewers, other.viewers)
}
