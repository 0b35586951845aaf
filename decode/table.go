package decode

// The members of ServerMessage that aren't notifications.
const (
	kindAuthenticated     Kind = 6
	kindAuthRequest       Kind = 7
	kindSubscribeRequest  Kind = 8
	kindSubscribeResponse Kind = 9
	kindBatch             Kind = 33
)

// entry describes a member of ServerMessage. A notification has an entry here, a
// constant and a type.
type entry struct {
	name   string // In the server's schema.
	fields fields
	// build makes the notification; its texts are cut from s. It is nil if the member
	// isn't a notification.
	build func(s string, f fieldSpans) Notification
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

// Shapes that several messages share.
var (
	oneText    = fields{textField}
	twoTexts   = fields{textField, textField}
	peerFields = fields{textField, textField, enumField}
	fourFields = fields{textField, textField, textField, enumField}
	ownTrack   = fields{textField, peerField, componentField, trackField}
	ownChannel = fields{textField, peerField, componentField, textField}
)

// entryOf returns the entry of a member of ServerMessage, or nil for a number that
// isn't in this library's schema.
func entryOf(k Kind) *entry {
	if k <= 0 || int(k) >= len(table) || table[k].name == "" {
		return nil
	}
	return &table[k]
}

// isNotification reports whether e is something that happened on the server.
func (e *entry) isNotification() bool { return e != nil && e.build != nil }

// table has the members of ServerMessage by their number. Read-only.
var table = [...]entry{
	KindRoomCreated: {"room_created", oneText, func(s string, f fieldSpans) Notification {
		return RoomCreated{RoomID: f.text(s, 1)}
	}},
	KindRoomDeleted: {"room_deleted", oneText, func(s string, f fieldSpans) Notification {
		return RoomDeleted{RoomID: f.text(s, 1)}
	}},
	KindRoomCrashed: {"room_crashed", oneText, func(s string, f fieldSpans) Notification {
		return RoomCrashed{RoomID: f.text(s, 1)}
	}},

	KindPeerAdded: {"peer_added", peerFields, func(s string, f fieldSpans) Notification {
		return PeerAdded{RoomID: f.text(s, 1), PeerID: f.text(s, 2), PeerType: PeerType(f.enum)}
	}},
	KindPeerDeleted: {"peer_deleted", peerFields, func(s string, f fieldSpans) Notification {
		return PeerDeleted{RoomID: f.text(s, 1), PeerID: f.text(s, 2), PeerType: PeerType(f.enum)}
	}},
	KindPeerConnected: {"peer_connected", peerFields, func(s string, f fieldSpans) Notification {
		return PeerConnected{RoomID: f.text(s, 1), PeerID: f.text(s, 2), PeerType: PeerType(f.enum)}
	}},
	KindPeerDisconnected: {"peer_disconnected", peerFields, func(s string, f fieldSpans) Notification {
		return PeerDisconnected{RoomID: f.text(s, 1), PeerID: f.text(s, 2), PeerType: PeerType(f.enum)}
	}},
	KindPeerCrashed: {"peer_crashed", fourFields, func(s string, f fieldSpans) Notification {
		return PeerCrashed{RoomID: f.text(s, 1), PeerID: f.text(s, 2), Reason: f.text(s, 3), PeerType: PeerType(f.enum)}
	}},
	KindPeerMetadataUpdated: {"peer_metadata_updated", fourFields, func(s string, f fieldSpans) Notification {
		return PeerMetadataUpdated{RoomID: f.text(s, 1), PeerID: f.text(s, 2), Metadata: Metadata(f.text(s, 3)), PeerType: PeerType(f.enum)}
	}},
	KindVAD: {"vad_notification", fourFields, func(s string, f fieldSpans) Notification {
		return VAD{RoomID: f.text(s, 1), PeerID: f.text(s, 2), TrackID: f.text(s, 3), Status: VADStatus(f.enum)}
	}},

	KindComponentCrashed: {"component_crashed", twoTexts, func(s string, f fieldSpans) Notification {
		return ComponentCrashed{RoomID: f.text(s, 1), ComponentID: f.text(s, 2)}
	}},
	KindHLSPlayable: {"hls_playable", twoTexts, func(s string, f fieldSpans) Notification {
		return HLSPlayable{RoomID: f.text(s, 1), ComponentID: f.text(s, 2)}
	}},
	KindHLSUploaded: {"hls_uploaded", oneText, func(s string, f fieldSpans) Notification {
		return HLSUploaded{RoomID: f.text(s, 1)}
	}},
	KindHLSUploadCrashed: {"hls_upload_crashed", oneText, func(s string, f fieldSpans) Notification {
		return HLSUploadCrashed{RoomID: f.text(s, 1)}
	}},

	KindTrackAdded: {"track_added", ownTrack, func(s string, f fieldSpans) Notification {
		return TrackAdded{RoomID: f.text(s, 1), Owner: f.ownerIn(s), Track: f.tracks[0].in(s)}
	}},
	KindTrackRemoved: {"track_removed", ownTrack, func(s string, f fieldSpans) Notification {
		return TrackRemoved{RoomID: f.text(s, 1), Owner: f.ownerIn(s), Track: f.tracks[0].in(s)}
	}},
	KindTrackMetadataUpdated: {"track_metadata_updated", ownTrack, func(s string, f fieldSpans) Notification {
		return TrackMetadataUpdated{RoomID: f.text(s, 1), Owner: f.ownerIn(s), Track: f.tracks[0].in(s)}
	}},
	KindChannelAdded: {"channel_added", ownChannel, func(s string, f fieldSpans) Notification {
		return ChannelAdded{RoomID: f.text(s, 1), Owner: f.ownerIn(s), ChannelID: f.text(s, 4)}
	}},
	KindChannelRemoved: {"channel_removed", ownChannel, func(s string, f fieldSpans) Notification {
		return ChannelRemoved{RoomID: f.text(s, 1), Owner: f.ownerIn(s), ChannelID: f.text(s, 4)}
	}},
	KindTrackForwarding: {
		"track_forwarding",
		fields{textField, textField, textField, textField, trackField, videoField},
		func(s string, f fieldSpans) Notification {
			return TrackForwarding{
				RoomID: f.text(s, 1), PeerID: f.text(s, 2), CompositionURL: f.text(s, 3), InputID: f.text(s, 4),
				Audio: f.tracks[0].in(s), Video: f.tracks[1].in(s),
			}
		},
	},
	KindTrackForwardingRemoved: {
		"track_forwarding_removed",
		fields{textField, textField, textField, textField},
		func(s string, f fieldSpans) Notification {
			return TrackForwardingRemoved{RoomID: f.text(s, 1), PeerID: f.text(s, 2), CompositionURL: f.text(s, 3), InputID: f.text(s, 4)}
		},
	},

	KindStreamConnected: {"stream_connected", oneText, func(s string, f fieldSpans) Notification {
		return StreamConnected{StreamID: f.text(s, 1)}
	}},
	KindStreamDisconnected: {"stream_disconnected", oneText, func(s string, f fieldSpans) Notification {
		return StreamDisconnected{StreamID: f.text(s, 1)}
	}},
	KindViewerConnected: {"viewer_connected", twoTexts, func(s string, f fieldSpans) Notification {
		return ViewerConnected{StreamID: f.text(s, 1), ViewerID: f.text(s, 2)}
	}},
	KindViewerDisconnected: {"viewer_disconnected", twoTexts, func(s string, f fieldSpans) Notification {
		return ViewerDisconnected{StreamID: f.text(s, 1), ViewerID: f.text(s, 2)}
	}},
	KindStreamerConnected: {"streamer_connected", twoTexts, func(s string, f fieldSpans) Notification {
		return StreamerConnected{StreamID: f.text(s, 1), StreamerID: f.text(s, 2)}
	}},
	KindStreamerDisconnected: {"streamer_disconnected", twoTexts, func(s string, f fieldSpans) Notification {
		return StreamerDisconnected{StreamID: f.text(s, 1), StreamerID: f.text(s, 2)}
	}},
	KindRecordingStatusChanged: {"recording_status_changed", fields{textField, enumField, textField}, func(s string, f fieldSpans) Notification {
		return RecordingStatusChanged{RecordingID: f.text(s, 1), Status: RecordingStatus(f.enum), Metadata: Metadata(f.text(s, 3))}
	}},

	KindMetricsReport: {"metrics_report", oneText, func(s string, f fieldSpans) Notification {
		return MetricsReport{JSON: f.text(s, 1)}
	}},

	kindAuthenticated:     {name: "authenticated"},
	kindAuthRequest:       {name: "auth_request", fields: oneText},
	kindSubscribeRequest:  {name: "subscribe_request", fields: fields{enumField}},
	kindSubscribeResponse: {name: "subscribe_response", fields: fields{enumField}},
	kindBatch:             {name: "notification_batch"}, // Its elements are decoded separately.
}
