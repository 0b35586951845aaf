package decode

// notification returns what was read from message, or nil where that is no
// notification.
func (m *content) notification(message []byte) Notification {
	first := m.texts[0]
	switch {
	case m.unknown:
		return Unknown{Number: int32(m.kind), Payload: string(message[first.from:first.to])}
	case m.kind == KindMetricsReport:
		return MetricsReport{JSON: string(message[first.from:first.to])}
	case m.kind == 0, m.kind >= kindAuthenticated && m.kind <= kindSubscribeResponse:
		return nil
	}
	s := string(message) // the one copy that the texts are cut from

	switch m.kind {
	case KindRoomCreated:
		return RoomCreated{RoomID: m.text(s, 1)}
	case KindRoomDeleted:
		return RoomDeleted{RoomID: m.text(s, 1)}
	case KindRoomCrashed:
		return RoomCrashed{RoomID: m.text(s, 1)}

	case KindPeerAdded:
		return PeerAdded{RoomID: m.text(s, 1), PeerID: m.text(s, 2), PeerType: PeerType(m.enum)}
	case KindPeerDeleted:
		return PeerDeleted{RoomID: m.text(s, 1), PeerID: m.text(s, 2), PeerType: PeerType(m.enum)}
	case KindPeerConnected:
		return PeerConnected{RoomID: m.text(s, 1), PeerID: m.text(s, 2), PeerType: PeerType(m.enum)}
	case KindPeerDisconnected:
		return PeerDisconnected{RoomID: m.text(s, 1), PeerID: m.text(s, 2), PeerType: PeerType(m.enum)}
	case KindPeerCrashed:
		return PeerCrashed{RoomID: m.text(s, 1), PeerID: m.text(s, 2), Reason: m.text(s, 3), PeerType: PeerType(m.enum)}
	case KindPeerMetadataUpdated:
		return PeerMetadataUpdated{RoomID: m.text(s, 1), PeerID: m.text(s, 2), Metadata: Metadata(m.text(s, 3)), PeerType: PeerType(m.enum)}
	case KindVAD:
		return VAD{RoomID: m.text(s, 1), PeerID: m.text(s, 2), TrackID: m.text(s, 3), Status: VADStatus(m.enum)}

	case KindTrackAdded:
		return TrackAdded{RoomID: m.text(s, 1), Owner: m.ownerValue(s), Track: m.tracks[0].value(s)}
	case KindTrackRemoved:
		return TrackRemoved{RoomID: m.text(s, 1), Owner: m.ownerValue(s), Track: m.tracks[0].value(s)}
	case KindTrackMetadataUpdated:
		return TrackMetadataUpdated{RoomID: m.text(s, 1), Owner: m.ownerValue(s), Track: m.tracks[0].value(s)}
	case KindChannelAdded:
		return ChannelAdded{RoomID: m.text(s, 1), Owner: m.ownerValue(s), ChannelID: m.text(s, 4)}
	case KindChannelRemoved:
		return ChannelRemoved{RoomID: m.text(s, 1), Owner: m.ownerValue(s), ChannelID: m.text(s, 4)}
	case KindTrackForwarding:
		return TrackForwarding{
			RoomID: m.text(s, 1), PeerID: m.text(s, 2), CompositionURL: m.text(s, 3), InputID: m.text(s, 4),
			Audio: m.tracks[0].value(s), Video: m.tracks[1].value(s),
		}
	case KindTrackForwardingRemoved:
		return TrackForwardingRemoved{RoomID: m.text(s, 1), PeerID: m.text(s, 2), CompositionURL: m.text(s, 3), InputID: m.text(s, 4)}

	case KindComponentCrashed:
		return ComponentCrashed{RoomID: m.text(s, 1), ComponentID: m.text(s, 2)}
	case KindHLSPlayable:
		return HLSPlayable{RoomID: m.text(s, 1), ComponentID: m.text(s, 2)}
	case KindHLSUploaded:
		return HLSUploaded{RoomID: m.text(s, 1)}
	case KindHLSUploadCrashed:
		return HLSUploadCrashed{RoomID: m.text(s, 1)}

	case KindStreamConnected:
		return StreamConnected{StreamID: m.text(s, 1)}
	case KindStreamDisconnected:
		return StreamDisconnected{StreamID: m.text(s, 1)}
	case KindViewerConnected:
		return ViewerConnected{StreamID: m.text(s, 1), ViewerID: m.text(s, 2)}
	case KindViewerDisconnected:
		return ViewerDisconnected{StreamID: m.text(s, 1), ViewerID: m.text(s, 2)}
	case KindStreamerConnected:
		return StreamerConnected{StreamID: m.text(s, 1), StreamerID: m.text(s, 2)}
	case KindStreamerDisconnected:
		return StreamerDisconnected{StreamID: m.text(s, 1), StreamerID: m.text(s, 2)}
	case KindRecordingStatusChanged:
		return RecordingStatusChanged{RecordingID: m.text(s, 1), Status: RecordingStatus(m.enum), Metadata: Metadata(m.text(s, 3))}
	}
	return nil
}

// text returns the text field with the given number.
func (m *content) text(message string, number int) string {
	return m.texts[number-1].in(message)
}

// ownerValue returns the owner of a track or a channel.
func (m *content) ownerValue(message string) Owner {
	return Owner{Type: m.owner, ID: m.ownerID.in(message)}
}

// value returns the track; it is the zero Track where none was sent.
func (t *trackContent) value(message string) Track {
	return Track{ID: t.id.in(message), Type: t.kind, Metadata: Metadata(t.metadata.in(message))}
}

// in returns the part of the message that the span marks.
func (s span) in(message string) string {
	return message[s.from:s.to]
}
