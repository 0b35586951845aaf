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

// Track is one media track of a peer or a component.
type Track struct {
	// ID is unique in the track's room; for WebRTC it starts with the id of the
	// peer that publishes it.
	ID       string
	Type     TrackType
	Metadata Metadata
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

// Owner is the peer or the component that publishes a track or a channel.
type Owner struct {
	Type OwnerType
	ID   string
}

// String returns the owner as in "peer beef-1".
func (o Owner) String() string {
	return o.Type.String() + " " + o.ID
}

// TrackAdded tells that a peer or a component published a track. (Server 0.4.0
// and later.)
type TrackAdded struct {
	RoomID string
	Owner  Owner
	Track  Track
}

// Kind returns [KindTrackAdded].
func (TrackAdded) Kind() Kind { return KindTrackAdded }

// TrackRemoved tells that a track ended. It is sent for every track of an owner
// that disconnects (server 0.4.2 and later), is removed, crashes or finishes,
// and of a room that ends. (Server 0.4.0 and later.)
type TrackRemoved struct {
	RoomID string
	Owner  Owner
	Track  Track
}

// Kind returns [KindTrackRemoved].
func (TrackRemoved) Kind() Kind { return KindTrackRemoved }

// TrackMetadataUpdated carries a track with its new metadata. (Server 0.4.0 and
// later.)
type TrackMetadataUpdated struct {
	RoomID string
	Owner  Owner
	Track  Track
}

// Kind returns [KindTrackMetadataUpdated].
func (TrackMetadataUpdated) Kind() Kind { return KindTrackMetadataUpdated }

// ChannelAdded tells that a data channel was opened. (Fishjam only.)
type ChannelAdded struct {
	RoomID    string
	Owner     Owner
	ChannelID string
}

// Kind returns [KindChannelAdded].
func (ChannelAdded) Kind() Kind { return KindChannelAdded }

// ChannelRemoved tells that a data channel was closed. (Fishjam only.)
type ChannelRemoved struct {
	RoomID    string
	Owner     Owner
	ChannelID string
}

// Kind returns [KindChannelRemoved].
func (ChannelRemoved) Kind() Kind { return KindChannelRemoved }

// TrackForwarding tells that a peer's tracks are forwarded to a composition.
// (Fishjam only.)
type TrackForwarding struct {
	RoomID         string
	PeerID         string
	CompositionURL string
	InputID        string
	// Audio and Video are the forwarded tracks; one without an id isn't
	// forwarded.
	Audio Track
	Video Track
}

// Kind returns [KindTrackForwarding].
func (TrackForwarding) Kind() Kind { return KindTrackForwarding }

// TrackForwardingRemoved tells that forwarding a peer's tracks ended. (Fishjam
// only.)
type TrackForwardingRemoved struct {
	RoomID         string
	PeerID         string
	CompositionURL string
	InputID        string
}

// Kind returns [KindTrackForwardingRemoved].
func (TrackForwardingRemoved) Kind() Kind { return KindTrackForwardingRemoved }
