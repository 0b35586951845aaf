package watch

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/size"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// history is the notifications that arrived during requests: a response may be older
// than they are.
type history struct {
	notifications []decode.Notification
	first         uint64 // The number of the first one.
	bytes         int    // Their approximate size.
}

const (
	// historyLength is how many notifications are kept for one response. If more
	// arrive before it, the request is repeated.
	historyLength = 262_144
	// historyBytes is how large they may be together.
	historyBytes = 64 << 20
)

// next returns the number of the next notification.
func (h *history) next() uint64 { return h.first + uint64(len(h.notifications)) }

func (h *history) add(n decode.Notification) {
	h.notifications = append(h.notifications, n)
	h.bytes += sizeOf(n)
}

// sizeOf returns the approximate size of a notification in bytes.
func sizeOf(n decode.Notification) int { return perEntry + size.Of(n) }

// trim drops the notifications before a number.
func (h *history) trim(before uint64) {
	forgotten := before - h.first
	for _, n := range h.notifications[:forgotten] {
		h.bytes -= sizeOf(n)
	}
	clear(h.notifications[:forgotten])
	h.notifications = h.notifications[forgotten:]
	h.first = before
	if len(h.notifications) == 0 {
		h.notifications = nil
	}
}

// since returns the notifications since a request, by room.
func (h *history) since(req *request) map[string][]decode.Notification {
	byRoom := make(map[string][]decode.Notification)
	for _, n := range h.notifications[req.from-h.first:] {
		if id, _ := roomOf(n); req.task == listAll || id == req.roomID {
			byRoom[id] = append(byRoom[id], n)
		}
	}
	return byRoom
}

// merged is the result of applying a response to a snapshot.
type merged struct {
	draft
	lookUp    []*room  // To be looked up on their nodes.
	ambiguous []string // Rooms that several nodes have, to be looked up on all.
	gone      []*room  // Rooms that the node doesn't have any more.
}

// merge applies a node's response, and the notifications since its request, to a
// snapshot.
func merge(s *snapshot, req *request, since map[string][]decode.Notification, now time.Time) merged {
	m := merged{draft: draft{snapshot: s}}
	c := newComparison()
	c.gap = req.node.lastGap
	has := make(map[string]bool, len(req.rooms))
	for _, r := range req.rooms {
		has[r.id] = true
		m.room(s, r, since[r.id], c, now)
	}
	missing := s.all()
	if req.task == lookUp {
		missing = func(yield func(*room) bool) {
			for _, r := range s.find(req.roomID) {
				if !yield(r) {
					return
				}
			}
		}
	}
	for r := range missing {
		if r.node == req.node.Address && !has[r.id] {
			m.missing(s, r, since[r.id], now)
		}
	}
	return m
}

// room adds a room that the node has to the snapshot.
func (m *merged) room(s *snapshot, r *room, since []decode.Notification, c *comparison, now time.Time) {
	found := s.find(r.id)
	var before *room
	for _, other := range found {
		if other.node == r.node || other.node == "" && before == nil {
			before = other
		}
	}
	if len(found) > 1 || before == nil && len(found) == 1 {
		// Other nodes have a room with that id. It isn't known whose the notifications
		// were, so only the nodes' responses count.
		m.replace(step{before: before, after: r.keeping(before, c)})
		if before == nil || len(since) > 0 {
			m.ambiguous = append(m.ambiguous, r.id)
		}
		return
	}
	after, again := replay(r, since, now)
	if after != nil {
		after = after.keeping(before, c)
	}
	m.replace(step{before: before, after: after})
	if again {
		m.lookUp = append(m.lookUp, r)
	}
}

// missing removes a room that the node no longer has. One that was created since then
// is another.
func (m *merged) missing(s *snapshot, r *room, since []decode.Notification, now time.Time) {
	m.gone = append(m.gone, r)
	m.replace(step{before: r})
	if len(s.find(r.id)) > 1 {
		return
	}
	if after, _ := replay(nil, since, now); after != nil {
		m.replace(step{after: after})
	}
}

// replay applies notifications to a room of a response, which is nil if the node had
// none. It also returns whether the room must be looked up again. A room that ended is
// opened only by its creation.
func replay(r *room, since []decode.Notification, now time.Time) (after *room, again bool) {
	after = r
	for _, n := range since {
		if after == nil && n.Kind() != decode.KindRoomCreated {
			continue
		}
		changed, lookUp := apply(after, n, now)
		after, again = changed, again || lookUp
		if after == nil {
			again = r != nil // If there is one, it is another room.
		}
	}
	return after, again
}

// kinds are the notifications about what a view shows.
var kinds = []decode.Kind{
	decode.KindRoomCreated, decode.KindRoomDeleted, decode.KindRoomCrashed,
	decode.KindPeerAdded, decode.KindPeerDeleted, decode.KindPeerConnected, decode.KindPeerDisconnected,
	decode.KindPeerCrashed, decode.KindPeerMetadataUpdated,
	decode.KindTrackAdded, decode.KindTrackRemoved, decode.KindTrackMetadataUpdated,
	decode.KindComponentCrashed, decode.KindHLSPlayable,
	decode.KindStreamerConnected, decode.KindStreamerDisconnected, decode.KindViewerConnected, decode.KindViewerDisconnected,
	decode.KindTrackForwarding, decode.KindTrackForwardingRemoved,
}

