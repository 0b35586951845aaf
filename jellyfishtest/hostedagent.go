package jellyfishtest

import (
	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

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
		_ = r.removeTrack(&agent.endpoint, id) // an unknown one is ignored
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
