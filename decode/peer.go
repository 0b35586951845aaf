package decode

import "log/slog"

// PeerAdded is sent when a peer was added to a room over REST; it isn't connected
// yet. (Server 0.5.0 and later.)
type PeerAdded struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerAdded].
func (PeerAdded) Kind() Kind                     { return KindPeerAdded }
func (n PeerAdded) String() string               { return line(n) }
func (n PeerAdded) LogValue() slog.Value         { return logValue(n) }
func (n PeerAdded) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n PeerAdded) room() string                 { return n.RoomID }

// PeerDeleted is sent when a peer was removed: over REST, by the room's
// disconnect timeout, or because its room ended normally. It isn't sent after a
// crash. (Server 0.5.0 and later.)
type PeerDeleted struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerDeleted].
func (PeerDeleted) Kind() Kind                     { return KindPeerDeleted }
func (n PeerDeleted) String() string               { return line(n) }
func (n PeerDeleted) LogValue() slog.Value         { return logValue(n) }
func (n PeerDeleted) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n PeerDeleted) room() string                 { return n.RoomID }

// PeerConnected is sent when a peer's socket was authenticated. The same peer can
// connect again after a disconnect. (Server 0.2.0 and later.)
type PeerConnected struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerConnected].
func (PeerConnected) Kind() Kind                     { return KindPeerConnected }
func (n PeerConnected) String() string               { return line(n) }
func (n PeerConnected) LogValue() slog.Value         { return logValue(n) }
func (n PeerConnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n PeerConnected) room() string                 { return n.RoomID }

// PeerDisconnected is sent when a peer's socket was closed. The peer stays in the
// room and can reconnect. It isn't sent when the room ends or the peer crashes.
// (Server 0.2.0 and later.)
type PeerDisconnected struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerDisconnected].
func (PeerDisconnected) Kind() Kind                     { return KindPeerDisconnected }
func (n PeerDisconnected) String() string               { return line(n) }
func (n PeerDisconnected) LogValue() slog.Value         { return logValue(n) }
func (n PeerDisconnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n PeerDisconnected) room() string                 { return n.RoomID }

// PeerCrashed is sent when a peer was removed because it crashed. Neither
// [PeerDisconnected] nor [PeerDeleted] follows. (Server 0.2.0 and later.)
type PeerCrashed struct {
	RoomID string `json:"room_id"`
	PeerID string `json:"peer_id"`
	// Reason is the reason for the crash, if the server knows it (0.5.0 and later).
	Reason   string   `json:"reason"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerCrashed].
func (PeerCrashed) Kind() Kind                     { return KindPeerCrashed }
func (n PeerCrashed) String() string               { return line(n) }
func (n PeerCrashed) LogValue() slog.Value         { return logValue(n) }
func (n PeerCrashed) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n PeerCrashed) room() string                 { return n.RoomID }

// PeerMetadataUpdated carries a peer's new metadata. The first one usually
// follows the peer's [PeerConnected]. (Server 0.4.0 and later.)
type PeerMetadataUpdated struct {
	RoomID   string   `json:"room_id"`
	PeerID   string   `json:"peer_id"`
	Metadata Metadata `json:"metadata,omitempty"`
	PeerType PeerType `json:"peer_type,omitempty"`
}

// Kind returns [KindPeerMetadataUpdated].
func (PeerMetadataUpdated) Kind() Kind                     { return KindPeerMetadataUpdated }
func (n PeerMetadataUpdated) String() string               { return line(n) }
func (n PeerMetadataUpdated) LogValue() slog.Value         { return logValue(n) }
func (n PeerMetadataUpdated) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n PeerMetadataUpdated) room() string                 { return n.RoomID }

// VAD is sent when voice activity on a peer's track changed. (Fishjam only.)
type VAD struct {
	RoomID  string    `json:"room_id"`
	PeerID  string    `json:"peer_id"`
	TrackID string    `json:"track_id"`
	Status  VADStatus `json:"status"`
}

// Kind returns [KindVAD].
func (VAD) Kind() Kind                     { return KindVAD }
func (n VAD) String() string               { return line(n) }
func (n VAD) LogValue() slog.Value         { return logValue(n) }
func (n VAD) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n VAD) room() string                 { return n.RoomID }
