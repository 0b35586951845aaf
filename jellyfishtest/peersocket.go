package jellyfishtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// peerPath is where the peer socket is.
const peerPath = "/socket/peer/websocket"

// authenticatedPeer is the message that confirms a peer's token.
var authenticatedPeer = []byte{0x0a, 0x00}

// participant is a peer's end of the peer socket, as the server keeps it.
type participant struct {
	*socket

	agent bool // Of hosted Fishjam.

	// Of the reading goroutine alone.
	token         peerToken
	authenticated bool

	pinging  sync.Mutex
	nextPing time.Time // Zero until authenticated.
}

// servePeer answers a request for the socket of peers, or of agents, and, once it is
// upgraded, serves it until it ends.
func (s *Server) servePeer(w http.ResponseWriter, r *http.Request, agent bool) {
	var p *participant
	in := s.upgrade(w, r, func(payload []byte) { p.send(frame(opPong, payload)) })
	if in == nil {
		return
	}
	defer s.goroutines.Done() // Counted in by countGoroutine.
	s.log.Info("New incoming peer WebSocket connection, accepting")
	p = &participant{socket: newSocket(connBelow(in.wire.Conn), in.wire.Conn), agent: agent}
	written := p.start(p.tick)
	p.read(in, p.message)
	if p.authenticated {
		s.rooms.disconnect(p.token, p.socket)
	}
	<-written
	in.release()
}

// message handles a message of the peer. The error is the closing that answers
// one that isn't allowed.
func (p *participant) message(text bool, data []byte) error {
	if p.agent {
		return p.agentMessage(text, data)
	}
	if text && p.authenticated {
		return nil
	}
	var m proto.PeerMessage
	if text || protobuf.Unmarshal(data, &m) != nil {
		return closing{code: 1011} // The server's handler crashes.
	}
	if !p.authenticated {
		request, ok := m.GetContent().(*proto.PeerMessage_AuthRequest)
		if !ok {
			return closing{1000, "unauthenticated"}
		}
		return p.authenticate(request.AuthRequest.GetToken())
	}
	if event, ok := m.GetContent().(*proto.PeerMessage_MediaEvent); ok {
		p.server.rooms.mediaEvent(p.token, p.socket, event.MediaEvent.GetData())
	}
	return nil
}

func (p *participant) authenticate(with string) error {
	token, err := p.server.rooms.connect(with, p.socket)
	if err != nil {
		return err
	}
	p.token, p.authenticated = token, true
	p.pinging.Lock()
	p.nextPing = time.Now().Add(pingInterval)
	p.pinging.Unlock()
	p.poke()
	return nil
}

// tick queues the ping that is due, and returns when the next one will be.
func (p *participant) tick(now time.Time) time.Time {
	p.pinging.Lock()
	defer p.pinging.Unlock()
	if !p.nextPing.IsZero() && !p.nextPing.After(now) {
		p.send(frame(opPing, nil))
		p.nextPing = now.Add(pingInterval)
	}
	return p.nextPing
}

// mediaEvent is what a peer sends to the media engine. Of all there are, the server
// understands those that need no media.
type mediaEvent struct {
	Type string `json:"type"`
	Data struct {
		Metadata      json.RawMessage `json:"metadata"`
		TrackID       string          `json:"trackId"`
		TrackMetadata json.RawMessage `json:"trackMetadata"`
	} `json:"data"`
}

// mediaEvent handles a media event of the peer whose socket s is. One that the
// server doesn't understand, or that lacks its metadata, is ignored.
func (rs *rooms) mediaEvent(t peerToken, s *socket, text string) {
	var event mediaEvent
	if json.Unmarshal([]byte(text), &event) != nil {
		return
	}
	given := event.Data.Metadata
	if event.Type == "updateTrackMetadata" {
		given = event.Data.TrackMetadata
	}
	if given == nil {
		return
	}
	metadata, err := normalJSON(string(given))
	if err != nil {
		return
	}
	rs.withPeer(t, s, func(r *room, p *peer) {
		switch {
		case event.Type == "connect" && !p.joined:
			r.join(p, metadata)
		case event.Type == "updateEndpointMetadata" && p.joined && p.metadata != metadata:
			r.updatePeer(p, metadata)
		case event.Type == "updateTrackMetadata":
			_ = r.updateTrack(&p.endpoint, event.Data.TrackID, metadata) // An unknown one is ignored.
		}
	})
}

