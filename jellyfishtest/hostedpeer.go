package jellyfishtest

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// hostedPeer is what a peer of hosted Fishjam has besides.
type hostedPeer struct {
	kind          decode.PeerType
	server        json.RawMessage // The backend's part of the metadata.
	subscribeMode string
	peers, tracks []string // That it has subscribed to.
}

// hostedPeerTypes are the types of peers by name.
var hostedPeerTypes = map[string]decode.PeerType{
	"webrtc": decode.PeerTypeWebRTC,
	"agent":  decode.PeerTypeAgent,
	"vapi":   decode.PeerTypeVAPI,
}

type hostedPeerAnswer struct {
	ID            string            `json:"id"`
	Type          string            `json:"type"`
	Status        string            `json:"status"`
	Tracks        []trackAnswer     `json:"tracks"`
	Metadata      decode.Metadata   `json:"metadata"`
	SubscribeMode string            `json:"subscribeMode"`
	Subscriptions map[string]idList `json:"subscriptions"`
}

type idList []string

func (p *peer) hostedAnswer() hostedPeerAnswer {
	plain := p.answer()
	h := p.hosted
	return hostedPeerAnswer{
		plain.ID, h.kind.String(), plain.Status, plain.Tracks, p.announced(), h.subscribeMode,
		map[string]idList{"peers": append(idList{}, h.peers...), "tracks": append(idList{}, h.tracks...)},
	}
}

// announced returns the metadata as others are told it.
func (p *peer) announced() decode.Metadata {
	if p.hosted == nil {
		return p.metadata
	}
	return decode.Metadata(compactJSON(map[string]json.RawMessage{"peer": rawObject(p.metadata), "server": p.hosted.server}))
}

// kind returns the type that the peer's notifications carry: servers that aren't hosted
// send none.
func (p *peer) kind() decode.PeerType {
	if p.hosted == nil {
		return decode.PeerTypeUnspecified
	}
	return p.hosted.kind
}

// vapiCall is what the id of a call must match.
var vapiCall = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// parseHostedPeer reads the body of a request for a peer. The answer is nil unless that
// fails.
func (s *Server) parseHostedPeer(q *request) (*hostedPeer, *answer) {
	var body struct {
		Type    string          `json:"type"`
		Options json.RawMessage `json:"options"`
	}
	if a := s.readObject(q.body, &body); a != nil {
		return nil, a
	}
	h := &hostedPeer{kind: hostedPeerTypes[body.Type], server: json.RawMessage("{}"), subscribeMode: "auto"}
	if body.Options == nil {
		body.Options = json.RawMessage("{}")
	}
	var options struct {
		SubscribeMode *string         `json:"subscribeMode"`
		Metadata      json.RawMessage `json:"metadata"`
		Output        *hostedOutput   `json:"output"`
		APIKey        *string         `json:"apiKey"`
		CallID        *string         `json:"callId"`
	}
	if a := s.readObject(body.Options, &options); a != nil {
		return nil, a
	}
	invalid := refusal(400, invalidBody)
	webrtc, agent, vapi := options.Metadata != nil, options.Output != nil, options.APIKey != nil || options.CallID != nil
	switch h.kind {
	case decode.PeerTypeWebRTC:
		if agent || vapi {
			return nil, invalid
		}
	case decode.PeerTypeAgent:
		if webrtc || vapi || agent && !options.Output.valid() {
			return nil, invalid
		}
	case decode.PeerTypeVAPI:
		if webrtc || agent || options.APIKey == nil || options.CallID == nil || !vapiCall.MatchString(*options.CallID) {
			return nil, invalid
		}
	default:
		return nil, refusal(400, "Invalid peer type")
	}
	if options.Metadata != nil {
		if options.Metadata[0] != '{' {
			return nil, invalid
		}
		h.server = options.Metadata
	}
	if options.SubscribeMode != nil {
		h.subscribeMode = *options.SubscribeMode
	}
	if h.subscribeMode != "auto" && h.subscribeMode != "manual" {
		return nil, invalid
	}
	return h, nil
}

// hostedOutput is the audio that an agent hears.
type hostedOutput struct {
	Format     string `json:"audioFormat"`
	SampleRate int    `json:"audioSampleRate"`
}

func (o *hostedOutput) valid() bool {
	return (o.Format == "" || o.Format == "pcm16") && slices.Contains([]int{0, 16000, 24000}, o.SampleRate)
}

func (s *Server) serveAddHostedPeer(q *request) *answer {
	h, refused := s.parseHostedPeer(q)
	if refused != nil {
		return refused
	}
	return s.inRoom(q, func(r *room) *answer {
		if r.isFull() {
			return refusal(409, "Reached peer limit in room "+r.id)
		}
		p := r.addPeer(h)
		added := map[string]any{"peer": p.hostedAnswer(), "token": r.tokenOf(p)}
		socket := "ws" + s.URL()[len("http"):] + peerPath
		if s.hosted.peerSocket != nil {
			socket = *s.hosted.peerSocket
		}
		if socket != "" {
			added["peer_websocket_url"] = socket
		}
		return data(201, added)
	})
}

