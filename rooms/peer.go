package rooms

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/address"
)

// PeerStatus tells whether a peer is connected.
type PeerStatus string

// The statuses of a peer.
const (
	StatusConnected    PeerStatus = "connected"
	StatusDisconnected PeerStatus = "disconnected"
)

// Peer is somebody in a room, or expected in it.
type Peer struct {
	ID string
	// Type is "webrtc".
	Type   string
	Status PeerStatus
	// Tracks are what the peer publishes. (Server 0.4.0 and later.)
	Tracks []decode.Track
	// Metadata is what the peer said of itself when it connected, null before, as
	// the server wrote it. It is the peer's own text and may be anything: it is
	// neither parsed nor checked here. (Server 0.4.0 and later.)
	Metadata decode.Metadata
}

// PeerOptions is how to add a peer. The zero value is a WebRTC peer with
// simulcast.
type PeerOptions struct {
	// DisableSimulcast keeps the peer from sending its video in several
	// qualities at once.
	DisableSimulcast bool
}

// AddedPeer is a new peer and what its client needs to connect.
type AddedPeer struct {
	Peer Peer
	// Token is what the peer's client authenticates with, for 24 hours. Whoever
	// has it is the peer.
	Token Secret
	// WebSocketURL is where the peer's client connects to, with a scheme: wss if
	// the server was asked over TLS and ws otherwise. Where the server doesn't
	// tell (before 0.5.0) it is at the address that was asked.
	WebSocketURL string
}

// addedPeer reads an added peer; false if it has no id or no token.
func (r *reader) addedPeer() (AddedPeer, bool) {
	var added AddedPeer
	if !r.Object() {
		return added, false
	}
	found := false
	for r.Field() {
		switch string(r.Key()) {
		case "peer":
			added.Peer, found = r.peer()
		case "token":
			added.Token = r.secret()
		case "peer_websocket_url":
			added.WebSocketURL = r.Text()
		default:
			r.Skip()
		}
	}
	if !found || added.Token.IsZero() {
		r.Problem("peer has no id or no token")
		return added, false
	}
	return added, true
}

// AddPeer adds a peer to a room: POST /room/{roomID}/peer. The peer is part of
// the room, and counts for MaxPeers, before it connects.
//
// Its errors are [ErrRoomNotFound], [ErrLimitReached], [ErrInvalid] where WebRTC
// is disabled (server 0.6.0 and later), and [ErrUnauthorized].
func (c *Client) AddPeer(ctx context.Context, roomID string, options PeerOptions) (AddedPeer, error) {
	var body struct {
		Type    string `json:"type"`
		Options struct {
			EnableSimulcast *bool `json:"enableSimulcast,omitzero"`
		} `json:"options"`
	}
	body.Type = "webrtc"
	if options.DisableSimulcast {
		body.Options.EnableSimulcast = Ptr(false)
	}
	var added AddedPeer
	err := c.do(ctx, call{
		method: http.MethodPost,
		path:   "/room/{roomID}/peer",
		ids:    []string{roomID},
		body:   body,
		status: []int{http.StatusCreated},
		read:   func(r *reader) (ok bool) { added, ok = r.addedPeer(); return ok },
	})
	if err != nil {
		return AddedPeer{}, err
	}
	added.WebSocketURL = c.peerURL(added.WebSocketURL)
	return added, nil
}

// peerURL returns the URL of the peers' WebSocket, given what the server said.
func (c *Client) peerURL(said string) string {
	if said == "" {
		return c.address.WebSocket("/socket/peer/websocket")
	}
	if parsed, err := address.Parse(said, c.address.Secure()); err == nil {
		return parsed.WebSocket("")
	}
	return said
}

// DeletePeer removes a peer from a room, and disconnects it:
// DELETE /room/{roomID}/peer/{peerID}.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound] and [ErrUnauthorized].
func (c *Client) DeletePeer(ctx context.Context, roomID, peerID string) error {
	return c.do(ctx, call{
		method: http.MethodDelete,
		path:   "/room/{roomID}/peer/{peerID}",
		ids:    []string{roomID, peerID},
		status: []int{http.StatusNoContent},
	})
}
