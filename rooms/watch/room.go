package watch

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Room is a room as the view has it at one moment. It is the caller's own: what
// happens later doesn't change it.
type Room struct {
	ID string
	// Node is the address of the node that holds the room, empty until that was
	// found out.
	Node string
	// Config is how the room was made, zero until Node is known.
	Config rooms.RoomConfig
	// Peers and Components are in the order of their ids, and so are the tracks of
	// each.
	Peers      []rooms.Peer
	Components []rooms.Component
}

// Peer returns a peer of the room.
func (r Room) Peer(id string) (rooms.Peer, bool) {
	i, found := slices.BinarySearchFunc(r.Peers, id, func(p rooms.Peer, id string) int { return cmp.Compare(p.ID, id) })
	if !found {
		return rooms.Peer{}, false
	}
	return r.Peers[i], true
}

// Format prints the room without the secrets of its components, whatever the verb.
func (r Room) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "watch.Room[ID=%v Node=%v Config=%v Peers=%v Components=%v]", r.ID, r.Node, r.Config, r.Peers, r.Components)
}

// LogValue returns the room without the secrets of its components.
func (r Room) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// room is a room that never changes: what happens in it makes another one, which
// shares with it what stays.
type room struct {
	id, node   string
	config     rooms.RoomConfig
	peers      members[rooms.Peer]
	components members[rooms.Component]
}

// listed returns a room as a node lists it.
func listed(r rooms.Room, node string) *room {
	l := &room{id: r.ID, node: node, config: r.Config}
	l.peers = make(members[rooms.Peer], 0, len(r.Peers))
	for _, p := range r.Peers {
		tracks := p.Tracks
		p.Tracks = nil
		l.peers = append(l.peers, newMember(p.ID, p, tracks))
	}
	for _, c := range r.Components {
		tracks := c.Tracks
		c.Tracks = nil
		l.components = append(l.components, newMember(c.ID, c, tracks))
	}
	l.peers, l.components = l.peers.sorted(), l.components.sorted()
	return l
}

// public returns the room as the caller's own.
func (r *room) public() Room {
	public := r.alone()
	public.Peers = make([]rooms.Peer, len(r.peers))
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

// alone returns the room without who is in it.
func (r *room) alone() Room {
	alone := Room{ID: r.id, Node: r.node, Config: r.config}
	if limit := r.config.MaxPeers; limit != nil {
		alone.Config.MaxPeers = rooms.Ptr(*limit)
	}
	return alone
}

// keeping returns the room with what old has in the place of what is equal, so
// that what is the same stays the same.
func (r *room) keeping(old *room) *room {
	if old == nil {
		return r
	}
	kept := *r
	kept.peers = r.peers.keeping(old.peers, samePeer)
	kept.components = r.components.keeping(old.components, sameComponent)
	if sameRoom(old, r) && slices.Equal(kept.peers, old.peers) && slices.Equal(kept.components, old.components) {
		return old
	}
	return &kept
}

// withPeer returns the room with a peer, in the place of the one that has its id.
func (r *room) withPeer(m *member[rooms.Peer]) *room {
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

// withComponent returns the room with a component, in the place of the one that
// has its id.
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
