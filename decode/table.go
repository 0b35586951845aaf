package decode

// The members of ServerMessage that are no notifications.
const (
	kindAuthenticated     Kind = 6
	kindAuthRequest       Kind = 7
	kindSubscribeRequest  Kind = 8
	kindSubscribeResponse Kind = 9
	kindBatch             Kind = 33
)

// entry is what there is to know about a member of ServerMessage. A notification
// is one entry here, its constant, and its type.
type entry struct {
	name   string // In the server's schema.
	fields fields
	build  func(values) Notification // Nil where the member is no notification.
}

// fields are the types of a message's fields, field number 1 first.
type fields [6]fieldType

// fieldType is what a field of a message holds.
type fieldType uint8

const (
	noField fieldType = iota
	textField
	enumField
	peerField      // The id of an owner that is a peer.
	componentField // The id of an owner that is a component.
	trackField     // The message's track or, of two, the audio track.
	videoField     // The message's video track.
)

// Shapes that several messages have.
var (
	oneText    = fields{textField}
	twoTexts   = fields{textField, textField}
	peerFields = fields{textField, textField, enumField}
	fourFields = fields{textField, textField, textField, enumField}
	ownTrack   = fields{textField, peerField, componentField, trackField}
	ownChannel = fields{textField, peerField, componentField, textField}
)

// values are the values of a message's fields. They are passed by value: a pointer
// given to a function of the table would cost an allocation.
type values struct {
	texts [4]string // By field number, 1 first.
	enum  int32     // The one enum that a message can have.
	owner Owner
	track Track // The audio track of two.
	video Track
}

// entryOf returns the entry of a member of ServerMessage, or nil for a number that
// is none in the schema of this library.
func entryOf(k Kind) *entry {
	if k <= 0 || int(k) >= len(table) || table[k].name == "" {
		return nil
	}
	return &table[k]
}

// isNotification tells whether the server sends e for something that happened.
func (e *entry) isNotification() bool { return e != nil && e.build != nil }

