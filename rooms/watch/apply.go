package watch

import (
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// kinds are the notifications that say something about what a view shows.
var kinds = []decode.Kind{
	decode.KindRoomCreated, decode.KindRoomDeleted, decode.KindRoomCrashed,
	decode.KindPeerAdded, decode.KindPeerDeleted, decode.KindPeerConnected, decode.KindPeerDisconnected,
	decode.KindPeerCrashed, decode.KindPeerMetadataUpdated,
	decode.KindTrackAdded, decode.KindTrackRemoved, decode.KindTrackMetadataUpdated,
	decode.KindComponentCrashed, decode.KindHLSPlayable,
}

// outcome is what a notification makes of a room.
type outcome struct {
	room *room // Nil if there is none.
	look bool  // There is more to it than the notification tells: the node is to be asked.
}

// apply returns what a notification makes of its room, which is nil where there
// is none. What it says is absolute, so that applying it once more, or to a
// state that has it already, changes nothing.
func apply(r *room, n decode.Notification) outcome {
	switch n := n.(type) {
	case decode.RoomCreated:
		if r == nil {
			r = &room{id: n.RoomID}
		}
		return outcome{r, true} // It has a configuration, or it is another room.
	case decode.RoomDeleted, decode.RoomCrashed:
		return outcome{nil, false}
	}
	if r == nil {
		return outcome{nil, true} // Its creation wasn't seen.
	}
	switch n := n.(type) {
	case decode.TrackAdded:
		return r.setTrack(n.Owner, n.Track)
	case decode.TrackMetadataUpdated:
		return r.setTrack(n.Owner, n.Track)
	case decode.TrackRemoved:
		return r.removeTrack(n.Owner, n.Track.ID)
	case decode.ComponentCrashed:
		return outcome{r.withoutComponent(n.ComponentID), false}
	case decode.HLSPlayable:
		return outcome{r, true} // It is a property of the component.
	}
	return r.applyToPeer(n)
}

func (r *room) applyToPeer(n decode.Notification) outcome {
	switch n := n.(type) {
	case decode.PeerAdded:
		return r.setPeer(n.PeerID, n.PeerType, func(*rooms.Peer) {})
	case decode.PeerConnected: // Before server 0.5.0 the first sign of a peer.
		return r.setPeer(n.PeerID, n.PeerType, func(p *rooms.Peer) { p.Status = rooms.StatusConnected })
	case decode.PeerDisconnected:
		if r.peers.find(n.PeerID) == nil {
			return outcome{r, false} // It was deleted meanwhile.
		}
		return r.setPeer(n.PeerID, n.PeerType, func(p *rooms.Peer) { p.Status = rooms.StatusDisconnected })
	case decode.PeerMetadataUpdated:
		if r.peers.find(n.PeerID) == nil {
			return outcome{r, true}
		}
		return r.setPeer(n.PeerID, n.PeerType, func(p *rooms.Peer) { p.Metadata = n.Metadata })
	case decode.PeerDeleted:
		return outcome{r.withoutPeer(n.PeerID), false}
	case decode.PeerCrashed:
		return outcome{r.withoutPeer(n.PeerID), false}
	}
	return outcome{r, false}
}

// setPeer returns the room with a peer of which one thing has changed, and which
// it may not have had before.
func (r *room) setPeer(id string, kind decode.PeerType, change func(*rooms.Peer)) outcome {
	m := r.peers.find(id)
	if m == nil {
		self := rooms.Peer{ID: id, Type: peerType(kind), Status: rooms.StatusDisconnected, Metadata: "null"}
		change(&self)
		return outcome{r.withPeer(newMember(id, self, nil)), false}
	}
	changed := *m
	change(&changed.self)
	if samePeer(&changed.self, &m.self) {
		return outcome{r, false}
	}
	return outcome{r.withPeer(&changed), false}
}

// peerType returns the type of a peer as a list has it. Servers with one type
// don't name it in notifications.
func peerType(t decode.PeerType) string {
	if t == decode.PeerTypeUnspecified {
		t = decode.PeerTypeWebRTC
	}
	return t.String()
}

// setTrack returns the room with a track. It can be the first sign of a
// component.
func (r *room) setTrack(owner decode.Owner, t decode.Track) outcome {
	if m := r.peers.find(owner.ID); m != nil && owner.Type == decode.OwnerPeer {
		return outcome{r.withPeer(m.withTrack(t)), false}
	}
	if m := r.components.find(owner.ID); m != nil && owner.Type == decode.OwnerComponent {
		return outcome{r.withComponent(m.withTrack(t)), false}
	}
	return outcome{r, true}
}

// removeTrack returns the room without a track. It can be the only sign of a
// component's end.
func (r *room) removeTrack(owner decode.Owner, id string) outcome {
	if owner.Type == decode.OwnerComponent {
		if m := r.components.find(owner.ID); m != nil {
			r = r.withComponent(m.withoutTrack(id))
		}
		return outcome{r, true}
	}
	if m := r.peers.find(owner.ID); m != nil {
		r = r.withPeer(m.withoutTrack(id))
	}
	return outcome{r, false}
}
