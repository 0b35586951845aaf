package watch

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Room is a room as the view has it at one moment. It is the caller's own: what
// happens later doesn't change it.
type Room struct {
	ID string
	// Node is the address of the node that holds the room. It is empty until a
	// lookup has told, and stays so for a room that no named node has.
	Node string
	// Config is how the room was made, zero while Node is empty.
	Config rooms.RoomConfig
	// Appeared is when the room appeared in the view: when it was notified of or
	// first listed.
	Appeared time.Time
	// Peers and Components are in the order of their ids, and so are the tracks of
	// each.
	Peers      []Peer
	Components []rooms.Component
}

// Peer is a peer of a room in the view.
type Peer struct {
	rooms.Peer
	// ConnectedAt is when the view saw the peer connect, or first saw it connected;
	// zero while it isn't.
	ConnectedAt time.Time
}

// Peer returns a peer of the room.
func (r Room) Peer(id string) (Peer, bool) {
	i, found := slices.BinarySearchFunc(r.Peers, id, func(p Peer, id string) int { return cmp.Compare(p.ID, id) })
	if !found {
		return Peer{}, false
	}
	return r.Peers[i], true
}

// Connected returns the peers that are connected, in the order of their ids.
func (r Room) Connected() []Peer {
	var connected []Peer
	for _, p := range r.Peers {
		if p.Status == rooms.StatusConnected {
			connected = append(connected, p)
		}
	}
	return connected
}

// Format prints the room without the secrets of its components, whatever the verb.
func (r Room) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "watch.Room[ID=%v Node=%v Config=%v Peers=%v Components=%v]", r.ID, r.Node, r.Config, r.Peers, r.Components)
}

// LogValue returns the room without the secrets of its components.
func (r Room) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// room is an immutable room: a change makes another one, which shares with it what
// stays.
type room struct {
	id, node   string
	life       *life
	config     rooms.RoomConfig
	peers      members[Peer]
	components members[rooms.Component]
}

// life is shared by all versions of one room, from its appearance to its end.
type life struct{ appeared time.Time }

func newRoom(id, node string, now time.Time) *room {
	return &room{id: id, node: node, life: &life{now}}
}

// listed returns a room as a node lists it.
func listed(r rooms.Room, node string, now time.Time) *room {
	l := newRoom(r.ID, node, now)
	l.config = r.Config
	l.peers = make(members[Peer], 0, len(r.Peers))
	for _, p := range r.Peers {
		peer, tracks := Peer{Peer: p}, p.Tracks
		peer.Tracks = nil
		if p.Status == rooms.StatusConnected {
			peer.ConnectedAt = now
		}
		l.peers = append(l.peers, newMember(p.ID, peer, tracks))
	}
	for _, c := range r.Components {
		tracks := c.Tracks
		c.Tracks = nil
		l.components = append(l.components, newMember(c.ID, c, tracks))
	}
	l.peers, l.components = l.peers.sorted(), l.components.sorted()
	return l
}

// size returns about how many bytes the room holds.
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
	return size
}

// perEntry is about how many bytes a notification, a room, or a member of it holds
// beside its texts.
const perEntry = 200

// public returns the room as the caller's own.
func (r *room) public() Room {
	public := *r.alone()
	public.Peers = make([]Peer, len(r.peers))
	for i, m := range r.peers {
		public.Peers[i] = m.self
		public.Peers[i].Tracks = slices.Clone(m.tracks)
	}
	public.Components = make([]rooms.Component, len(r.components))
	for i, m := range r.components {
		public.Components[i] = m.self
		public.Components[i].Tracks = slices.Clone(m.tracks)
	}
	return public
}

// alone returns the room without who is in it, nil where there is none.
func (r *room) alone() *Room {
	if r == nil {
		return nil
	}
	alone := &Room{ID: r.id, Node: r.node, Config: r.config, Appeared: r.life.appeared}
	if limit := r.config.MaxPeers; limit != nil {
		alone.Config.MaxPeers = rooms.Ptr(*limit)
	}
	return alone
}

// keeping returns the room, which nobody has seen yet, with what old has in the
// place of what means the same, so that what didn't change is shared.
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
	if sameRoom(old, &kept) && slices.Equal(kept.peers, old.peers) && slices.Equal(kept.components, old.components) {
		return old
	}
	return &kept
}

func (r *room) withPeer(m *member[Peer]) *room {
	if r.peers.find(m.id) == m {
		return r
	}
	changed := *r
	changed.peers = r.peers.with(m)
	return &changed
}

func (r *room) withoutPeer(id string) *room {
	if r.peers.find(id) == nil {
		return r
	}
	changed := *r
	changed.peers = r.peers.without(id)
	return &changed
}

func (r *room) withComponent(m *member[rooms.Component]) *room {
	if r.components.find(m.id) == m {
		return r
	}
	changed := *r
	changed.components = r.components.with(m)
	return &changed
}

func (r *room) withoutComponent(id string) *room {
	if r.components.find(id) == nil {
		return r
	}
	changed := *r
	changed.components = r.components.without(id)
	return &changed
}