// table has the members of ServerMessage by their number. It is never written.
var table = [...]entry{
	KindRoomCreated: {"room_created", oneText, func(v values) Notification {
		return RoomCreated{RoomID: v.texts[0]}
	}},
	KindRoomDeleted: {"room_deleted", oneText, func(v values) Notification {
		return RoomDeleted{RoomID: v.texts[0]}
	}},
	KindRoomCrashed: {"room_crashed", oneText, func(v values) Notification {
		return RoomCrashed{RoomID: v.texts[0]}
	}},

	KindPeerAdded: {"peer_added", peerFields, func(v values) Notification {
		return PeerAdded{RoomID: v.texts[0], PeerID: v.texts[1], PeerType: PeerType(v.enum)}
	}},
	KindPeerDeleted: {"peer_deleted", peerFields, func(v values) Notification {
		return PeerDeleted{RoomID: v.texts[0], PeerID: v.texts[1], PeerType: PeerType(v.enum)}
	}},
	KindPeerConnected: {"peer_connected", peerFields, func(v values) Notification {
		return PeerConnected{RoomID: v.texts[0], PeerID: v.texts[1], PeerType: PeerType(v.enum)}
	}},
	KindPeerDisconnected: {"peer_disconnected", peerFields, func(v values) Notification {
		return PeerDisconnected{RoomID: v.texts[0], PeerID: v.texts[1], PeerType: PeerType(v.enum)}
	}},
	KindPeerCrashed: {"peer_crashed", fourFields, func(v values) Notification {
		return PeerCrashed{RoomID: v.texts[0], PeerID: v.texts[1], Reason: v.texts[2], PeerType: PeerType(v.enum)}
	}},
	KindPeerMetadataUpdated: {"peer_metadata_updated", fourFields, func(v values) Notification {
		return PeerMetadataUpdated{RoomID: v.texts[0], PeerID: v.texts[1], Metadata: Metadata(v.texts[2]), PeerType: PeerType(v.enum)}
	}},
	KindVAD: {"vad_notification", fourFields, func(v values) Notification {
		return VAD{RoomID: v.texts[0], PeerID: v.texts[1], TrackID: v.texts[2], Status: VADStatus(v.enum)}
	}},

	KindComponentCrashed: {"component_crashed", twoTexts, func(v values) Notification {
		return ComponentCrashed{RoomID: v.texts[0], ComponentID: v.texts[1]}
	}},
	KindHLSPlayable: {"hls_playable", twoTexts, func(v values) Notification {
		return HLSPlayable{RoomID: v.texts[0], ComponentID: v.texts[1]}
	}},
	KindHLSUploaded: {"hls_uploaded", oneText, func(v values) Notification {
		return HLSUploaded{RoomID: v.texts[0]}
	}},
	KindHLSUploadCrashed: {"hls_upload_crashed", oneText, func(v values) Notification {
		return HLSUploadCrashed{RoomID: v.texts[0]}
	}},

	KindTrackAdded: {"track_added", ownTrack, func(v values) Notification {
		return TrackAdded{RoomID: v.texts[0], Owner: v.owner, Track: v.track}
	}},
	KindTrackRemoved: {"track_removed", ownTrack, func(v values) Notification {
		return TrackRemoved{RoomID: v.texts[0], Owner: v.owner, Track: v.track}
	}},
	KindTrackMetadataUpdated: {"track_metadata_updated", ownTrack, func(v values) Notification {
		return TrackMetadataUpdated{RoomID: v.texts[0], Owner: v.owner, Track: v.track}
	}},
	KindChannelAdded: {"channel_added", ownChannel, func(v values) Notification {
		return ChannelAdded{RoomID: v.texts[0], Owner: v.owner, ChannelID: v.texts[3]}
	}},
	KindChannelRemoved: {"channel_removed", ownChannel, func(v values) Notification {
		return ChannelRemoved{RoomID: v.texts[0], Owner: v.owner, ChannelID: v.texts[3]}
	}},
	KindTrackForwarding: {
		"track_forwarding",
		fields{textField, textField, textField, textField, trackField, videoField},
		func(v values) Notification {
			return TrackForwarding{
				RoomID: v.texts[0], PeerID: v.texts[1], CompositionURL: v.texts[2], InputID: v.texts[3],
				Audio: v.track, Video: v.video,
			}
		},
	},
	KindTrackForwardingRemoved: {
		"track_forwarding_removed",
		fields{textField, textField, textField, textField},
		func(v values) Notification {
			return TrackForwardingRemoved{RoomID: v.texts[0], PeerID: v.texts[1], CompositionURL: v.texts[2], InputID: v.texts[3]}
		},
	},

	KindStreamConnected: {"stream_connected", oneText, func(v values) Notification {
		return StreamConnected{StreamID: v.texts[0]}
	}},
	KindStreamDisconnected: {"stream_disconnected", oneText, func(v values) Notification {
		return StreamDisconnected{StreamID: v.texts[0]}
	}},
	KindViewerConnected: {"viewer_connected", twoTexts, func(v values) Notification {
		return ViewerConnected{StreamID: v.texts[0], ViewerID: v.texts[1]}
	}},
	KindViewerDisconnected: {"viewer_disconnected", twoTexts, func(v values) Notification {
		return ViewerDisconnected{StreamID: v.texts[0], ViewerID: v.texts[1]}
	}},
	KindStreamerConnected: {"streamer_connected", twoTexts, func(v values) Notification {
		return StreamerConnected{StreamID: v.texts[0], StreamerID: v.texts[1]}
	}},
	KindStreamerDisconnected: {"streamer_disconnected", twoTexts, func(v values) Notification {
		return StreamerDisconnected{StreamID: v.texts[0], StreamerID: v.texts[1]}
	}},
	KindRecordingStatusChanged: {"recording_status_changed", fields{textField, enumField, textField}, func(v values) Notification {
		return RecordingStatusChanged{RecordingID: v.texts[0], Status: RecordingStatus(v.enum), Metadata: Metadata(v.texts[2])}
	}},

	KindMetricsReport: {"metrics_report", oneText, func(v values) Notification {
		return MetricsReport{JSON: v.texts[0]}
	}},

	kindAuthenticated:     {name: "authenticated"},
	kindAuthRequest:       {name: "auth_request", fields: oneText},
	kindSubscribeRequest:  {name: "subscribe_request", fields: fields{enumField}},
	kindSubscribeResponse: {name: "subscribe_response", fields: fields{enumField}},
	kindBatch:             {name: "notification_batch"}, // Its elements are read by other means.
}
