package jellyfishtest

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

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
	joined    bool            // Whether its first media event came on this connection.
	connected time.Time       // Since when it is, zero if it isn't.
	socket    *socket         // Nil unless it is connected by one.
	purgeAt   time.Time       // When it is removed for not being connected, zero for never.
	hosted    *hostedPeer     // Nil unless the server is hosted.
}

func (p *peer) isConnected() bool { return !p.connected.IsZero() }

func (r *room) addPeer(hosted *hostedPeer) *peer {
	p := &peer{endpoint: newEndpoint(decode.OwnerPeer, r.ids.uuid()), metadata: "null", hosted: hosted}
	r.peers[p.owner.ID] = p
	r.awaitPeer(p)
	r.awaitPeers()
	r.emit(decode.PeerAdded{RoomID: r.id, PeerID: p.owner.ID, PeerType: p.kind()})
	return p
}

// isFull reports whether the room has as many peers as it may.
func (r *room) isFull() bool {
	return r.config.MaxPeers != nil && int64(len(r.peers)) == *r.config.MaxPeers
}

// removePeer removes a peer because it or the room ends.
func (r *room) removePeer(p *peer, why closing) {
	connected := p.isConnected()
	r.takePeer(p, why)
	if connected && (why == peerRemoved || p.hosted != nil) {
		r.emit(decode.PeerDisconnected{RoomID: r.id, PeerID: p.owner.ID, PeerType: p.kind()})
	}
	r.emit(decode.PeerDeleted{RoomID: r.id, PeerID: p.owner.ID, PeerType: p.kind()})
	r.awaitPeers()
}

// crashPeer removes a peer whose endpoint crashed.
func (r *room) crashPeer(p *peer, reason string) {
	why := internalError
	if reason != "" {
		why = closing{1011, closeReason(reason)}
	}
	r.takePeer(p, why)
	r.emit(decode.PeerCrashed{RoomID: r.id, PeerID: p.owner.ID, Reason: reason, PeerType: p.kind()})
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
	r.emit(decode.PeerConnected{RoomID: r.id, PeerID: p.owner.ID, PeerType: p.kind()})
}

// disconnect makes a peer disconnected. It stays in the room.
func (r *room) disconnect(p *peer) {
	r.emit(decode.PeerDisconnected{RoomID: r.id, PeerID: p.owner.ID, PeerType: p.kind()})
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

// ConnectPeer makes a peer connect, as if its client had connected to the peer socket
// with the peer's token and sent the metadata, which is JSON and may be empty. It
// fails if there is no such room or peer, if the peer is already connected, or if the
// metadata isn't JSON.
func (s *Server) ConnectPeer(roomID, peerID string, metadata decode.Metadata) error {
	normal, err := normalJSON(string(metadata))
	if err != nil {
		return fmt.Errorf("jellyfishtest: connect peer %s: %w", peerID, err)
	}
	return s.inExistingPeer("connect peer", roomID, peerID, func(r *room, p *peer) error {
		if p.isConnected() {
			return errors.New("it is connected already")
		}
		r.connect(p, nil)
		r.join(p, normal)
		return nil
	})
}

// DisconnectPeer makes a peer disconnect, as if its client had gone. The peer stays
// in the room. It fails if there is no such room or peer, or if the peer isn't
// connected.
func (s *Server) DisconnectPeer(roomID, peerID string) error {
	return s.inExistingPeer("disconnect peer", roomID, peerID, func(r *room, p *peer) error {
		if !p.isConnected() {
			return errors.New("it isn't connected")
		}
		if p.socket != nil {
			p.socket.end(outgoing{then: endsClean})
		}
		r.disconnect(p)
		return nil
	})
}

func (s *Server) inExistingPeer(operation, roomID, id string, f func(*room, *peer) error) error {
	return s.inExistingRoom(operation, roomID, func(r *room) error {
		p := r.peers[id]
		if p == nil {
			return fmt.Errorf("peer %s does not exist", id)
		}
		return f(r, p)
	})
}

// CrashPeer removes a peer as if its media endpoint crashed. The reason may be empty,
// which stands for an unknown one. It fails if there is no such room or peer, or if
// the reason isn't UTF-8.
func (s *Server) CrashPeer(roomID, peerID, reason string) error {
	if !utf8.ValidString(reason) {
		return fmt.Errorf("jellyfishtest: crash peer %s: reason %q is not UTF-8", peerID, reason)
	}
	return s.inExistingPeer("crash peer", roomID, peerID, func(r *room, p *peer) error {
		r.crashPeer(p, reason)
		return nil
	})
}

func (s *Server) serveAddPeer(q *request) *answer {
	kind, ok := q.params["type"]
	if !ok {
		return refusal(400, invalidBody)
	}
	if kind != "webrtc" {
		return refusal(400, "Invalid peer type")
	}
	return s.inRoom(q, func(r *room) *answer {
		if r.isFull() {
			return refusal(503, "Reached peer limit in room "+r.id)
		}
		options, ok := q.options()
		if !ok {
			r.fail()
			return frameworkError(500)
		}
		if _, f := castOptions(options, peerOptions); f != nil {
			return refusal(400, invalidBody)
		}
		p := r.addPeer(nil)
		token := peerToken{Room: r.id, Peer: p.owner.ID, Signed: time.Now()}
		return data(201, map[string]any{
			"peer":               p.answer(),
			"token":              token.sign(),
			"peer_websocket_url": s.address + peerPath,
		})
	})
}

func (s *Server) serveDeletePeer(q *request) *answer {
	return s.inPeer(q, func(r *room, p *peer) *answer {
		r.removePeer(p, peerRemoved)
		return &answer{status: 204}
	})
}

// inPeer answers a request that is about a peer of a room of this node.
func (s *Server) inPeer(q *request, serve func(*room, *peer) *answer) *answer {
	return s.inRoom(q, func(r *room) *answer {
		p := r.peers[q.path["id"]]
		if p == nil {
			return refusal(404, "Peer "+q.path["id"]+" does not exist")
		}
		return serve(r, p)
	})
}

type peerAnswer struct {
	ID       string          `json:"id"`
	Metadata decode.Metadata `json:"metadata"`
	Status   string          `json:"status"`
	Tracks   []trackAnswer   `json:"tracks"`
	Type     string          `json:"type"`
}

func (p *peer) answer() peerAnswer {
	status := "disconnected"
	if p.isConnected() {
		status = "connected"
	}
	return peerAnswer{p.owner.ID, p.metadata, status, p.trackAnswers(), "webrtc"}
}
