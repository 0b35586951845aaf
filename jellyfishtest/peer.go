package jellyfishtest

import (
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// The ways in which the server closes a peer's socket.
var (
	peerRemoved   = closing{1000, "Peer removed"}
	roomStopped   = closing{1000, "Room stopped"}
	internalError = closing{1011, "Internal server error"}
)

// peer is a WebRTC peer of a room.
type peer struct {
	endpoint
	metadata  decode.Metadata // JSON, null until the peer sends some
	joined    bool            // whether its first media event came on this connection
	connected time.Time       // since when it is, zero if it isn't
	socket    *socket         // nil unless it is connected by one
	purgeAt   time.Time       // when it is removed for not being connected, zero for never
}

func (p *peer) isConnected() bool { return !p.connected.IsZero() }

func (r *room) addPeer() *peer {
	p := &peer{endpoint: newEndpoint(decode.OwnerPeer, r.ids.uuid()), metadata: "null"}
	r.peers[p.owner.ID] = p
	r.awaitPeer(p)
	r.awaitPeers()
	r.emit(decode.PeerAdded{RoomID: r.id, PeerID: p.owner.ID})
	return p
}

// isFull tells whether the room has as many peers as it may.
func (r *room) isFull() bool {
	return r.config.MaxPeers != nil && int64(len(r.peers)) == *r.config.MaxPeers
}

// removePeer removes a peer because it or the room ends.
func (r *room) removePeer(p *peer, why closing) {
	connected := p.isConnected()
	r.takePeer(p, why)
	if connected && why == peerRemoved {
		r.emit(decode.PeerDisconnected{RoomID: r.id, PeerID: p.owner.ID})
	}
	r.emit(decode.PeerDeleted{RoomID: r.id, PeerID: p.owner.ID})
	r.awaitPeers()
}

// crashPeer removes a peer whose endpoint crashed.
func (r *room) crashPeer(p *peer, reason string) {
	why := internalError
	if reason != "" {
		why = closing{1011, closeReason(reason)}
	}
	r.takePeer(p, why)
	r.emit(decode.PeerCrashed{RoomID: r.id, PeerID: p.owner.ID, Reason: reason})
	r.awaitPeers()
}

// closeReason returns as much of a text as a close frame can carry.
func closeReason(text string) string {
	const limit = 123
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}

func (r *room) takePeer(p *peer, why closing) {
	delete(r.peers, p.owner.ID)
	p.hangUp(why)
	r.removeTracks(&p.endpoint)
}

// hangUp ends the peer's connection and closes its socket, if it has one.
func (p *peer) hangUp(why closing) {
	if p.socket != nil {
		p.socket.end(outgoing{frames: closeFrame(why.code, why.reason), then: endsClean})
	}
	p.socket, p.connected = nil, time.Time{}
}

// connect makes a socket that of the peer to whom the token was given. The error
// closes it.
func (rs *rooms) connect(token string, s *socket) (peerToken, error) {
	t, err := verifyPeerToken(token)
	if err != nil {
		return peerToken{}, err
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byID[t.Room]
	if r == nil {
		return peerToken{}, closing{1000, "room not found"}
	}
	p := r.peers[t.Peer]
	switch {
	case p == nil:
		return peerToken{}, closing{1000, "peer not found"}
	case p.isConnected():
		return peerToken{}, closing{1000, "peer already connected"}
	}
	r.connect(p, s)
	s.send(frame(opBinary, authenticatedPeer))
	return t, nil
}

// disconnect is called when a socket has ended. The peer stays, unless it went
// before.
func (rs *rooms) disconnect(t peerToken, s *socket) {
	rs.withPeer(t, s, (*room).disconnect)
}

// connect makes a peer connected, by a socket unless that is nil.
func (r *room) connect(p *peer, s *socket) {
	p.socket, p.connected = s, time.Now()
	r.awaitPeer(p)
	r.awaitPeers()
	r.emit(decode.PeerConnected{RoomID: r.id, PeerID: p.owner.ID})
}

// disconnect makes a peer disconnected. It stays in the room.
func (r *room) disconnect(p *peer) {
	r.emit(decode.PeerDisconnected{RoomID: r.id, PeerID: p.owner.ID})
	r.removeTracks(&p.endpoint)
	p.socket, p.connected, p.joined = nil, time.Time{}, false
	r.awaitPeer(p)
	r.awaitPeers()
}

// withPeer calls f with the peer whose socket s is, if it still is.
func (rs *rooms) withPeer(t peerToken, s *socket, f func(*room, *peer)) {
	rs.with(t.Room, func(r *room) {
		if p := r.peers[t.Peer]; p != nil && p.socket == s {
			f(r, p)
		}
	})
}
