package decode

import "log/slog"

// RoomCreated is sent when a room was created over REST. It can arrive before the
// REST call returns. (Server 0.2.0 and later.)
type RoomCreated struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindRoomCreated].
func (RoomCreated) Kind() Kind                     { return KindRoomCreated }
func (n RoomCreated) String() string               { return line(n) }
func (n RoomCreated) LogValue() slog.Value         { return logValue(n) }
func (n RoomCreated) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n RoomCreated) room() string                 { return n.RoomID }

// RoomDeleted is sent when a room ended normally: deleted over REST or, on servers
// from 0.5.0 on, purged because it was empty. Its peers are removed with it; no
// [PeerDisconnected] is sent for them. (Server 0.2.0 and later.)
type RoomDeleted struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindRoomDeleted].
func (RoomDeleted) Kind() Kind                     { return KindRoomDeleted }
func (n RoomDeleted) String() string               { return line(n) }
func (n RoomDeleted) LogValue() slog.Value         { return logValue(n) }
func (n RoomDeleted) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n RoomDeleted) room() string                 { return n.RoomID }

// RoomCrashed is sent when a room crashed. No [RoomDeleted] follows. (Server 0.2.0
// and later.)
type RoomCrashed struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindRoomCrashed].
func (RoomCrashed) Kind() Kind                     { return KindRoomCrashed }
func (n RoomCrashed) String() string               { return line(n) }
func (n RoomCrashed) LogValue() slog.Value         { return logValue(n) }
func (n RoomCrashed) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n RoomCrashed) room() string                 { return n.RoomID }

// ComponentCrashed is sent when a component failed, for example because an RTSP
// source went away; since server 0.4.0 it is removed from its room. (Server 0.2.0 and
// later.)
type ComponentCrashed struct {
	RoomID      string `json:"room_id"`
	ComponentID string `json:"component_id"`
}

// Kind returns [KindComponentCrashed].
func (ComponentCrashed) Kind() Kind                     { return KindComponentCrashed }
func (n ComponentCrashed) String() string               { return line(n) }
func (n ComponentCrashed) LogValue() slog.Value         { return logValue(n) }
func (n ComponentCrashed) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n ComponentCrashed) room() string                 { return n.RoomID }

// HLSPlayable is sent when an HLS component has its first playable video playlist. It
// is never sent for a stream without video. (Server 0.2.0 and later.)
type HLSPlayable struct {
	RoomID      string `json:"room_id"`
	ComponentID string `json:"component_id"`
}

// Kind returns [KindHLSPlayable].
func (HLSPlayable) Kind() Kind                     { return KindHLSPlayable }
func (n HLSPlayable) String() string               { return line(n) }
func (n HLSPlayable) LogValue() slog.Value         { return logValue(n) }
func (n HLSPlayable) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n HLSPlayable) room() string                 { return n.RoomID }

// HLSUploaded is sent when a room's HLS files were all uploaded to S3, in practice
// after the room ended. (Server 0.3.0 and later, not by webhook.)
type HLSUploaded struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindHLSUploaded].
func (HLSUploaded) Kind() Kind                     { return KindHLSUploaded }
func (n HLSUploaded) String() string               { return line(n) }
func (n HLSUploaded) LogValue() slog.Value         { return logValue(n) }
func (n HLSUploaded) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n HLSUploaded) room() string                 { return n.RoomID }

// HLSUploadCrashed is sent when some of a room's HLS files could not be uploaded.
// (Server 0.3.0 and later, not by webhook.)
type HLSUploadCrashed struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindHLSUploadCrashed].
func (HLSUploadCrashed) Kind() Kind                     { return KindHLSUploadCrashed }
func (n HLSUploadCrashed) String() string               { return line(n) }
func (n HLSUploadCrashed) LogValue() slog.Value         { return logValue(n) }
func (n HLSUploadCrashed) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
func (n HLSUploadCrashed) room() string                 { return n.RoomID }
