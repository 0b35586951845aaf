package rooms

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// The structs of this file are what a server writes, for encoding/json to read and
// write.

type WireConfig struct {
	RoomID                  string `json:"roomId,omitzero"`
	MaxPeers                *int   `json:"maxPeers,omitzero"`
	VideoCodec              string `json:"videoCodec,omitzero"`
	WebhookURL              string `json:"webhookUrl,omitzero"`
	PeerlessPurgeTimeout    int64  `json:"peerlessPurgeTimeout,omitzero"`
	PeerDisconnectedTimeout int64  `json:"peerDisconnectedTimeout,omitzero"`
}

type WireRoom struct {
	ID         string          `json:"id"`
	Config     WireConfig      `json:"config"`
	Peers      []WirePeer      `json:"peers"`
	Components []WireComponent `json:"components"`
}

type WirePeer struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Status   string          `json:"status"`
	Tracks   []WireTrack     `json:"tracks"`
	Metadata json.RawMessage `json:"metadata"`
}

type WireTrack struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Metadata json.RawMessage `json:"metadata"`
}

type WireComponent struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Properties json.RawMessage `json:"properties"`
	Metadata   json.RawMessage `json:"metadata,omitzero"`
	Tracks     []WireTrack     `json:"tracks"`
}

// WireConfigOf returns the configuration in the form that a server writes.
func WireConfigOf(c RoomConfig) WireConfig {
	return WireConfig{
		RoomID: c.RoomID, MaxPeers: c.MaxPeers, VideoCodec: string(c.VideoCodec), WebhookURL: c.WebhookURL.Reveal(),
		PeerlessPurgeTimeout: int64(c.PeerlessPurgeTimeout / time.Second), PeerDisconnectedTimeout: int64(c.PeerDisconnectedTimeout / time.Second),
	}
}

// Config returns the configuration that a server wrote.
func (w WireConfig) Config() RoomConfig {
	return RoomConfig{
		RoomID: w.RoomID, MaxPeers: w.MaxPeers, VideoCodec: VideoCodec(w.VideoCodec), WebhookURL: NewSecret(w.WebhookURL),
		PeerlessPurgeTimeout: time.Duration(w.PeerlessPurgeTimeout) * time.Second, PeerDisconnectedTimeout: time.Duration(w.PeerDisconnectedTimeout) * time.Second,
	}
}

// WireRoomOf returns the room in the form that a server writes.
func WireRoomOf(r Room) WireRoom {
	w := WireRoom{ID: r.ID, Config: WireConfigOf(r.Config)}
	if r.Peers != nil {
		w.Peers = []WirePeer{}
	}
	for _, p := range r.Peers {
		w.Peers = append(w.Peers, WirePeerOf(p))
	}
	if r.Components != nil {
		w.Components = []WireComponent{}
	}
	for _, c := range r.Components {
		w.Components = append(w.Components, WireComponentOf(c))
	}
	return w
}

func WirePeerOf(p Peer) WirePeer {
	return WirePeer{p.ID, p.Type, string(p.Status), wireTracks(p.Tracks), json.RawMessage(p.Metadata)}
}

func WireComponentOf(c Component) WireComponent {
	properties, _ := json.Marshal(wireProperties(c.Properties))
	return WireComponent{ID: c.ID, Type: string(c.Type), Properties: properties, Tracks: wireTracks(c.Tracks)}
}

func wireProperties(p ComponentProperties) any {
	switch p := p.(type) {
	case HLSProperties:
		return map[string]any{"playable": p.Playable, "lowLatency": p.LowLatency, "persistent": p.Persistent,
			"targetWindowDuration": units(p.TargetWindowDuration, time.Second), "subscribeMode": p.SubscribeMode}
	case RTSPProperties:
		return map[string]any{"sourceUri": p.SourceURI.Reveal(), "rtpPort": p.RTPPort, "reconnectDelay": p.ReconnectDelay.Milliseconds(),
			"keepAliveInterval": p.KeepAliveInterval.Milliseconds(), "pierceNat": p.PierceNAT}
	case FileProperties:
		framerate := &p.Framerate
		if p.Framerate == 0 {
			framerate = nil
		}
		return map[string]any{"filePath": p.FilePath, "framerate": framerate}
	case SIPProperties:
		c := p.RegistrarCredentials
		return map[string]any{"registrarCredentials": map[string]any{"address": c.Address, "username": c.Username, "password": c.Password.Reveal()}}
	case RecordingProperties:
		return map[string]any{"subscribeMode": p.SubscribeMode}
	}
	return json.RawMessage(p.(UnknownProperties).JSON.Reveal())
}

func wireTracks(tracks []decode.Track) []WireTrack {
	if tracks == nil {
		return nil
	}
	list := []WireTrack{}
	for _, t := range tracks {
		name := ""
		if t.Type != decode.TrackTypeUnspecified {
			name = t.Type.String()
		}
		list = append(list, WireTrack{t.ID, name, json.RawMessage(t.Metadata)})
	}
	return list
}

// ReadList reads a response with a list of rooms, as List does. It also returns how
// many were left out.
func ReadList(ctx context.Context, body io.Reader, limit int64) (list []Room, leftOut uint64, err error) {
	r := reader{Reader: &rest.Reader{Reader: jsonread.New(ctx, body, limit)}}
	for ok := r.Object(); ok && r.Field(); {
		if string(r.Key()) == "data" {
			list = r.rooms()
		} else {
			r.Skip()
		}
	}
	return list, r.LeftOut, r.End()
}
