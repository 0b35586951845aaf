package fishjam

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// PeerType is the type of a peer. Types newer than this library are passed through
// unchanged.
type PeerType string

// The peer types.
const (
	PeerWebRTC PeerType = "webrtc"
	PeerAgent  PeerType = "agent"
	PeerVAPI   PeerType = "vapi"
)

// PeerStatus says whether a peer or a streamer is connected; it is the PeerStatus of
// package rooms.
type PeerStatus = rooms.PeerStatus

// The statuses.
const (
	StatusConnected    = rooms.StatusConnected
	StatusDisconnected = rooms.StatusDisconnected
)

// SubscribeMode selects whose tracks a peer receives; it is the SubscribeMode of
// package rooms.
type SubscribeMode = rooms.SubscribeMode

// The subscribe modes.
const (
	// SubscribeAuto means everyone's. It is Fishjam's default by its OpenAPI; its
	// documentation of agents contradicts itself, so name the mode for these.
	SubscribeAuto = rooms.SubscribeAuto
	// SubscribeManual means those that [Client.SubscribePeer] and
	// [Client.SubscribeTracks] name.
	SubscribeManual = rooms.SubscribeManual
)

// Peer is a participant of a room, connected or not.
type Peer struct {
	ID     string
	Type   PeerType
	Status PeerStatus
	// Tracks are the tracks that the peer publishes.
	Tracks []decode.Track
	// Metadata is JSON with two parts: what the peer's client set, which is untrusted
	// input, and [WebRTCOptions].Metadata. [decode.Metadata.PeerParts] returns both.
	Metadata      decode.Metadata
	SubscribeMode SubscribeMode
	// Subscriptions are what a peer in mode SubscribeManual was subscribed to.
	Subscriptions Subscriptions
}

// Subscriptions are ids of peers and of tracks that a peer was subscribed to.
type Subscriptions struct {
	Peers, Tracks []string
}

// PeerOptions are the options of a new peer; their type selects the type of the peer:
// [WebRTCOptions], [AgentOptions] or [VAPIOptions].
type PeerOptions interface {
	// peer returns what to send, or an *InputError.
	peer() (peerRequest, error)
}

// peerRequest is a peer as the request describes it.
type peerRequest struct {
	Type    PeerType `json:"type"`
	Options any      `json:"options"`
	secrets []string // The parts of the options that must not appear in an error.
}

// WebRTCOptions asks for a peer that connects with one of Fishjam's client SDKs. The
// zero value is a peer without metadata.
type WebRTCOptions struct {
	// Metadata is what decode.PeerMetadata.Server will be, which the peer's client can't
	// change. It must be encoded as a JSON object by encoding/json, such as a struct, a
	// map or [decode.Metadata]; nil means none.
	Metadata any
	// SubscribeMode defaults to SubscribeAuto.
	SubscribeMode SubscribeMode
}

func (o WebRTCOptions) peer() (peerRequest, error) {
	metadata, err := object("WebRTCOptions.Metadata", o.Metadata)
	if err != nil {
		return peerRequest{}, err
	}
	return peerRequest{PeerWebRTC, struct {
		Metadata      json.RawMessage `json:"metadata,omitzero"`
		SubscribeMode SubscribeMode   `json:"subscribeMode,omitzero"`
	}{metadata, o.SubscribeMode}, nil}, nil
}

// AudioFormat is the format of the audio that an agent receives.
type AudioFormat string

// AudioPCM16 is signed 16-bit PCM.
const AudioPCM16 AudioFormat = "pcm16"

// AgentOptions asks for a peer that a program plays, over the WebSocket that
// [AddedPeer].AgentURL names. This package doesn't speak its protocol.
type AgentOptions struct {
	// AudioFormat defaults to AudioPCM16.
	AudioFormat AudioFormat
	// AudioSampleRate is that of the audio that the agent receives, in Hz: 16000, which
	// is the default, or 24000.
	AudioSampleRate int
	// SubscribeMode should be set: see SubscribeAuto.
	SubscribeMode SubscribeMode
}

