package decode

import "strconv"

// TrackType tells what a track carries. Values newer than this library pass
// unchanged.
type TrackType int32

// The track types.
const (
	TrackTypeUnspecified TrackType = 0
	TrackTypeVideo       TrackType = 1
	TrackTypeAudio       TrackType = 2
)

// String returns the type's name, or its number where it has none.
func (t TrackType) String() string {
	switch t {
	case TrackTypeUnspecified:
		return "unspecified"
	case TrackTypeVideo:
		return "video"
	case TrackTypeAudio:
		return "audio"
	}
	return "track type(" + strconv.Itoa(int(t)) + ")"
}

// MarshalText returns the type's name, so that it is the name in JSON.
func (t TrackType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// Track is one media track of a peer or a component.
type Track struct {
	// ID is unique in the track's room; for WebRTC it starts with the id of the
	// peer that publishes it.
	ID       string    `json:"id"`
	Type     TrackType `json:"type"`
	Metadata Metadata  `json:"metadata"`
}

// OwnerType tells what an [Owner] is.
type OwnerType int8

// The owner types.
const (
	// OwnerUnspecified means that the server named no owner.
	OwnerUnspecified OwnerType = iota
	OwnerPeer
	OwnerComponent
)

// String returns the type's name.
func (t OwnerType) String() string {
	switch t {
	case OwnerPeer:
		return "peer"
	case OwnerComponent:
		return "component"
	}
	return "unspecified"
}

// MarshalText returns the type's name, so that it is the name in JSON.
func (t OwnerType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
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

// TrackAdded tells that a peer or a component published a track. (Server 0.4.0
// and later.)
type TrackAdded struct {
	RoomID string `json:"room_id"`
	Owner  Owner  `json:"owner"`
	Track  Track  `json:"track"`
}

// Kind returns [KindTrackAdded].
func (TrackAdded) Kind() Kind { return KindTrackAdded }

// TrackRemoved tells that a track ended. It is sent for every track of an owner
// that disconnects (server 0.4.2 and later), is removed, crashes or finishes,
// and of a room that ends. (Server 0.4.0 and later.)
type TrackRemoved struct {
	RoomID string `json:"room_id"`
	Owner  Owner  `json:"owner"`
	Track  Track  `json:"track"`
}

// Kind returns [KindTrackRemoved].
func (TrackRemoved) Kind() Kind { return KindTrackRemoved }

// TrackMetadataUpdated carries a track with its new metadata. (Server 0.4.0 and
// later.)
type TrackMetadataUpdated struct {
	RoomID string `json:"room_id"`
	Owner  Owner  `json:"owner"`
	Track  Track  `json:"track"`
}

// Kind returns [KindTrackMetadataUpdated].
func (TrackMetadataUpdated) Kind() Kind { return KindTrackMetadataUpdated }

// ChannelAdded tells that a data channel was opened. (Fishjam only.)
type ChannelAdded struct {
	RoomID    string `json:"room_id"`
	Owner     Owner  `json:"owner"`
	ChannelID string `json:"channel_id"`
}

// Kind returns [KindChannelAdded].
func (ChannelAdded) Kind() Kind { return KindChannelAdded }

// ChannelRemoved tells that a data channel was closed. (Fishjam only.)
type ChannelRemoved struct {
	RoomID    string `json:"room_id"`
	Owner     Owner  `json:"owner"`
	ChannelID string `json:"channel_id"`
}

// Kind returns [KindChannelRemoved].
func (ChannelRemoved) Kind() Kind { return KindChannelRemoved }

// TrackForwarding tells that a peer's tracks are forwarded to a composition.
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
func (TrackForwarding) Kind() Kind { return KindTrackForwarding }

// TrackForwardingRemoved tells that forwarding a peer's tracks ended. (Fishjam
// only.)
type TrackForwardingRemoved struct {
	RoomID         string `json:"room_id"`
	PeerID         string `json:"peer_id"`
	CompositionURL string `json:"composition_url"`
	InputID        string `json:"input_id"`
}

// Kind returns [KindTrackForwardingRemoved].
func (TrackForwardingRemoved) Kind() Kind { return KindTrackForwardingRemoved }
