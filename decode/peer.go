package decode

import "strconv"

// PeerType tells what a peer is. Fishjam sends it; Jellyfish servers leave it
// at [PeerTypeUnspecified]. Values newer than this library pass unchanged.
type PeerType int32

// The peer types.
const (
	PeerTypeUnspecified PeerType = 0
	PeerTypeWebRTC      PeerType = 1
	PeerTypeAgent       PeerType = 2
	PeerTypeVAPI        PeerType = 3
)

// String returns the type's name, or its number where it has none.
func (t PeerType) String() string {
	switch t {
	case PeerTypeUnspecified:
		return "unspecified"
	case PeerTypeWebRTC:
		return "webrtc"
	case PeerTypeAgent:
		return "agent"
	case PeerTypeVAPI:
		return "vapi"
	}
	return "peer type(" + strconv.Itoa(int(t)) + ")"
}

// PeerAdded tells that a peer was added to a room over REST; it isn't connected
// yet. (Server 0.5.0 and later.)
type PeerAdded struct {
	RoomID   string
	PeerID   string
	PeerType PeerType
}

// Kind returns [KindPeerAdded].
func (PeerAdded) Kind() Kind { return KindPeerAdded }

// PeerDeleted tells that a peer was removed: over REST, by the room's
// disconnect timeout, or because its room ended normally. It isn't sent after a
// crash. (Server 0.5.0 and later.)
type PeerDeleted struct {
	RoomID   string
	PeerID   string
	PeerType PeerType
}

// Kind returns [KindPeerDeleted].
func (PeerDeleted) Kind() Kind { return KindPeerDeleted }

// PeerConnected tells that a peer's own socket was authenticated. The same peer
// can connect again after a disconnect. (Server 0.2.0 and later.)
type PeerConnected struct {
	RoomID   string
	PeerID   string
	PeerType PeerType
}

// Kind returns [KindPeerConnected].
func (PeerConnected) Kind() Kind { return KindPeerConnected }

// PeerDisconnected tells that a peer's socket ended. The peer stays in the room
// and can come back; it isn't sent when the room ends or the peer crashes.
// (Server 0.2.0 and later.)
type PeerDisconnected struct {
	RoomID   string
	PeerID   string
	PeerType PeerType
}

// Kind returns [KindPeerDisconnected].
func (PeerDisconnected) Kind() Kind { return KindPeerDisconnected }

// PeerCrashed tells that a peer was removed by a fault. Neither
// [PeerDisconnected] nor [PeerDeleted] follows. (Server 0.2.0 and later.)
type PeerCrashed struct {
	RoomID string
	PeerID string
	// Reason is the fault's message where the server knows one (0.5.0 and later).
	Reason   string
	PeerType PeerType
}

// Kind returns [KindPeerCrashed].
func (PeerCrashed) Kind() Kind { return KindPeerCrashed }

// PeerMetadataUpdated carries a peer's new metadata. The first one usually
// follows the peer's [PeerConnected]. (Server 0.4.0 and later.)
type PeerMetadataUpdated struct {
	RoomID   string
	PeerID   string
	Metadata Metadata
	PeerType PeerType
}

// Kind returns [KindPeerMetadataUpdated].
func (PeerMetadataUpdated) Kind() Kind { return KindPeerMetadataUpdated }

// VADStatus tells whether somebody speaks on a track.
type VADStatus int32

// The voice activity states.
const (
	VADUnspecified VADStatus = 0
	VADSilence     VADStatus = 1
	VADSpeech      VADStatus = 2
)

// String returns the state's name, or its number where it has none.
func (s VADStatus) String() string {
	switch s {
	case VADUnspecified:
		return "unspecified"
	case VADSilence:
		return "silence"
	case VADSpeech:
		return "speech"
	}
	return "vad status(" + strconv.Itoa(int(s)) + ")"
}

// VAD tells that voice activity on a peer's track changed. (Fishjam only.)
type VAD struct {
	RoomID  string
	PeerID  string
	TrackID string
	Status  VADStatus
}

// Kind returns [KindVAD].
func (VAD) Kind() Kind { return KindVAD }
