package watch

import (
	"time"

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
	room   *room // Nil if there is none.
	lookUp bool  // There is more to it than the notification tells: the node is to be asked.
}

// apply returns what a notification makes of its room, which is nil where there is
// none: any notification but an end opens it. What it says is absolute, so that
// applying it once more, or to a state that has it already, changes nothing.
func apply(r *room, n decode.Notification, now time.Time) outcome {
	switch n.(type) {
	case decode.RoomDeleted, decode.RoomCrashed:
		return outcome{nil, false}
	}
	opens := r == nil
	if opens {
		id, _ := decode.RoomOf(n)
		r = newRoom(id, "", now)
	}
	o := r.apply(n, now)
	o.lookUp = o.lookUp || opens
	return o
}

func (r *room) apply(n decode.Notification, now time.Time) outcome {
	switch n := n.(type) {
	case decode.RoomCreated, decode.HLSPlayable:
		return outcome{r, true} // It has a configuration, or it is another room; it is a property of the component.
	case decode.TrackAdded:
		return r.setTrack(n.Owner, n.Track, now)
	case decode.TrackMetadataUpdated:
		return r.setTrack(n.Owner, n.Track, now)
	case decode.TrackRemoved:
		return r.removeTrack(n.Owner, n.Track.ID)
	case decode.ComponentCrashed:
		return outcome{r.withoutComponent(n.ComponentID), false}
	case decode.PeerAdded:
		return r.setPeer(n.PeerID, n.PeerType, func(*Peer) {})
	case decode.PeerConnected: // Before server 0.5.0 the first sign of a peer.
		return r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.connect(now) })
	case decode.PeerDisconnected:
		if r.peers.find(n.PeerID) == nil {
			return outcome{r, false} // It was deleted meanwhile.
		}
		return r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.Status, p.ConnectedAt = rooms.StatusDisconnected, time.Time{} })
	case decode.PeerMetadataUpdated:
		if r.peers.find(n.PeerID) == nil {
			if r.node != "" {
				return outcome{r, true}
			}
			r = r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.connect(now) }).room
		}
		return r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.Metadata = n.Metadata })
	case decode.PeerDeleted:
		return outcome{r.withoutPeer(n.PeerID), false}
	case decode.PeerCrashed:
		return outcome{r.withoutPeer(n.PeerID), false}
	}
	return outcome{r, false}
}

func (p *Peer) connect(now time.Time) {
	if p.Status != rooms.StatusConnected {
		p.Status, p.ConnectedAt = rooms.StatusConnected, now
	}
}

// setPeer returns the room with a peer of which one thing has changed, and which
// it may not have had before.
func (r *room) setPeer(id string, kind decode.PeerType, change func(*Peer)) outcome {
	m := r.peers.find(id)
	if m == nil {
		self := Peer{Peer: rooms.Peer{ID: id, Type: peerType(kind), Status: rooms.StatusDisconnected, Metadata: "null"}}
		change(&self)
		return outcome{r.withPeer(newMember(id, self, nil)), false}
	}
	changed := *m
	change(&changed.self)
	if newComparison().samePeer(changed.self, m.self) {
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

// setTrack returns the room with a track. It can be the first sign of a component,
// or, in a room that nobody lists, of a peer.
func (r *room) setTrack(owner decode.Owner, t decode.Track, now time.Time) outcome {
	if owner.Type == decode.OwnerPeer && r.node == "" && r.peers.find(owner.ID) == nil {
		r = r.setPeer(owner.ID, decode.PeerTypeUnspecified, func(p *Peer) { p.connect(now) }).room
	}
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