func (o AgentOptions) peer() (peerRequest, error) {
	if !slices.Contains([]int{0, 16000, 24000}, o.AudioSampleRate) {
		return peerRequest{}, input.New("AgentOptions.AudioSampleRate", "must be 16000 or 24000, or 0 for the default")
	}
	type output struct {
		AudioFormat     AudioFormat `json:"audioFormat,omitzero"`
		AudioSampleRate int         `json:"audioSampleRate,omitzero"`
	}
	return peerRequest{PeerAgent, struct {
		Output        output        `json:"output,omitzero"`
		SubscribeMode SubscribeMode `json:"subscribeMode,omitzero"`
	}{output{o.AudioFormat, o.AudioSampleRate}, o.SubscribeMode}, nil}, nil
}

// VAPIOptions asks for a peer that a call of Vapi, the voice AI service, plays. The
// call must exist, with the transport vapi.websocket, pcm_s16le and 16 kHz.
type VAPIOptions struct {
	// APIKey is the key of the Vapi account. It is required.
	APIKey Secret
	// CallID is the id of the call: letters, digits and hyphens. It is required.
	CallID string
	// SubscribeMode defaults to SubscribeAuto. The call hears one peer at a time.
	SubscribeMode SubscribeMode
}

func (o VAPIOptions) peer() (peerRequest, error) {
	if err := o.APIKey.Check(); err != nil {
		return peerRequest{}, &input.Error{Field: "VAPIOptions.APIKey", Err: err}
	}
	switch {
	case o.CallID == "":
		return peerRequest{}, input.New("VAPIOptions.CallID", "must not be empty")
	case strings.ContainsFunc(o.CallID, notInCallID):
		return peerRequest{}, input.New("VAPIOptions.CallID", "must consist of letters, digits and hyphens")
	}
	return peerRequest{PeerVAPI, struct {
		APIKey        string        `json:"apiKey"`
		CallID        string        `json:"callId"`
		SubscribeMode SubscribeMode `json:"subscribeMode,omitzero"`
	}{o.APIKey.Reveal(), o.CallID, o.SubscribeMode}, []string{o.APIKey.Reveal()}}, nil
}

func notInCallID(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
}

// AddedPeer is a new peer and what it needs to connect.
type AddedPeer struct {
	Peer Peer
	// Token authenticates the peer's client, or the agent, for 24 hours; see
	// [Client.RefreshPeerToken]. Anyone who has it can connect as the peer.
	Token Secret
	// WebSocketURL is the URL that the peer's client connects to, as Fishjam sent it but
	// with the scheme wss or ws; without a scheme it is wss. If Fishjam sent none, it is
	// derived from the Client's address.
	WebSocketURL string
	// AgentURL is the URL that an agent connects to; empty for peers of other types. It
	// is WebSocketURL with agent in place of peer.
	AgentURL string
}

// AddPeer adds a peer to a room: POST /room/{roomID}/peer. The peer is part of
// the room, and counts for MaxPeers, before it connects.
//
// Its errors are [ErrRoomNotFound], [ErrLimitReached], [ErrQuotaExceeded],
// [ErrInvalid] and [ErrUnauthorized].
func (c *Client) AddPeer(ctx context.Context, roomID string, options PeerOptions) (AddedPeer, error) {
	if v := reflect.ValueOf(options); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return AddedPeer{}, input.New("options", "must not be nil")
	}
	body, err := options.peer()
	if err != nil {
		return AddedPeer{}, err
	}
	var added AddedPeer
	err = c.do(ctx, rest.Call{
		Method:    http.MethodPost,
		Path:      "/room/{roomID}/peer",
		IDs:       []string{roomID},
		Body:      body,
		Secrets:   body.secrets,
		Status:    []int{http.StatusCreated},
		Read:      reading(func(r *reader) (ok bool) { added, ok = r.addedPeer(); return ok }),
		Sentinels: map[int]error{http.StatusNotFound: ErrRoomNotFound, http.StatusConflict: ErrLimitReached},
	})
	if err != nil {
		return AddedPeer{}, err
	}
	added.WebSocketURL, added.AgentURL = c.socketURLs(added.WebSocketURL)
	if body.Type != PeerAgent {
		added.AgentURL = ""
	}
	return added, nil
}

// The paths of the WebSockets, after that of the Fishjam id.
const (
	peerSocket  = "/socket/peer/websocket"
	agentSocket = "/socket/agent/websocket"
)