// join handles a peer's first media event, of which subscribers are told whatever its
// metadata is, and sends the peer a list of the others.
func (r *room) join(p *peer, metadata decode.Metadata) {
	p.joined = true
	r.updatePeer(p, metadata)
	others := []any{}
	for _, id := range sortedKeys(r.peers) {
		if other := r.peers[id]; other != p && other.joined {
			others = append(others, other.introduction())
		}
	}
	p.tell("connected", map[string]any{"id": p.owner.ID, "otherEndpoints": others})
}

func (r *room) updatePeer(p *peer, metadata decode.Metadata) {
	p.metadata = metadata
	r.emit(decode.PeerMetadataUpdated{RoomID: r.id, PeerID: p.owner.ID, Metadata: p.announced(), PeerType: p.kind()})
}

// introduction is a peer as it is announced to others.
func (p *peer) introduction() map[string]any {
	metadata, tracks := make(map[string]any), make(map[string]any)
	for _, t := range p.sortedTracks() {
		metadata[t.ID] = t.Metadata
		tracks[t.ID] = map[string]any{"metadata": t.Metadata}
	}
	return map[string]any{
		"id": p.owner.ID, "type": "webrtc", "metadata": p.metadata,
		"trackIdToMetadata": metadata, "tracks": tracks,
	}
}

// tell sends a media event to the peer, if it has a socket.
func (p *peer) tell(kind string, data map[string]any) {
	if p.socket == nil {
		return
	}
	text := compactJSON(map[string]any{"type": kind, "data": data})
	payload, err := protobuf.Marshal(&proto.PeerMessage{
		Content: &proto.PeerMessage_MediaEvent{MediaEvent: &proto.MediaEvent{Data: string(text)}},
	})
	if err == nil {
		p.socket.send(frame(opBinary, payload))
	}
}

const (
	// tokenHead is how the tokens of a Jellyfish server begin.
	tokenHead = "SFMyNTY"
	// tokenLife is how long a peer can connect with its token.
	tokenLife = 24 * time.Hour
	// tokenKey signs the tokens. All test servers have the same one, as the nodes
	// of a cluster do: none of them guards anything.
	tokenKey = "jellyfishtest"
)

// peerToken is what a peer's token says.
type peerToken struct {
	Room   string    `json:"room_id"`
	Peer   string    `json:"peer_id"`
	Signed time.Time `json:"signed"`
	Nonce  string    `json:"nonce,omitempty"` // Hosted Fishjam's tokens differ.
}

// sign returns the token's text.
func (t peerToken) sign() string {
	claims, _ := json.Marshal(t) // Strings and a time can always be marshalled.
	body := tokenHead + "." + base64.RawURLEncoding.EncodeToString(claims)
	return body + "." + signature(body)
}

// verifyPeerToken returns what a token says. The error closes the connection of
// the peer that sent it.
func verifyPeerToken(text string) (peerToken, error) {
	invalid := closing{1000, "invalid token"}
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 || !hmac.Equal([]byte(text[dot+1:]), []byte(signature(text[:dot]))) {
		return peerToken{}, invalid
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text[:dot], tokenHead+"."))
	if err != nil {
		return peerToken{}, invalid
	}
	var t peerToken
	if err := json.Unmarshal(claims, &t); err != nil {
		return peerToken{}, invalid
	}
	if time.Since(t.Signed) > tokenLife {
		return peerToken{}, closing{1000, "expired token"}
	}
	return t, nil
}

func signature(body string) string {
	mac := hmac.New(sha256.New, []byte(tokenKey))
	mac.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
