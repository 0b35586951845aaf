package decode

// ComponentCrashed tells that a component failed, an RTSP source that went away
// for example; since server 0.4.0 it is removed from its room. (Server 0.2.0 and
// later.)
type ComponentCrashed struct {
	RoomID      string `json:"room_id"`
	ComponentID string `json:"component_id"`
}

// Kind returns [KindComponentCrashed].
func (ComponentCrashed) Kind() Kind { return KindComponentCrashed }

// HLSPlayable tells that an HLS component has its first playable video
// playlist. A stream without video never sends it. (Server 0.2.0 and later.)
type HLSPlayable struct {
	RoomID      string `json:"room_id"`
	ComponentID string `json:"component_id"`
}

// Kind returns [KindHLSPlayable].
func (HLSPlayable) Kind() Kind { return KindHLSPlayable }

// HLSUploaded tells that a room's HLS files were all uploaded to S3, in practice
// after the room ended. (Server 0.3.0 and later, not by webhook.)
type HLSUploaded struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindHLSUploaded].
func (HLSUploaded) Kind() Kind { return KindHLSUploaded }

// HLSUploadCrashed tells that some of a room's HLS files could not be uploaded.
// (Server 0.3.0 and later, not by webhook.)
type HLSUploadCrashed struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindHLSUploadCrashed].
func (HLSUploadCrashed) Kind() Kind { return KindHLSUploadCrashed }