// socketURLs returns the URLs of the peers' and of the agents' WebSocket, given what
// Fishjam sent. The agents' is derived from the Client's address if the peers' doesn't
// have the expected path.
func (c *Client) socketURLs(sent string) (peer, agent string) {
	if sent == "" {
		return c.address.WebSocket(peerSocket), c.address.WebSocket(agentSocket)
	}
	scheme, rest, found := strings.Cut(sent, "://")
	if !found {
		scheme, rest = "wss", sent
	}
	switch strings.ToLower(scheme) {
	case "http":
		scheme = "ws"
	case "https":
		scheme = "wss"
	}
	peer = scheme + "://" + rest
	if before, ok := strings.CutSuffix(peer, peerSocket); ok {
		return peer, before + agentSocket
	}
	return peer, c.address.WebSocket(agentSocket)
}

// DeletePeer removes a peer from a room, and disconnects it:
// DELETE /room/{roomID}/peer/{peerID}.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound] and [ErrUnauthorized].
func (c *Client) DeletePeer(ctx context.Context, roomID, peerID string) error {
	return c.do(ctx, rest.Call{
		Method:    http.MethodDelete,
		Path:      "/room/{roomID}/peer/{peerID}",
		IDs:       []string{roomID, peerID},
		Status:    []int{http.StatusNoContent},
		Sentinels: noPeer(),
	})
}

// RefreshPeerToken returns a new token for a peer, for another 24 hours:
// POST /room/{roomID}/peer/{peerID}/refresh_token. A connected peer needs none. Whether
// the earlier token still works isn't documented.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound] and [ErrUnauthorized].
func (c *Client) RefreshPeerToken(ctx context.Context, roomID, peerID string) (Secret, error) {
	return c.token(ctx, rest.Call{
		Path:      "/room/{roomID}/peer/{peerID}/refresh_token",
		IDs:       []string{roomID, peerID},
		Sentinels: noPeer(),
	})
}

// token makes a call that returns a token.
func (c *Client) token(ctx context.Context, call rest.Call) (Secret, error) {
	var token Secret
	call.Method = http.MethodPost
	call.Status = []int{http.StatusCreated}
	call.Read = reading(func(r *reader) bool { token = r.token(); return !token.IsZero() })
	if err := c.do(ctx, call); err != nil {
		return Secret{}, err
	}
	return token, nil
}

// noPeer returns the sentinel of a call that needs a peer.
func noPeer() map[int]error { return map[int]error{http.StatusNotFound: ErrPeerNotFound} }

// SubscribePeer makes a peer in mode [SubscribeManual], the subscriber, receive all
// tracks of another peer of the room, the publisher:
// POST /room/{roomID}/peer/{subscriberID}/subscribe_peer. It can't be undone.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound], [ErrInvalid] and
// [ErrUnauthorized].
func (c *Client) SubscribePeer(ctx context.Context, roomID, subscriberID, publisherID string) error {
	if publisherID == "" {
		return input.New("publisherID", "must not be empty")
	}
	return c.do(ctx, rest.Call{
		Method:    http.MethodPost,
		Path:      "/room/{roomID}/peer/{subscriberID}/subscribe_peer",
		IDs:       []string{roomID, subscriberID},
		Query:     url.Values{"peer_id": {publisherID}},
		Status:    []int{http.StatusOK},
		Sentinels: noPeer(),
	})
}

// SubscribeTracks makes a peer in mode [SubscribeManual], the subscriber, receive
// tracks of the room: POST /room/{roomID}/peer/{subscriberID}/subscribe_tracks. It
// can't be undone. How Fishjam responds to a track that doesn't exist isn't documented.
//
// Its errors are those of [Client.SubscribePeer].
func (c *Client) SubscribeTracks(ctx context.Context, roomID, subscriberID string, trackIDs ...string) error {
	switch {
	case len(trackIDs) == 0:
		return input.New("trackIDs", "must not be empty")
	case slices.Contains(trackIDs, ""):
		return input.New("trackIDs", "must not have an empty one")
	}
	return c.do(ctx, rest.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/peer/{subscriberID}/subscribe_tracks",
		IDs:    []string{roomID, subscriberID},
		Body: struct {
			TrackIDs []string `json:"track_ids"`
		}{trackIDs},
		Status:    []int{http.StatusOK},
		Sentinels: noPeer(),
	})
}
