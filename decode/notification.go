package decode

import "encoding/json"

// Notification is one thing that the server told about its rooms. Switch on its
// type for the fields, or compare its Kind:
//
//	switch n := n.(type) {
//	case decode.PeerConnected:
//		log.Print(n.RoomID, n.PeerID)
//	}
//
// The types of this package that implement it are plain values: comparable,
// safe to copy and to share between goroutines.
type Notification interface {
	// Kind names the notification's type.
	Kind() Kind
}

// RoomOf returns the id of the room that n is about, and whether it is about
// one: false for what belongs to no room, such as [ViewerConnected], [Unknown]
// or a gap.
func RoomOf(n Notification) (roomID string, ok bool) {
	switch n := n.(type) {
	case RoomCreated:
		return n.RoomID, true
	case RoomDeleted:
		return n.RoomID, true
	case RoomCrashed:
		return n.RoomID, true
	case PeerAdded:
		return n.RoomID, true
	case PeerDeleted:
		return n.RoomID, true
	case PeerConnected:
		return n.RoomID, true
	case PeerDisconnected:
		return n.RoomID, true
	case PeerCrashed:
		return n.RoomID, true
	case PeerMetadataUpdated:
		return n.RoomID, true
	case ComponentCrashed:
		return n.RoomID, true
	case HLSPlayable:
		return n.RoomID, true
	case HLSUploaded:
		return n.RoomID, true
	case HLSUploadCrashed:
		return n.RoomID, true
	case TrackAdded:
		return n.RoomID, true
	case TrackRemoved:
		return n.RoomID, true
	case TrackMetadataUpdated:
		return n.RoomID, true
	case ChannelAdded:
		return n.RoomID, true
	case ChannelRemoved:
		return n.RoomID, true
	case TrackForwarding:
		return n.RoomID, true
	case TrackForwardingRemoved:
		return n.RoomID, true
	case VAD:
		return n.RoomID, true
	}
	return "", false
}

// Unknown is a message of a type newer than this library.
type Unknown struct {
	// Number is the message's field number in ServerMessage.
	Number int32
	// Payload is the encoded message, a string of bytes so that the value stays
	// comparable.
	Payload string
}

// Kind returns [KindUnknown].
func (Unknown) Kind() Kind { return KindUnknown }

// MarshalJSON returns an object of number and payload, the latter in base64.
func (u Unknown) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Number  int32  `json:"number"`
		Payload []byte `json:"payload"`
	}{u.Number, []byte(u.Payload)})
}

// Undecodable stands in a batch for an element that no schema allows there,
// such as a batch within the batch. A whole message that can't be decoded is an
// error instead.
type Undecodable struct {
	// Reason says what was wrong.
	Reason string `json:"reason"`
}

// Kind returns [KindUndecodable].
func (Undecodable) Kind() Kind { return KindUndecodable }
