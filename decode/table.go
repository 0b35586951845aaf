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
	// build makes the notification; its texts are cut from s. It is nil where the
	// member is no notification.
	build func(s string, v values) Notification
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
	KindRoomCreated: {"room_created", oneText, func(s string, v values) Notification {
		return RoomCreated{RoomID: v.text(s, 1)}
	}},
	KindRoomDeleted: {"room_deleted", oneText, func(s string, v values) Notification {
		return RoomDeleted{RoomID: v.text(s, 1)}
	}},
	KindRoomCrashed: {"room_crashed", oneText, func(s string, v values) Notification {
		return RoomCrashed{RoomID: v.text(s, 1)}
	}},

	KindPeerAdded: {"peer_added", peerFields, func(s string, v values) Notification {
		return PeerAdded{RoomID: v.text(s, 1), PeerID: v.text(s, 2), PeerType: PeerType(v.enum)}
	}},
	KindPeerDeleted: {"peer_deleted", peerFields, func(s string, v values) Notification {
		return PeerDeleted{RoomID: v.text(s, 1), PeerID: v.text(s, 2), PeerType: PeerType(v.enum)}
	}},
	KindPeerConnected: {"peer_connected", peerFields, func(s string, v values) Notification {
		return PeerConnected{RoomID: v.text(s, 1), PeerID: v.text(s, 2), PeerType: PeerType(v.enum)}
	}},
	KindPeerDisconnected: {"peer_disconnected", peerFields, func(s string, v values) Notification {
		return PeerDisconnected{RoomID: v.text(s, 1), PeerID: v.text(s, 2), PeerType: PeerType(v.enum)}
	}},
	KindPeerCrashed: {"peer_crashed", fourFields, func(s string, v values) Notification {
		return PeerCrashed{RoomID: v.text(s, 1), PeerID: v.text(s, 2), Reason: v.text(s, 3), PeerType: PeerType(v.enum)}
	}},
	KindPeerMetadataUpdated: {"peer_metadata_updated", fourFields, func(s string, v values) Notification {
		return PeerMetadataUpdated{RoomID: v.text(s, 1), PeerID: v.text(s, 2), Metadata: Metadata(v.text(s, 3)), PeerType: PeerType(v.enum)}
	}},
	KindVAD: {"vad_notification", fourFields, func(s string, v values) Notification {
		return VAD{RoomID: v.text(s, 1), PeerID: v.text(s, 2), TrackID: v.text(s, 3), Status: VADStatus(v.enum)}
	}},

	KindComponentCrashed: {"component_crashed", twoTexts, func(s string, v values) Notification {
		return ComponentCrashed{RoomID: v.text(s, 1), ComponentID: v.text(s, 2)}
	}},
	KindHLSPlayable: {"hls_playable", twoTexts, func(s string, v values) Notification {
		return HLSPlayable{RoomID: v.text(s, 1), ComponentID: v.text(s, 2)}
	}},
	KindHLSUploaded: {"hls_uploaded", oneText, func(s string, v values) Notification {
		return HLSUploaded{RoomID: v.text(s, 1)}
	}},
	KindHLSUploadCrashed: {"hls_upload_crashed", oneText, func(s string, v values) Notification {
		return HLSUploadCrashed{RoomID: v.text(s, 1)}
	}},

	KindTrackAdded: {"track_added", ownTrack, func(s string, v values) Notification {
		return TrackAdded{RoomID: v.text(s, 1), Owner: v.ownerIn(s), Track: v.tracks[0].in(s)}
	}},
	KindTrackRemoved: {"track_removed", ownTrack, func(s string, v values) Notification {
		return TrackRemoved{RoomID: v.text(s, 1), Owner: v.ownerIn(s), Track: v.tracks[0].in(s)}
	}},
	KindTrackMetadataUpdated: {"track_metadata_updated", ownTrack, func(s string, v values) Notification {
		return TrackMetadataUpdated{RoomID: v.text(s, 1), Owner: v.ownerIn(s), Track: v.tracks[0].in(s)}
	}},
	KindChannelAdded: {"channel_added", ownChannel, func(s string, v values) Notification {
		return ChannelAdded{RoomID: v.text(s, 1), Owner: v.ownerIn(s), ChannelID: v.text(s, 4)}
	}},
	KindChannelRemoved: {"channel_removed", ownChannel, func(s string, v values) Notification {
		return ChannelRemoved{RoomID: v.text(s, 1), Owner: v.ownerIn(s), ChannelID: v.text(s, 4)}
	}},
	KindTrackForwarding: {
		"track_forwarding",
		fields{textField, textField, textField, textField, trackField, videoField},
		func(s string, v values) Notification {
			return TrackForwarding{
				RoomID: v.text(s, 1), PeerID: v.text(s, 2), CompositionURL: v.text(s, 3), InputID: v.text(s, 4),
				Audio: v.tracks[0].in(s), Video: v.tracks[1].in(s),
			}
		},
	},
	KindTrackForwardingRemoved: {
		"track_forwarding_removed",
		fields{textField, textField, textField, textField},
		func(s string, v values) Notification {
			return TrackForwardingRemoved{RoomID: v.text(s, 1), PeerID: v.text(s, 2), CompositionURL: v.text(s, 3), InputID: v.text(s, 4)}
		},
	},

	KindStreamConnected: {"stream_connected", oneText, func(s string, v values) Notification {
		return StreamConnected{StreamID: v.text(s, 1)}
	}},
	KindStreamDisconnected: {"stream_disconnected", oneText, func(s string, v values) Notification {
		return StreamDisconnected{StreamID: v.text(s, 1)}
	}},
	KindViewerConnected: {"viewer_connected", twoTexts, func(s string, v values) Notification {
		return ViewerConnected{StreamID: v.text(s, 1), ViewerID: v.text(s, 2)}
	}},
	KindViewerDisconnected: {"viewer_disconnected", twoTexts, func(s string, v values) Notification {
		return ViewerDisconnected{StreamID: v.text(s, 1), ViewerID: v.text(s, 2)}
	}},
	KindStreamerConnected: {"streamer_connected", twoTexts, func(s string, v values) Notification {
		return StreamerConnected{StreamID: v.text(s, 1), StreamerID: v.text(s, 2)}
	}},
	KindStreamerDisconnected: {"streamer_disconnected", twoTexts, func(s string, v values) Notification {
		return StreamerDisconnected{StreamID: v.text(s, 1), StreamerID: v.text(s, 2)}
	}},
	KindRecordingStatusChanged: {"recording_status_changed", fields{textField, enumField, textField}, func(s string, v values) Notification {
		return RecordingStatusChanged{RecordingID: v.text(s, 1), Status: RecordingStatus(v.enum), Metadata: Metadata(v.text(s, 3))}
	}},

	KindMetricsReport: {"metrics_report", oneText, func(s string, v values) Notification {
		return MetricsReport{JSON: v.text(s, 1)}
	}},

	kindAuthenticated:     {name: "authenticated"},
	kindAuthRequest:       {name: "auth_request", fields: oneText},
	kindSubscribeRequest:  {name: "subscribe_request", fields: fields{enumField}},
	kindSubscribeResponse: {name: "subscribe_response", fields: fields{enumField}},
	kindBatch:             {name: "notification_batch"}, // Its elements are read by other means.
}
