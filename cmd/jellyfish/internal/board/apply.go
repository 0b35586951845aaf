package board

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// apply brings a room's numbers up to date.
func (b *Board) apply(c watch.Change) {
	key := Key{c.Info().RoomID, c.Info().Node}
	switch c := c.(type) {
	case watch.RoomChange:
		b.applyRoom(c)
	case watch.PeerChange:
		if room := b.rooms[key]; room != nil {
			b.applyPeer(room, c)
		}
	case watch.TrackChange:
		if room := b.rooms[key]; room != nil {
			b.applyTrack(room, c)
		}
	case watch.StreamerChange:
		was, is := c.Before != nil && c.Before.Status == rooms.StatusConnected, c.After != nil && c.After.Status == rooms.StatusConnected
		b.applyParticipant(key, came(c.Before == nil, c.After == nil), came(!was, !is))
	case watch.ViewerChange:
		was, is := c.Before != nil && !c.Before.ConnectedAt.IsZero(), c.After != nil && !c.After.ConnectedAt.IsZero()
		b.applyParticipant(key, came(c.Before == nil, c.After == nil), came(!was, !is))
	case watch.ComponentChange:
		if room := b.rooms[key]; room != nil {
			room.Components += came(c.Before == nil, c.After == nil)
		}
	}
}

// came returns 1 for what appeared, -1 for what is gone, and 0 otherwise.
func came(nothingBefore, nothingAfter bool) int {
	switch {
	case nothingBefore && !nothingAfter:
		return 1
	case nothingAfter && !nothingBefore:
		return -1
	}
	return 0
}

func (b *Board) applyRoom(c watch.RoomChange) {
	b.order.touch(ByRoom)
	var room *Room
	if c.Before != nil {
		before := Key{c.Before.ID, c.Before.Node}
		room = b.rooms[before]
		b.remove(before)
	}
	if c.After == nil {
		return
	}
	if room == nil {
		room = &Room{Appeared: c.After.Appeared, LastAt: c.After.Appeared}
		b.lastOf(room, c.After.ID)
	} else {
		b.count(room, 1)
	}
	room.Key = Key{c.After.ID, c.After.Node}
	room.MaxPeers, room.Codec = c.After.Config.MaxPeers, c.After.Config.VideoCodec
	b.rooms[room.Key] = room
	b.byID[room.ID] = room
}

// lookBack is how many events may have come before the room that they are about:
// events and changes come by different ways.
const lookBack = 256

// lastOf finds the latest event of a room that has just appeared.
func (b *Board) lastOf(room *Room, id string) {
	for n := b.events.last; n > 0 && n+lookBack > b.events.last; n-- {
		if e := b.events.at(n); e.Room == id && e.Notification != nil {
			room.Last, room.LastAt = e.Notification.Kind(), e.At
			return
		}
	}
}

func (b *Board) remove(key Key) {
	room := b.rooms[key]
	if room == nil {
		return
	}
	b.count(room, -1)
	delete(b.rooms, key)
	if b.byID[key.ID] == room {
		delete(b.byID, key.ID)
	}
}

// count adds a room to the totals, or takes it away.
func (b *Board) count(room *Room, sign int) {
	b.totals.peers += sign * room.Peers
	b.totals.connected += sign * room.Connected
	b.totals.tracks += sign * room.Tracks()
}

func (b *Board) applyPeer(room *Room, c watch.PeerChange) {
	b.order.touch(ByPeers)
	b.count(room, -1)
	room.Peers += came(c.Before == nil, c.After == nil)
	room.Connected += came(!isConnected(c.Before), !isConnected(c.After))
	b.count(room, 1)
	switch {
	case c.After == nil:
		b.names.gone(c.Before.ID, time.Now())
		b.meters.forget(room.ID, c.Before.ID)
	default:
		b.names.put(c.After.ID, c.After.Metadata)
	}
}

// applyParticipant counts who streams or watches a livestream as peers are counted.
func (b *Board) applyParticipant(key Key, there, connected int) {
	room := b.rooms[key]
	if room == nil {
		return
	}
	b.order.touch(ByPeers)
	b.count(room, -1)
	room.Peers += there
	room.Connected += connected
	b.count(room, 1)
}

func isConnected(p *watch.Peer) bool { return p != nil && p.Status == rooms.StatusConnected }

func (b *Board) applyTrack(room *Room, c watch.TrackChange) {
	b.order.touch(ByTracks)
	track := c.After
	if track == nil {
		track = c.Before
	}
	count := &room.Video
	if track.Type == decode.TrackTypeAudio {
		count = &room.Audio
	}
	change := came(c.Before == nil, c.After == nil)
	*count += change
	b.totals.tracks += change
}