// apply returns the room as changed by a notification, nil if there is none, and
// whether the room must be looked up since the notification isn't sufficient. Any
// notification except an end opens a room. Applying one again, or to a state that
// includes it already, changes nothing.
func apply(r *room, n decode.Notification, now time.Time) (after *room, again bool) {
	if isEnd(n) {
		return nil, false
	}
	if r == nil {
		id, _ := roomOf(n)
		opened := newRoom(id, "", now)
		opened.update(n, now)
		return opened, true
	}
	changed := *r
	again = changed.update(n, now)
	if changed.hosted == r.hosted && changed.sameMembers(r) {
		return r, again
	}
	return &changed, again
}

func isEnd(n decode.Notification) bool {
	return n.Kind() == decode.KindRoomDeleted || n.Kind() == decode.KindRoomCrashed
}

// update applies a notification to a room that isn't shared yet, and reports whether
// the room must be looked up.
func (r *room) update(n decode.Notification, now time.Time) (again bool) {
	switch n := n.(type) {
	case decode.RoomCreated: // It has a configuration, or it is another room.
		return true
	case decode.HLSPlayable: // It is a property of the component.
		return true
	case decode.TrackAdded:
		return r.setTrack(n.Owner, n.Track, now)
	case decode.TrackMetadataUpdated:
		return r.setTrack(n.Owner, n.Track, now)
	case decode.TrackRemoved:
		return r.removeTrack(n.Owner, n.Track.ID)
	case decode.ComponentCrashed:
		r.components = r.components.without(n.ComponentID)
	case decode.PeerAdded:
		return r.setPeer(n.PeerID, n.PeerType, func(*Peer) {})
	case decode.PeerConnected: // Before server 0.5.0 the first sign of a peer.
		return r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.connect(now) })
	case decode.PeerDisconnected:
		if r.peers.find(n.PeerID) != nil { // Otherwise it was deleted meanwhile.
			r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.Status, p.ConnectedAt = rooms.StatusDisconnected, time.Time{} })
		}
	case decode.PeerMetadataUpdated:
		if r.peers.find(n.PeerID) == nil {
			if r.node != "" {
				return true
			}
			r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.connect(now) })
		}
		r.setPeer(n.PeerID, n.PeerType, func(p *Peer) { p.Metadata = n.Metadata })
	case decode.PeerDeleted:
		r.peers = r.peers.without(n.PeerID)
	case decode.PeerCrashed:
		r.peers = r.peers.without(n.PeerID)
	case decode.TrackForwarding:
		if r.hosted != nil {
			r.setForwarding(n)
		}
	case decode.TrackForwardingRemoved:
		if r.hosted != nil {
			r.removeForwarding(n)
		}
	default:
		return r.updateLivestream(n, now)
	}
	return false
}

func (p *Peer) connect(now time.Time) {
	if p.Status != rooms.StatusConnected {
		p.Status, p.ConnectedAt = rooms.StatusConnected, now
	}
}

// setPeer changes a peer, which may be new. It reports whether more can be looked up
// about it, as on hosted Fishjam.
func (r *room) setPeer(id string, kind decode.PeerType, change func(*Peer)) (again bool) {
	m := r.peers.find(id)
	if m == nil {
		added := Peer{Peer: rooms.Peer{ID: id, Type: peerType(kind), Status: rooms.StatusDisconnected, Metadata: "null"}}
		change(&added)
		r.peers = r.peers.with(newMember(id, added, nil))
		return r.hosted != nil
	}
	changed := *m
	change(&changed.self)
	if !newComparison().samePeer(changed.self, m.self) {
		r.peers = r.peers.with(&changed)
	}
	return false
}

// peerType returns the type of a peer as a list spells it. Servers with only one type
// don't name it in notifications.
func peerType(t decode.PeerType) string {
	if t == decode.PeerTypeUnspecified {
		t = decode.PeerTypeWebRTC
	}
	return t.String()
}

// setTrack sets a track. It can be the first sign of a component, or, in a room that
// no node lists, of a peer.
func (r *room) setTrack(owner decode.Owner, t decode.Track, now time.Time) (again bool) {
	if owner.Type == decode.OwnerPeer && r.node == "" && r.peers.find(owner.ID) == nil {
		r.setPeer(owner.ID, decode.PeerTypeUnspecified, func(p *Peer) { p.connect(now) })
	}
	if m := r.peers.find(owner.ID); m != nil && owner.Type == decode.OwnerPeer {
		r.peers = r.peers.with(m.withTrack(t))
	} else if m := r.components.find(owner.ID); m != nil && owner.Type == decode.OwnerComponent {
		r.components = r.components.with(m.withTrack(t))
	} else {
		return true
	}
	return false
}

// removeTrack removes a track. That can be the only sign that a component has ended.
func (r *room) removeTrack(owner decode.Owner, id string) (again bool) {
	if owner.Type == decode.OwnerComponent {
		if m := r.components.find(owner.ID); m != nil {
			r.components = r.components.with(m.withoutTrack(id))
		}
		return true
	}
	if m := r.peers.find(owner.ID); m != nil {
		r.peers = r.peers.with(m.withoutTrack(id))
	}
	return false
}
