package jellyfishtest

import (
	"errors"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// ConnectPeer makes a peer connect, as if its client had come to the peer socket
// with the peer's token and had told its metadata, which is JSON and may be
// empty. The error says that the room or the peer isn't there, that the peer is
// connected, or that the metadata isn't JSON.
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

// DisconnectPeer makes a peer disconnect, as if its client had gone. The peer
// stays in the room. The error says that the room or the peer isn't there, or
// that the peer isn't connected.
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
