package rooms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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
	ID string `json:"id"`
	// Type is "webrtc".
	Type   string     `json:"type"`
	Status PeerStatus `json:"status"`
	// Tracks are what the peer publishes. (Server 0.4.0 and later.)
	Tracks []decode.Track `json:"tracks"`
	// Metadata is what the peer said of itself when it connected, null before.
	// (Server 0.4.0 and later.)
	Metadata decode.Metadata `json:"metadata"`
}

// UnmarshalJSON reads the peer as the server writes it.
func (p *Peer) UnmarshalJSON(text []byte) error {
	var sent sentPeer
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	read, err := sent.peer()
	*p = read
	return err
}

// sentPeer is a peer as the server writes it.
type sentPeer struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Status   PeerStatus      `json:"status"`
	Tracks   []sentTrack     `json:"tracks"`
	Metadata json.RawMessage `json:"metadata"`
}

func (s sentPeer) peer() (Peer, error) {
	if s.ID == "" {
		return Peer{}, errors.New("peer has no id")
	}
	return Peer{s.ID, s.Type, s.Status, tracksOf(s.Tracks), decode.Metadata(s.Metadata)}, nil
}

// PeerOptions is how to add a peer. The zero value is a WebRTC peer with
// simulcast.
type PeerOptions struct {
	// DisableSimulcast keeps the peer from sending its video in several
	// qualities at once.
	DisableSimulcast bool
}

// AddedPeer is a new peer and what its client needs to connect. It prints
// without the token, but is complete as JSON.
type AddedPeer struct {
	Peer Peer `json:"peer"`
	// Token is what the peer's client authenticates with, for 24 hours. Whoever
	// has it is the peer.
	Token string `json:"token"`
	// WebSocketURL is where the peer's client connects to, with a scheme: wss if
	// the server was asked over TLS and ws otherwise. Where the server doesn't
	// tell (before 0.5.0) it is at the address that was asked.
	WebSocketURL string `json:"peer_websocket_url"`
}

// Format prints the peer without the token, whatever the verb.
func (p AddedPeer) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "rooms.AddedPeer%v", p.shown()) }

// LogValue returns the peer without the token.
func (p AddedPeer) LogValue() slog.Value { return slog.GroupValue(p.shown()...) }

func (p AddedPeer) shown() []slog.Attr {
	return []slog.Attr{
		slog.Any("Peer", p.Peer),
		slog.Bool("Token set", p.Token != ""),
		slog.String("WebSocketURL", p.WebSocketURL),
	}
}

// UnmarshalJSON refuses what is no added peer.
func (p *AddedPeer) UnmarshalJSON(text []byte) error {
	type plain AddedPeer
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return err
	}
	if p.Peer.ID == "" || p.Token == "" {
		return errors.New("peer has no id or no token")
	}
	return nil
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
		body.Options.EnableSimulcast = Set(false)
	}
	var added AddedPeer
	err := c.do(ctx, request{
		method: http.MethodPost,
		path:   "/room/{roomID}/peer",
		ids:    []string{roomID},
		body:   body,
		status: []int{http.StatusCreated},
		data:   &added,
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
	return c.do(ctx, request{
		method: http.MethodDelete,
		path:   "/room/{roomID}/peer/{peerID}",
		ids:    []string{roomID, peerID},
		status: []int{http.StatusNoContent},
	})
}