// tokenOf returns a token of a peer, which differs from all others.
func (r *room) tokenOf(p *peer) string {
	return peerToken{Room: r.id, Peer: p.owner.ID, Signed: time.Now(), Nonce: r.ids.secretToken()}.sign()
}

func (s *Server) serveRefreshToken(q *request) *answer {
	return s.inPeer(q, func(r *room, p *peer) *answer {
		return data(201, map[string]any{"token": r.tokenOf(p)})
	})
}

func (s *Server) serveSubscribePeer(q *request) *answer {
	publisher := q.URL.Query().Get("peer_id")
	return s.inPeer(q, func(r *room, p *peer) *answer {
		switch {
		case publisher == "":
			return refusal(400, "peer_id is missing")
		case r.peers[publisher] == nil:
			return refusal(404, "Peer "+publisher+" does not exist")
		case !slices.Contains(p.hosted.peers, publisher):
			p.hosted.peers = append(p.hosted.peers, publisher)
		}
		return plain(200, "")
	})
}

func (s *Server) serveSubscribeTracks(q *request) *answer {
	var body struct {
		TrackIDs []string `json:"track_ids"`
	}
	if a := s.readObject(q.body, &body); a != nil {
		return a
	}
	return s.inPeer(q, func(_ *room, p *peer) *answer {
		for _, id := range body.TrackIDs {
			if !slices.Contains(p.hosted.tracks, id) {
				p.hosted.tracks = append(p.hosted.tracks, id)
			}
		}
		return plain(200, "")
	})
}

// agentPath is where the socket of agents is.
const agentPath = "/socket/agent/websocket"

// capturedImage is what agents get of a video track: the beginning and the end of a JPEG.
var capturedImage = []byte{0xff, 0xd8, 0xff, 0xd9}

// agentMessage handles a message of an agent. The error is the closing that answers one
// that isn't allowed.
func (p *participant) agentMessage(text bool, data []byte) error {
	var m proto.AgentRequest
	if text || protobuf.Unmarshal(data, &m) != nil {
		return closing{code: 1011}
	}
	if !p.authenticated {
		request, ok := m.GetContent().(*proto.AgentRequest_AuthRequest)
		if !ok {
			return closing{1000, "unauthenticated"}
		}
		return p.authenticate(request.AuthRequest.GetToken())
	}
	switch content := m.GetContent().(type) {
	case *proto.AgentRequest_AddTrack:
		p.addAgentTrack(content.AddTrack.GetTrack())
	case *proto.AgentRequest_RemoveTrack:
		p.removeAgentTrack(content.RemoveTrack.GetTrackId())
	case *proto.AgentRequest_TrackData:
		p.echo(content.TrackData)
	case *proto.AgentRequest_CaptureImage:
		return p.respond(&proto.AgentResponse{Content: &proto.AgentResponse_TrackImage{TrackImage: &proto.TrackImage{
			TrackId: content.CaptureImage.GetTrackId(), ContentType: "image/jpeg", Data: capturedImage,
		}}})
	}
	return nil // What was sent and interrupted is heard by nobody here.
}

// addAgentTrack publishes a track of the agent. One without metadata that is JSON is
// ignored.
func (p *participant) addAgentTrack(t *proto.Track) {
	metadata, err := normalJSON(t.GetMetadata())
	if err != nil {
		return
	}
	p.server.rooms.withPeer(p.token, p.socket, func(r *room, agent *peer) {
		r.addTrack(&agent.endpoint, decode.Track{ID: t.GetId(), Type: decode.TrackType(t.GetType()), Metadata: metadata})
	})
}

func (p *participant) removeAgentTrack(id string) {
	p.server.rooms.withPeer(p.token, p.socket, func(r *room, agent *peer) {
		_ = r.removeTrack(&agent.endpoint, id) // An unknown one is ignored.
	})
}

// echo sends what an agent says back to it, if the server is to do that.
func (p *participant) echo(data *proto.AgentTrackData) {
	p.server.rooms.mu.Lock()
	defer p.server.rooms.mu.Unlock()
	if !p.server.hosted.echo {
		return
	}
	_ = p.respond(&proto.AgentResponse{Content: &proto.AgentResponse_TrackData{TrackData: &proto.PeerTrackData{
		PeerId: p.token.Peer,
		Track:  &proto.Track{Id: data.GetTrackId(), Type: proto.TrackType(decode.TrackTypeAudio), Metadata: "{}"},
		Data:   data.GetData(),
	}}}) // What was just decoded can be encoded.
}

func (p *participant) respond(m *proto.AgentResponse) error {
	payload, err := protobuf.Marshal(m)
	if err != nil {
		return closing{code: 1011}
	}
	p.send(frame(opBinary, payload))
	return nil
}

// EchoAgents makes a hosted server send each chunk of audio that an agent sends back to
// it, as that of a peer with the agent's own id. Other servers ignore it.
func (s *Server) EchoAgents(on bool) {
	s.setHosted(func(h *hosted) { h.echo = on })
}
