package watch

import (
	stdcmp "cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// replica is the state of a consumer that applies one change after the other, starting
// with nothing. A change that doesn't fit its state is an error: it was delivered
// twice, or one before it is missing.
type replica struct {
	rooms map[roomKey]*replicaRoom
}

// roomKey identifies a room: several nodes may use the same id (Jellyfish protocol,
// section 4.8).
type roomKey struct{ id, node string }

type replicaRoom struct {
	self       Room
	peers      map[string]*replicaMember[Peer]
	components map[string]*replicaMember[rooms.Component]
	streamers  map[string]*replicaMember[Streamer]
	viewers    map[string]*replicaMember[Viewer]
}

func newReplicaRoom() *replicaRoom {
	return &replicaRoom{
		peers: make(map[string]*replicaMember[Peer]), components: make(map[string]*replicaMember[rooms.Component]),
		streamers: make(map[string]*replicaMember[Streamer]), viewers: make(map[string]*replicaMember[Viewer]),
	}
}

func (room *replicaRoom) members() int {
	return len(room.peers) + len(room.components) + len(room.streamers) + len(room.viewers)
}

type replicaMember[T any] struct {
	self   T
	tracks map[string]decode.Track
}

func newReplica() *replica { return &replica{rooms: make(map[roomKey]*replicaRoom)} }

func (r *replica) apply(c Change) error {
	info := c.Info()
	if info.Cause != nil {
		if id, _ := roomOf(info.Cause); id != info.RoomID {
			return fmt.Errorf("its cause is %v", info.Cause)
		}
	}
	if err := r.applyAny(c); err != nil {
		return err
	}
	return r.checkRoom(c)
}

func (r *replica) applyAny(c Change) error {
	switch c := c.(type) {
	case RoomChange:
		return r.applyRoom(c)
	case PeerChange:
		return inRoom(r, c.ChangeInfo, func(room *replicaRoom) error {
			return applyMember(room.peers, c.Before, c.After, func(p *Peer) (string, int) { return p.ID, len(p.Tracks) })
		})
	case ComponentChange:
		return inRoom(r, c.ChangeInfo, func(room *replicaRoom) error {
			return applyMember(room.components, c.Before, c.After, func(c *rooms.Component) (string, int) { return c.ID, len(c.Tracks) })
		})
	case StreamerChange:
		return inRoom(r, c.ChangeInfo, func(room *replicaRoom) error {
			return applyMember(room.streamers, c.Before, c.After, func(s *Streamer) (string, int) { return s.ID, 0 })
		})
	case ViewerChange:
		return inRoom(r, c.ChangeInfo, func(room *replicaRoom) error {
			return applyMember(room.viewers, c.Before, c.After, func(v *Viewer) (string, int) { return v.ID, 0 })
		})
	case TrackChange:
		return inRoom(r, c.ChangeInfo, func(room *replicaRoom) error { return room.applyTrack(c) })
	}
	return fmt.Errorf("a change is a %T", c)
}

// checkRoom compares a change's room with the current state.
func (r *replica) checkRoom(c Change) error {
	info, want := c.Info(), Room{}
	if room := r.rooms[roomKey{info.RoomID, info.Node}]; room != nil {
		want = room.whole()
	} else if gone, ok := c.(RoomChange); ok {
		want = *gone.Before
	}
	if got := normal(c.Room()); !same(got, want) {
		return fmt.Errorf("its room is %+v, not %+v", got, want)
	}
	return nil
}

// applyRoom adds a room, changes its fields, or removes it once it is empty.
func (r *replica) applyRoom(c RoomChange) error {
	room := newReplicaRoom()
	last := c.After
	if c.Before != nil {
		before := roomKey{c.Before.ID, c.Before.Node}
		if room = r.rooms[before]; room == nil {
			return errors.New("the room isn't there")
		}
		if !same(room.self, *c.Before) {
			return fmt.Errorf("the room is %v", room.self)
		}
		delete(r.rooms, before)
		if last == nil {
			last = c.Before
			if room.members() > 0 {
				return errors.New("the room isn't empty")
			}
		}
	}
	switch {
	case last == nil || c.Before != nil && same(c.Before, c.After):
		return errors.New("nothing has changed")
	case last.ID != c.RoomID || last.Node != c.Node || c.Before != nil && c.Before.ID != c.RoomID:
		return errors.New("the change is of another room than it says")
	case len(last.Peers)+len(last.Components)+len(last.Streamers)+len(last.Viewers) > 0:
		return errors.New("the room comes with who is in it")
	}
	if c.After == nil {
		return nil
	}
	after := roomKey{c.RoomID, c.Node}
	if r.rooms[after] != nil {
		return errors.New("the room is there already")
	}
	room.self = *c.After
	r.rooms[after] = room
	return nil
}

func inRoom(r *replica, o ChangeInfo, f func(*replicaRoom) error) error {
	room := r.rooms[roomKey{o.RoomID, o.Node}]
	if room == nil {
		return errors.New("the room isn't there")
	}
	return f(room)
}

func applyMember[T any](members map[string]*replicaMember[T], before, after *T, describe func(*T) (id string, tracks int)) error {
	described := after
	if described == nil {
		described = before
	}
	if described == nil || same(before, after) {
		return errors.New("nothing has changed")
	}
	id, tracks := describe(described)
	m := members[id]
	switch {
	case tracks > 0:
		return errors.New("it comes with its tracks")
	case before == nil && m != nil:
		return errors.New("it is there already")
	case before == nil:
		members[id] = &replicaMember[T]{*after, make(map[string]decode.Track)}
		return nil
	case m == nil:
		return errors.New("it isn't there")
	case !same(m.self, *before):
		return fmt.Errorf("it is %v", m.self)
	case after != nil:
		m.self = *after
		return nil
	case len(m.tracks) > 0:
		return errors.New("it still has tracks")
	}
	delete(members, id)
	return nil
}

func (room *replicaRoom) applyTrack(c TrackChange) error {
	var tracks map[string]decode.Track
	if p := room.peers[c.Owner.ID]; p != nil && c.Owner.Type == decode.OwnerPeer {
		tracks = p.tracks
	} else if m := room.components[c.Owner.ID]; m != nil && c.Owner.Type == decode.OwnerComponent {
		tracks = m.tracks
	} else {
		return errors.New("the owner isn't there")
	}
	described := c.After
	if described == nil {
		described = c.Before
	}
	if described == nil || same(c.Before, c.After) {
		return errors.New("nothing has changed")
	}
	known, found := tracks[described.ID]
	if found != (c.Before != nil) || found && known != *c.Before {
		return fmt.Errorf("the track is %v (there: %v)", known, found)
	}
	delete(tracks, described.ID)
	if c.After != nil {
		tracks[described.ID] = *c.After
	}
	return nil
}

// state returns all rooms, sorted by id and node.
func (r *replica) state() []Room {
	var state []Room
	for _, room := range r.rooms {
		state = append(state, room.whole())
	}
	return sorted(state)
}

func (room *replicaRoom) whole() Room {
	whole := room.self
	for _, id := range slices.Sorted(maps.Keys(room.peers)) {
		p := room.peers[id].self
		p.Tracks = sortedTracks(room.peers[id].tracks)
		whole.Peers = append(whole.Peers, p)
	}
	for _, id := range slices.Sorted(maps.Keys(room.components)) {
		c := room.components[id].self
		c.Tracks = sortedTracks(room.components[id].tracks)
		whole.Components = append(whole.Components, c)
	}
	for _, id := range slices.Sorted(maps.Keys(room.streamers)) {
		whole.Streamers = append(whole.Streamers, room.streamers[id].self)
	}
	for _, id := range slices.Sorted(maps.Keys(room.viewers)) {
		whole.Viewers = append(whole.Viewers, room.viewers[id].self)
	}
	return whole
}

func sortedTracks(tracks map[string]decode.Track) []decode.Track {
	var list []decode.Track
	for _, id := range slices.Sorted(maps.Keys(tracks)) {
		list = append(list, tracks[id])
	}
	return list
}

func sorted(state []Room) []Room {
	slices.SortFunc(state, func(a, b Room) int { return stdcmp.Or(stdcmp.Compare(a.ID, b.ID), stdcmp.Compare(a.Node, b.Node)) })
	return state
}

// stateOf returns all rooms of a snapshot, as [replica.state] does.
func stateOf(r Rooms) []Room {
	var state []Room
	for room := range r.All() {
		state = append(state, normal(room))
	}
	return sorted(state)
}

// stateOn returns the rooms that a node lists, as [replica.state] does.
func stateOn(list []rooms.Room, node string) []Room {
	var state []Room
	for _, r := range list {
		room := Room{ID: r.ID, Node: node, Config: r.Config, Components: r.Components}
		for _, p := range r.Peers {
			room.Peers = append(room.Peers, Peer{Peer: p})
		}
		state = append(state, normal(room))
	}
	return sorted(state)
}

// normal returns the room with all lists sorted by id, and nil if empty.
func normal(r Room) Room {
	slices.SortFunc(r.Peers, func(a, b Peer) int { return stdcmp.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Components, func(a, b rooms.Component) int { return stdcmp.Compare(a.ID, b.ID) })
	for i := range r.Peers {
		r.Peers[i].Tracks = normalTracks(r.Peers[i].Tracks)
	}
	for i := range r.Components {
		r.Components[i].Tracks = normalTracks(r.Components[i].Tracks)
	}
	r.Peers, r.Components = orNil(r.Peers), orNil(r.Components)
	return r
}

func normalTracks(tracks []decode.Track) []decode.Track {
	slices.SortFunc(tracks, func(a, b decode.Track) int { return stdcmp.Compare(a.ID, b.ID) })
	return orNil(tracks)
}

func orNil[E any](list []E) []E {
	if len(list) == 0 {
		return nil
	}
	return list
}

// timeless returns a state without the times at which the view saw something, and with
// metadata in one spelling.
func timeless(state []Room) []Room {
	spelt := func(m *decode.Metadata) { *m = stdcmp.Or(*m, "null") }
	state = slices.Clone(state)
	for i := range state {
		r := &state[i]
		r.Appeared, r.Peers, r.Components = time.Time{}, slices.Clone(r.Peers), slices.Clone(r.Components)
		for j := range r.Peers {
			p := &r.Peers[j]
			p.ConnectedAt, p.Tracks = time.Time{}, slices.Clone(p.Tracks)
			spelt(&p.Metadata)
			for k := range p.Tracks {
				spelt(&p.Tracks[k].Metadata)
			}
		}
		for j := range r.Components {
			c := &r.Components[j]
			c.Tracks = slices.Clone(c.Tracks)
			for k := range c.Tracks {
				spelt(&c.Tracks[k].Metadata)
			}
		}
		r.Streamers, r.Viewers = slices.Clone(r.Streamers), slices.Clone(r.Viewers)
		for j := range r.Streamers {
			r.Streamers[j].ConnectedAt = time.Time{}
		}
		for j := range r.Viewers {
			r.Viewers[j].ConnectedAt = time.Time{}
		}
	}
	return state
}
