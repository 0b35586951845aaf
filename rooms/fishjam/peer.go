package fishjam

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/api"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// PeerType is the type of a peer. Types newer than this library are passed through.
type PeerType string

// The types of peers.
const (
	PeerWebRTC PeerType = "webrtc" // A client with a browser or an app.
	PeerAgent  PeerType = "agent"  // A program that hears and speaks.
	PeerVAPI   PeerType = "vapi"   // A voice assistant of VAPI.
)

// PeerStatus says whether a peer or a streamer is connected.
type PeerStatus = rooms.PeerStatus

// The statuses of peers and streamers.
const (
	StatusConnected    = rooms.StatusConnected
	StatusDisconnected = rooms.StatusDisconnected
)

// SubscribeMode says whose tracks a peer receives.
type SubscribeMode = rooms.SubscribeMode

// The subscribe modes.
const (
	// SubscribeAuto is for the tracks of all others. It is the default.
	SubscribeAuto = rooms.SubscribeAuto
	// SubscribeManual is for those of [Client.SubscribePeer] and
	// [Client.SubscribeTracks] only.
	SubscribeManual = rooms.SubscribeManual
)

// Peer is a participant of a room, connected or not.
type Peer struct {
	ID            string
	Type          PeerType
	Status        PeerStatus
	Tracks        []decode.Track
	SubscribeMode SubscribeMode
	Subscriptions Subscriptions
	// Metadata is JSON with two parts: what the peer's client set, which is untrusted
	// input, and what the backend set with [WebRTCOptions]. decode.Metadata.PeerParts
	// returns both.
	Metadata decode.Metadata
}

// Subscriptions are what a peer with [SubscribeManual] has subscribed to.
type Subscriptions struct {
	Peers  []string // Ids of peers, with all their tracks.
	Tracks []string // Ids of tracks.
}

// peer reads a peer; false if it has no id.
func (r *reader) peer() (p Peer, ok bool) {
	r.object(func(name string) {
		switch name {
		case "id":
			p.ID = r.Text()
		case "type":
			p.Type = PeerType(r.Word())
		case "status":
			p.Status = PeerStatus(r.Word())
		case "tracks":
			p.Tracks = r.Tracks()
		case "metadata":
			p.Metadata = decode.Metadata(r.Raw())
		case "subscribemode":
			p.SubscribeMode = SubscribeMode(r.Word())
		case "subscriptions":
			p.Subscriptions = r.subscriptions()
		default:
			r.Skip()
		}
	})
	if p.ID == "" {
		r.Problem("peer has no id")
	}
	return p, p.ID != ""
}

func (r *reader) subscriptions() (s Subscriptions) {
	r.object(func(name string) {
		switch name {
		case "peers":
			s.Peers = list(r, &r.texts, (*reader).text)
		case "tracks":
			s.Tracks = list(r, &r.texts, (*reader).text)
		default:
			r.Skip()
		}
	})
	return s
}

func (r *reader) text() (string, bool) {
	text := r.Text()
	return text, text != ""
}

// PeerOptions are the options of a new peer; their type selects the type of the peer:
// [WebRTCOptions], [AgentOptions] or [VAPIOptions].
type PeerOptions interface {
	// peer returns what to send, or an *InputError.
	peer() (peerRequest, error)
}

// peerRequest is a peer as it is asked for.
type peerRequest struct {
	Type    PeerType `json:"type"`
	Options any      `json:"options"`
	secrets []string // The parts of the options that must not appear in an error.
}

// WebRTCOptions are the options of a peer with a browser or an app. The zero value is a
// peer that receives the tracks of all others.
type WebRTCOptions struct {
	// Metadata is what the backend says of the peer to all others, the "server" part
	// of its metadata: anything that marshals to a JSON object. It can't be changed
	// later; nil means none.
	Metadata any
	// SubscribeMode says whose tracks the peer receives; empty means all.
	SubscribeMode SubscribeMode
}

func (o WebRTCOptions) peer() (peerRequest, error) {
	return peerRequest{Type: PeerWebRTC, Options: struct {
		Metadata      any           `json:"metadata,omitzero"`
		SubscribeMode SubscribeMode `json:"subscribeMode,omitzero"`
	}{o.Metadata, o.SubscribeMode}}, nil
}

