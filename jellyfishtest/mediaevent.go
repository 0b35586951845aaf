package jellyfishtest

import (
	"encoding/json"

	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// mediaEvent is what a peer tells the media engine. Of all there are, the server
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
			_ = r.updateTrack(&p.endpoint, event.Data.TrackID, metadata) // an unknown one is ignored
		}
	})
}

// join handles a peer's first media event, of which subscribers are told
// whatever its metadata is, and tells the peer who else is there.
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
	r.emit(decode.PeerMetadataUpdated{RoomID: r.id, PeerID: p.owner.ID, Metadata: metadata})
}

// introduction is a peer as others are told of it.
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
