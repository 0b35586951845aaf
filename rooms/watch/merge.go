package watch

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/size"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// history is what was notified of while questions are under way: an answer may be
// older than it.
type history struct {
	notifications []decode.Notification
	first         uint64 // The number of the first of them.
	bytes         int    // What they hold, about.
}

const (
	// historyLength is how many notifications are kept for one answer. Where more
	// come before it, the question is asked again.
	historyLength = 262_144
	// historyBytes is how much they may hold.
	historyBytes = 64 << 20
)

// next returns the number of the next notification.
func (h *history) next() uint64 { return h.first + uint64(len(h.notifications)) }

func (h *history) add(n decode.Notification) {
	h.notifications = append(h.notifications, n)
	h.bytes += sizeOf(n)
}

// sizeOf returns about how many bytes a notification holds.
func sizeOf(n decode.Notification) int { return perEntry + size.Of(n) }

// trim forgets what came before the given number.
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

// since returns what was notified of since a question was asked, by room.
func (h *history) since(q *question) map[string][]decode.Notification {
	byRoom := make(map[string][]decode.Notification)
	for _, n := range h.notifications[q.from-h.first:] {
		if id, _ := decode.RoomOf(n); q.what == listAll || id == q.roomID {
			byRoom[id] = append(byRoom[id], n)
		}
	}
	return byRoom
}

// merged is what an answer makes of a snapshot.
type merged struct {
	draft
	lookUp    []*room  // Their nodes are to be asked for them.
	ambiguous []string // Rooms that several nodes have: all are to be asked.
	gone      []*room  // Rooms that the node doesn't have any more, by its answer.
}

// merge returns what a node's answer, and what was notified of since it was asked,
// make of a snapshot.
func merge(s *snapshot, a answer, since map[string][]decode.Notification, now time.Time) merged {
	m := merged{draft: draft{snapshot: s}}
	c := newComparison()
	has := make(map[string]bool, len(a.rooms))
	for _, r := range a.rooms {
		has[r.id] = true
		m.room(s, r, since[r.id], c, now)
	}
	missing := s.all()
	if a.what == lookUp {
		missing = func(yield func(*room) bool) {
			for _, r := range s.find(a.roomID) {
				if !yield(r) {
					return
				}
			}
		}
	}
	for r := range missing {
		if r.node == a.node.Address && !has[r.id] {
			m.missing(s, r, since[r.id], now)
		}
	}
	return m
}

// room brings a room that the node has into the snapshot.
func (m *merged) room(s *snapshot, r *room, since []decode.Notification, c *comparison, now time.Time) {
	found := s.find(r.id)
	var before *room
	for _, other := range found {
		if other.node == r.node || other.node == "" && before == nil {
			before = other
		}
	}
	if len(found) > 1 || before == nil && len(found) == 1 {
		// Other nodes have a room with that id. It is unknown whose the notifications
		// were: the nodes' answers are all there is.
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

// missing takes out a room that the node doesn't have any more. One that was
// created since then is another.
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

// replay applies notifications to a room of an answer, which is nil if the node
// had none. It also returns whether the node is to be asked for it again. A room
// that ended is opened by its creation alone.
func replay(r *room, since []decode.Notification, now time.Time) (after *room, again bool) {
	after = r
	for _, n := range since {
		if after == nil && n.Kind() != decode.KindRoomCreated {
			continue
		}
		o := apply(after, n, now)
		again = again || o.lookUp
		after = o.room
		if after == nil {
			again = r != nil // If there is one, it is another.
		}
	}
	return after, again
}

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
	lookUp bool  // The notification isn't sufficient: the node is to be asked.
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
