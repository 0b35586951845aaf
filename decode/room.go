package decode

// RoomCreated tells that a room was created over REST. It can arrive before the
// REST call returns. (Server 0.2.0 and later.)
type RoomCreated struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindRoomCreated].
func (RoomCreated) Kind() Kind { return KindRoomCreated }

// RoomDeleted tells that a room ended normally: deleted over REST or, on
// servers from 0.5.0 on, purged because nobody was in it. Its peers are gone
// with it; no [PeerDisconnected] is sent for them. (Server 0.2.0 and later.)
type RoomDeleted struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindRoomDeleted].
func (RoomDeleted) Kind() Kind { return KindRoomDeleted }

// RoomCrashed tells that a room ended by a fault. No [RoomDeleted] follows.
// (Server 0.2.0 and later.)
type RoomCrashed struct {
	RoomID string `json:"room_id"`
}

// Kind returns [KindRoomCrashed].
func (RoomCrashed) Kind() Kind { return KindRoomCrashed }
