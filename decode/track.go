package decode

import "log/slog"

// Track is one media track of a peer or a component.
type Track struct {
	// ID is unique in the track's room; for WebRTC it starts with the id of the
	// peer that publishes it.
	ID       string    `json:"id"`
	Type     TrackType `json:"type"`
	Metadata Metadata  `json:"metadata,omitempty"`
}

// Owner is the peer or the component that publishes a track or a channel.
type Owner struct {
	Type OwnerType `json:"type"`
	ID   string    `json:"id"`
}

// String returns the owner as in "peer beef-1".
func (o Owner) String() string {
	return o.Type.String() + " " + o.ID
}

// TrackAdded is sent when a peer or a component published a track. (Server 0.4.0
// and later.)
type TrackAdded struct {
	RoomID string `json:"room_id"`
	Owner  Owner  `json:"owner"`
	Track  Track  `json:"track"`
}

// Kind returns [KindTrackAdded].
func (TrackAdded) Kind() Kind                     { return KindTrackAdded }
func (n TrackAdded) String() string               { return line(n) }
func (n TrackAdded) LogValue() slog.Value         { return logValue(n) }
func (n TrackAdded) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n TrackAdded) room() string                 { return n.RoomID }

// TrackRemoved is sent when a track ended. It is sent for every track of an owner
// that disconnects (server 0.4.2 and later), is removed, crashes or finishes,
// and of a room that ends. (Server 0.4.0 and later.)
type TrackRemoved struct {
	RoomID string `json:"room_id"`
	Owner  Owner  `json:"owner"`
	Track  Track  `json:"track"`
}

// Kind returns [KindTrackRemoved].
func (TrackRemoved) Kind() Kind                     { return KindTrackRemoved }
func (n TrackRemoved) String() string               { return line(n) }
func (n TrackRemoved) LogValue() slog.Value         { return logValue(n) }
func (n TrackRemoved) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n TrackRemoved) room() string                 { return n.RoomID }

// TrackMetadataUpdated carries a track with its new metadata. (Server 0.4.0 and
// later.)
type TrackMetadataUpdated struct {
	RoomID string `json:"room_id"`
	Owner  Owner  `json:"owner"`
	Track  Track  `json:"track"`
}

// Kind returns [KindTrackMetadataUpdated].
func (TrackMetadataUpdated) Kind() Kind                     { return KindTrackMetadataUpdated }
func (n TrackMetadataUpdated) String() string               { return line(n) }
func (n TrackMetadataUpdated) LogValue() slog.Value         { return logValue(n) }
func (n TrackMetadataUpdated) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n TrackMetadataUpdated) room() string                 { return n.RoomID }

// ChannelAdded is sent when a data channel was opened. (Fishjam only.)
type ChannelAdded struct {
	RoomID    string `json:"room_id"`
	Owner     Owner  `json:"owner"`
	ChannelID string `json:"channel_id"`
}

// Kind returns [KindChannelAdded].
func (ChannelAdded) Kind() Kind                     { return KindChannelAdded }
func (n ChannelAdded) String() string               { return line(n) }
func (n ChannelAdded) LogValue() slog.Value         { return logValue(n) }
func (n ChannelAdded) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n ChannelAdded) room() string                 { return n.RoomID }

// ChannelRemoved is sent when a data channel was closed. (Fishjam only.)
type ChannelRemoved struct {
	RoomID    string `json:"room_id"`
	Owner     Owner  `json:"owner"`
	ChannelID string `json:"channel_id"`
}

// Kind returns [KindChannelRemoved].
func (ChannelRemoved) Kind() Kind                     { return KindChannelRemoved }
func (n ChannelRemoved) String() string               { return line(n) }
func (n ChannelRemoved) LogValue() slog.Value         { return logValue(n) }
func (n ChannelRemoved) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n ChannelRemoved) room() string                 { return n.RoomID }

// TrackForwarding is sent when a peer's tracks are forwarded to a composition.
// (Fishjam only.)
type TrackForwarding struct {
	RoomID         string `json:"room_id"`
	PeerID         string `json:"peer_id"`
	CompositionURL string `json:"composition_url"`
	InputID        string `json:"input_id"`
	// Audio and Video are the forwarded tracks; one without an id isn't
	// forwarded.
	Audio Track `json:"audio_track,omitzero"`
	Video Track `json:"video_track,omitzero"`
}

// Kind returns [KindTrackForwarding].
func (TrackForwarding) Kind() Kind                     { return KindTrackForwarding }
func (n TrackForwarding) String() string               { return line(n) }
func (n TrackForwarding) LogValue() slog.Value         { return logValue(n) }
func (n TrackForwarding) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n TrackForwarding) room() string                 { return n.RoomID }

// TrackForwardingRemoved is sent when forwarding a peer's tracks ended. (Fishjam
// only.)
type TrackForwardingRemoved struct {
	RoomID         string `json:"room_id"`
	PeerID         string `json:"peer_id"`
	CompositionURL string `json:"composition_url"`
	InputID        string `json:"input_id"`
}

// Kind returns [KindTrackForwardingRemoved].
func (TrackForwardingRemoved) Kind() Kind                     { return KindTrackForwardingRemoved }
func (n TrackForwardingRemoved) String() string               { return line(n) }
func (n TrackForwardingRemoved) LogValue() slog.Value         { return logValue(n) }
func (n TrackForwardingRemoved) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n TrackForwardingRemoved) room() string                 { return n.RoomID }