// AgentOptions are the options of an agent. The zero value is one that hears everybody
// in PCM of 16 bits at 16 kHz.
type AgentOptions struct {
	// SampleRate is that of the audio it hears, in Hz: 16,000 or 24,000; 0 means
	// 16,000.
	SampleRate int
	// SubscribeMode says whom it hears; empty means everybody, by Fishjam's OpenAPI
	// (its guides contradict each other).
	SubscribeMode SubscribeMode
}

func (o AgentOptions) peer() (peerRequest, error) {
	type output struct {
		SampleRate int `json:"audioSampleRate,omitzero"`
	}
	var body struct {
		Output        *output       `json:"output,omitzero"`
		SubscribeMode SubscribeMode `json:"subscribeMode,omitzero"`
	}
	switch o.SampleRate {
	case 0:
	case 16_000, 24_000:
		body.Output = &output{o.SampleRate}
	default:
		return peerRequest{}, input.New("AgentOptions.SampleRate", "must be 16000 or 24000")
	}
	body.SubscribeMode = o.SubscribeMode
	return peerRequest{Type: PeerAgent, Options: body}, nil
}

// VAPIOptions are the options of a voice assistant: a call of VAPI, which was created
// with VAPI's own API. (Fishjam 0.26 and later.)
type VAPIOptions struct {
	APIKey        Secret // Of VAPI.
	CallID        string // Letters, digits and hyphens.
	SubscribeMode SubscribeMode
}

func (o VAPIOptions) peer() (peerRequest, error) {
	if err := o.APIKey.Check(); err != nil {
		return peerRequest{}, &input.Error{Field: "VAPIOptions.APIKey", Err: err}
	}
	if o.CallID == "" || strings.ContainsFunc(o.CallID, notInCallID) {
		return peerRequest{}, input.New("VAPIOptions.CallID", "must be letters, digits and hyphens")
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

// AddedPeer is a new peer and what its client needs to connect.
type AddedPeer struct {
	Peer Peer
	// Token authenticates the peer's client, for 24 hours; [Client.RefreshPeerToken]
	// makes another. Anyone who has it can connect as the peer.
	Token Secret
	// WebSocketURL is the URL that the peer's client connects to, and that of an agent
	// is the agents' socket.
	WebSocketURL string
}

// addedPeer reads an added peer; false if it has no id or no token.
func (r *reader) addedPeer() (added AddedPeer, ok bool) {
	found := false
	r.object(func(name string) {
		switch name {
		case "peer":
			added.Peer, found = r.peer()
		case "token":
			added.Token = r.Secret()
		case "peer_websocket_url":
			added.WebSocketURL = r.Text()
		default:
			r.Skip()
		}
	})
	if !found || added.Token.IsZero() {
		r.Problem("peer has no id or no token")
		return added, false
	}
	return added, true
}

// AddPeer adds a peer to a room: POST /room/{roomID}/peer. The peer is part of the
// room, and counts for MaxPeers, before it connects.
//
// Its errors are [ErrRoomNotFound], [ErrLimitReached], [ErrQuotaExceeded],
// [ErrInvalid] and [ErrUnauthorized].
func (c *Client) AddPeer(ctx context.Context, roomID string, options PeerOptions) (AddedPeer, error) {
	if v := reflect.ValueOf(options); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return AddedPeer{}, input.New("options", "must not be nil: for a client with a browser or an app give WebRTCOptions{}")
	}
	body, err := options.peer()
	if err != nil {
		return AddedPeer{}, err
	}
	var added AddedPeer
	err = c.do(ctx, api.Call{
		Method:  http.MethodPost,
		Path:    "/room/{roomID}/peer",
		IDs:     []string{roomID},
		Body:    body,
		Secrets: body.secrets,
		Status:  []int{http.StatusCreated},
		Read:    reading(func(r *reader) (ok bool) { added, ok = r.addedPeer(); return ok }),
	}, ErrRoomNotFound, ErrLimitReached)
	if err != nil {
		return AddedPeer{}, err
	}
	added.WebSocketURL = c.socketURL(added.WebSocketURL, body.Type)
	return added, nil
}

const (
	peerSocket  = "/socket/peer/websocket"
	agentSocket = "/socket/agent/websocket"
)

// socketURL returns the URL that a peer connects to, given what Fishjam said: perhaps
// nothing, perhaps no scheme. Agents have a socket of their own beside the peers'.
func (c *Client) socketURL(said string, kind PeerType) string {
	path := peerSocket
	if kind == PeerAgent {
		path = agentSocket
	}
	if said == "" {
		return c.address.WebSocket(path)
	}
	if base, ok := strings.CutSuffix(said, peerSocket); ok {
		said = base + path
	}
	if !strings.Contains(said, "://") {
		said = "wss://" + said
	}
	if parsed, err := address.Parse(said, false); err == nil {
		return parsed.WebSocket("")
	}
	return said
}

// DeletePeer removes a peer from a room, and disconnects it:
// DELETE /room/{roomID}/peer/{peerID}.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound] and [ErrUnauthorized].
func (c *Client) DeletePeer(ctx context.Context, roomID, peerID string) error {
	return c.do(ctx, api.Call{
		Method: http.MethodDelete,
		Path:   "/room/{roomID}/peer/{peerID}",
		IDs:    []string{roomID, peerID},
		Status: []int{http.StatusNoContent},
	}, ErrPeerNotFound, nil)
}

// RefreshPeerToken returns a new token for a peer, for 24 hours:
// POST /room/{roomID}/peer/{peerID}/refresh_token. A peer that is connected stays
// connected after its token has expired.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound] and [ErrUnauthorized].
func (c *Client) RefreshPeerToken(ctx context.Context, roomID, peerID string) (Secret, error) {
	return c.token(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/peer/{peerID}/refresh_token",
		IDs:    []string{roomID, peerID},
		Status: []int{http.StatusCreated},
	}, ErrPeerNotFound)
}

