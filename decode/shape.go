package decode

// The members of ServerMessage that are no notifications.
const (
	kindAuthenticated     Kind = 6
	kindAuthRequest       Kind = 7
	kindSubscribeRequest  Kind = 8
	kindSubscribeResponse Kind = 9
	kindBatch             Kind = 33
)

// shape is the type of each field of a message: field number 1 first.
type shape [6]fieldType

// fieldType is what a field of a message holds.
type fieldType uint8

const (
	noField fieldType = iota
	textField
	enumField
	peerField      // the id of an owner that is a peer
	componentField // the id of an owner that is a component
	trackField     // the message's track or, of two, the audio track
	videoField     // the message's video track
)

// field returns the type of the field with the given number.
func (s *shape) field(number int) fieldType {
	if number > len(s) {
		return noField
	}
	return s[number-1]
}

// shapeOf returns the shape of a member of ServerMessage, and whether the member
// is known. A batch has no shape: it is read by other means.
func shapeOf(k Kind) (s shape, known bool) {
	switch k {
	case kindAuthenticated, kindBatch:
		return shape{}, true
	case kindSubscribeRequest, kindSubscribeResponse:
		return shape{enumField}, true

	case kindAuthRequest, KindMetricsReport,
		KindRoomCreated, KindRoomDeleted, KindRoomCrashed,
		KindHLSUploaded, KindHLSUploadCrashed,
		KindStreamConnected, KindStreamDisconnected:
		return shape{textField}, true

	case KindComponentCrashed, KindHLSPlayable,
		KindViewerConnected, KindViewerDisconnected,
		KindStreamerConnected, KindStreamerDisconnected:
		return shape{textField, textField}, true

	case KindPeerAdded, KindPeerDeleted, KindPeerConnected, KindPeerDisconnected:
		return shape{textField, textField, enumField}, true
	case KindPeerCrashed, KindPeerMetadataUpdated, KindVAD:
		return shape{textField, textField, textField, enumField}, true
	case KindRecordingStatusChanged:
		return shape{textField, enumField, textField}, true

	case KindTrackAdded, KindTrackRemoved, KindTrackMetadataUpdated:
		return shape{textField, peerField, componentField, trackField}, true
	case KindChannelAdded, KindChannelRemoved:
		return shape{textField, peerField, componentField, textField}, true

	case KindTrackForwarding:
		return shape{textField, textField, textField, textField, trackField, videoField}, true
	case KindTrackForwardingRemoved:
		return shape{textField, textField, textField, textField}, true
	}
	return shape{}, false
}
