package watch

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// cloudState is what a hosted Fishjam lists, as its OpenAPI 0.30 has it.
type cloudState struct {
	mu      sync.Mutex
	rooms   map[string]*cloudRoom
	streams map[string]*cloudStream
	// hidesLivestreams means that livestreams aren't rooms to GET /room and /room/{id}.
	hidesLivestreams bool
}

type cloudRoom struct {
	ID          string            `json:"id"`
	Config      map[string]any    `json:"config"`
	Peers       []*cloudPeer      `json:"peers"`
	Composition *cloudComposition `json:"compositionInfo,omitempty"`
}

type cloudPeer struct {
	ID            string          `json:"id"`
	Type          string          `json:"type"`
	Status        string          `json:"status"`
	Tracks        []cloudTrack    `json:"tracks"`
	Metadata      json.RawMessage `json:"metadata"`
	SubscribeMode string          `json:"subscribeMode"`
	Subscriptions struct {
		Peers  []string `json:"peers"`
		Tracks []string `json:"tracks"`
	} `json:"subscriptions"`
}

type cloudTrack struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Metadata json.RawMessage `json:"metadata"`
}

type cloudComposition struct {
	URL         string            `json:"compositionUrl"`
	Forwardings []cloudForwarding `json:"forwardings"`
}

type cloudForwarding struct {
	PeerID       string  `json:"peerId"`
	InputID      string  `json:"inputId"`
	AudioTrackID *string `json:"audioTrackId"`
	VideoTrackID *string `json:"videoTrackId"`
}

type cloudStream struct {
	ID        string          `json:"id"`
	Public    bool            `json:"public"`
	AudioOnly bool            `json:"audioOnly"`
	Streamers []cloudStreamer `json:"streamers"`
	Viewers   []cloudViewer   `json:"viewers"`
}

type cloudStreamer struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Token  string `json:"token"`
}

type cloudViewer struct {
	ID    string `json:"id"`
	Token string `json:"token"`
}

// RoundTrip answers the requests of a client whose address ends in "/id".
func (s *cloudState) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, path, _ := strings.Cut(r.URL.Path, "/id")
	if r.Method != http.MethodGet {
		return respond(http.StatusMethodNotAllowed, map[string]any{"errors": "only read here"})
	}
	collection, id, one := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	var data any
	switch collection {
	case "room":
		if one && s.hidesLivestreams && s.streams[id] != nil {
			break
		}
		if one {
			data = orNothing(s.rooms[id])
			break
		}
		list := slices.AppendSeq([]*cloudRoom{}, maps.Values(s.rooms))
		if s.hidesLivestreams {
			list = slices.DeleteFunc(list, func(r *cloudRoom) bool { return s.streams[r.ID] != nil })
		}
		data = list
	case "livestream":
		if one {
			data = orNothing(s.streams[id])
			break
		}
		data = slices.AppendSeq([]*cloudStream{}, maps.Values(s.streams))
	}
	if data == nil {
		return respond(http.StatusNotFound, map[string]any{"errors": "not found"})
	}
	return respond(http.StatusOK, map[string]any{"data": data})
}

func orNothing[T any](found *T) any {
	if found == nil {
		return nil
	}
	return found
}

func respond(status int, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(text)),
		Body: io.NopCloser(bytes.NewReader(text)),
	}, nil
}

// apply changes the state, and returns the notifications of that.
func (s *cloudState) apply(change func() []decode.Notification) []decode.Notification {
	s.mu.Lock()
	defer s.mu.Unlock()
	return change()
}

// listed returns what a view should have of the state.
func (s *cloudState) listed(node string) []Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Room
	for _, r := range s.rooms {
		room := Room{ID: r.ID, Node: node, Type: fishjam.RoomType(r.Config["roomType"].(string)), Public: r.Config["public"].(bool)}
		if limit := r.Config["maxPeers"].(int); limit > 0 {
			room.Config.MaxPeers = &limit
		}
		if codec, ok := r.Config["videoCodec"].(string); ok {
			room.Config.VideoCodec = rooms.VideoCodec(codec)
		}
		if c := r.Composition; c != nil {
			room.Composition = &fishjam.Composition{URL: c.URL}
			for _, f := range c.Forwardings {
				room.Composition.Forwardings = append(room.Composition.Forwardings, fishjam.Forwarding{PeerID: f.PeerID, InputID: f.InputID, AudioTrackID: *f.AudioTrackID})
			}
			slices.SortFunc(room.Composition.Forwardings, func(a, b fishjam.Forwarding) int { return strings.Compare(a.PeerID, b.PeerID) })
		}
		for _, p := range r.Peers {
			peer := Peer{Peer: rooms.Peer{ID: p.ID, Type: p.Type, Status: rooms.PeerStatus(p.Status), Metadata: decode.Metadata(p.Metadata)}}
			peer.SubscribeMode = fishjam.SubscribeMode(p.SubscribeMode)
			peer.Subscriptions = fishjam.Subscriptions{Peers: slices.Sorted(slices.Values(p.Subscriptions.Peers))}
			for _, t := range p.Tracks {
				peer.Tracks = append(peer.Tracks, decode.Track{ID: t.ID, Type: decode.TrackTypeAudio, Metadata: decode.Metadata(t.Metadata)})
			}
			room.Peers = append(room.Peers, peer)
		}
		if stream := s.streams[r.ID]; stream != nil {
			for _, streamer := range stream.Streamers {
				room.Streamers = append(room.Streamers, Streamer{ID: streamer.ID, Status: rooms.PeerStatus(streamer.Status), Token: fishjam.NewSecret(streamer.Token)})
			}
			for _, viewer := range stream.Viewers {
				room.Viewers = append(room.Viewers, Viewer{ID: viewer.ID, Token: fishjam.NewSecret(viewer.Token)})
			}
			slices.SortFunc(room.Viewers, func(a, b Viewer) int { return strings.Compare(a.ID, b.ID) })
		}
		list = append(list, normal(room))
	}
	return timeless(sorted(list))
}
