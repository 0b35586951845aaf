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

// MarshalText returns the type's name, so that it is the name in JSON.
func (t PeerType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// PeerAdded tells that a peer was added to a room over REST; it isn't connected
// yet. (Server 0.5.0 and later.)
type PeerAdded struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerAdded].
func (PeerAdded) Kind() Kind { return KindPeerAdded }

// PeerDeleted tells that a peer was removed: over REST, by the room's
// disconnect timeout, or because its room ended normally. It isn't sent after a
// crash. (Server 0.5.0 and later.)
type PeerDeleted struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerDeleted].
func (PeerDeleted) Kind() Kind { return KindPeerDeleted }

// PeerConnected tells that a peer's own socket was authenticated. The same peer
// can connect again after a disconnect. (Server 0.2.0 and later.)
type PeerConnected struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerConnected].
func (PeerConnected) Kind() Kind { return KindPeerConnected }

// PeerDisconnected tells that a peer's socket ended. The peer stays in the room
// and can come back; it isn't sent when the room ends or the peer crashes.
// (Server 0.2.0 and later.)
type PeerDisconnected struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerDisconnected].
func (PeerDisconnected) Kind() Kind { return KindPeerDisconnected }

// PeerCrashed tells that a peer was removed by a fault. Neither
// [PeerDisconnected] nor [PeerDeleted] follows. (Server 0.2.0 and later.)
type PeerCrashed struct {
	RoomID string `json:"room_id"`
	PeerID string `json:"peer_id"`
	// Reason is the fault's message where the server knows one (0.5.0 and later).
	Reason   string   `json:"reason"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerCrashed].
func (PeerCrashed) Kind() Kind { return KindPeerCrashed }

// PeerMetadataUpdated carries a peer's new metadata. The first one usually
// follows the peer's [PeerConnected]. (Server 0.4.0 and later.)
type PeerMetadataUpdated struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	Metadata Metadata `json:"metadata"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerMetadataUpdated].
func (PeerMetadataUpdated) Kind() Kind { return KindPeerMetadataUpdated }
