package rooms

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/address"

	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// PeerStatus says whether a peer is connected.
type PeerStatus string

// The statuses of a peer.
const (
	StatusConnected    PeerStatus = "connected"
	StatusDisconnected PeerStatus = "disconnected"
)

// Peer is a participant of a room, connected or not.
type Peer struct {
	ID string
	// Type is "webrtc".
	Type   string
	Status PeerStatus
	// Tracks are the tracks that the peer publishes. (Server 0.4.0 and later.)
	Tracks []decode.Track
	// Metadata is the JSON that the peer's client sent when it connected, null
	// before that. It is untrusted input: it is neither parsed nor checked here.
	// (Server 0.4.0 and later.)
	Metadata decode.Metadata
}

// PeerOptions are the options of a new peer. The zero value is a WebRTC peer with
// simulcast.
type PeerOptions struct {
	// DisableSimulcast prevents the peer from sending its video in several qualities
	// at once.
	DisableSimulcast bool
}

// AddedPeer is a new peer and what its client needs to connect.
type AddedPeer struct {
	Peer Peer
	// Token authenticates the peer's client, for 24 hours. Anyone who has it can
	// connect as the peer.
	Token Secret
	// WebSocketURL is the URL that the peer's client connects to: wss if the Client
	// uses TLS, and ws otherwise. If the server doesn't send it (before 0.5.0), it
	// is derived from the Client's address.
	WebSocketURL string
}

// addedPeer reads an added peer; false if it has no id or no token.
func (r *reader) addedPeer() (AddedPeer, bool) {
	var added AddedPeer
	var ok bool
	added.Token, added.WebSocketURL, ok = r.AddedPeer(func() (ok bool) {
		added.Peer, ok = r.peer()
		return ok
	})
	return added, ok
}

// AddPeer adds a peer to a room: POST /room/{roomID}/peer. The peer is part of
// the room, and counts for MaxPeers, before it connects.
//
// Its errors are [ErrRoomNotFound], [ErrLimitReached], [ErrInvalid] if WebRTC is
// disabled (server 0.6.0 and later), and [ErrUnauthorized].
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
	err := c.do(ctx, rest.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/peer",
		IDs:    []string{roomID},
		Body:   body,
		Status: []int{http.StatusCreated},
		Read:   reading(func(r *reader) (ok bool) { added, ok = r.addedPeer(); return ok }),
	})
	if err != nil {
		return AddedPeer{}, err
	}
	added.WebSocketURL = c.peerURL(added.WebSocketURL)
	return added, nil
}

// peerURL returns the URL of the peers' WebSocket, given what the server sent.
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
	return c.do(ctx, rest.Call{
		Method: http.MethodDelete,
		Path:   "/room/{roomID}/peer/{peerID}",
		IDs:    []string{roomID, peerID},
		Status: []int{http.StatusNoContent},
	})
}