// token makes a call whose answer is a token.
func (c *Client) token(ctx context.Context, call api.Call, notFound error) (token Secret, err error) {
	call.Read = reading(func(r *reader) bool {
		token, _ = within(r, "token", func() (Secret, bool) { return r.Secret(), true })
		if token.IsZero() {
			r.Problem("there is no token")
		}
		return !token.IsZero()
	})
	if err := c.do(ctx, call, notFound, nil); err != nil {
		return Secret{}, err
	}
	return token, nil
}

// SubscribePeer has a peer with [SubscribeManual] receive all tracks of another, the
// publisher: POST /room/{roomID}/peer/{subscriberID}/subscribe_peer. It can't be undone.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound], [ErrInvalid] and
// [ErrUnauthorized].
func (c *Client) SubscribePeer(ctx context.Context, roomID, subscriberID, publisherID string) error {
	if publisherID == "" {
		return input.New("publisherID", "must not be empty")
	}
	return c.do(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/peer/{subscriberID}/subscribe_peer",
		IDs:    []string{roomID, subscriberID},
		Query:  url.Values{"peer_id": {publisherID}},
		Status: []int{http.StatusOK},
	}, ErrPeerNotFound, nil)
}

// SubscribeTracks has a peer with [SubscribeManual] receive tracks:
// POST /room/{roomID}/peer/{subscriberID}/subscribe_tracks. It can't be undone.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound], [ErrInvalid] and
// [ErrUnauthorized].
func (c *Client) SubscribeTracks(ctx context.Context, roomID, subscriberID string, trackIDs ...string) error {
	if slices.Contains(trackIDs, "") {
		return input.New("trackIDs", "must not have an empty one")
	}
	return c.do(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/peer/{subscriberID}/subscribe_tracks",
		IDs:    []string{roomID, subscriberID},
		Body: struct {
			TrackIDs []string `json:"track_ids"`
		}{append([]string{}, trackIDs...)}, // An empty list rather than null.
		Status: []int{http.StatusOK},
	}, ErrPeerNotFound, nil)
}
