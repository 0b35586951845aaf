package decode

import "strconv"

// Kind names a notification's type. Kinds are comparable constants; those that
// the server sends have the field number of the message in its schema
// (ServerMessage of the Jellyfish and Fishjam protocol files).
type Kind int32

// The kinds. KindUnknown and the negative ones are never a number on the wire.
const (
	// KindGap is the kind of a hole in a subscription, stream.Gap.
	KindGap Kind = -2
	// KindUndecodable is the kind of [Undecodable].
	KindUndecodable Kind = -1
	// KindUnknown is the kind of [Unknown].
	KindUnknown Kind = 0

	KindRoomCrashed            Kind = 1
	KindPeerConnected          Kind = 2
	KindPeerDisconnected       Kind = 3
	KindPeerCrashed            Kind = 4
	KindComponentCrashed       Kind = 5
	KindRoomCreated            Kind = 10
	KindRoomDeleted            Kind = 11
	KindMetricsReport          Kind = 12
	KindHLSPlayable            Kind = 13
	KindHLSUploaded            Kind = 14
	KindHLSUploadCrashed       Kind = 15
	KindPeerMetadataUpdated    Kind = 16
	KindTrackAdded             Kind = 17
	KindTrackRemoved           Kind = 18
	KindTrackMetadataUpdated   Kind = 19
	KindPeerAdded              Kind = 20
	KindPeerDeleted            Kind = 21
	KindStreamConnected        Kind = 22
	KindStreamDisconnected     Kind = 23
	KindViewerConnected        Kind = 24
	KindViewerDisconnected     Kind = 25
	KindStreamerConnected      Kind = 26
	KindStreamerDisconnected   Kind = 27
	KindChannelAdded           Kind = 28
	KindChannelRemoved         Kind = 29
	KindTrackForwarding        Kind = 30
	KindTrackForwardingRemoved Kind = 31
	KindVAD                    Kind = 32
	KindRecordingStatusChanged Kind = 34
)

// String returns the kind's name in the server's schema, such as
// "peer_connected", or "kind(99)" for a number that this package doesn't know.
func (k Kind) String() string {
	switch k {
	case KindGap:
		return "gap"
	case KindUndecodable:
		return "undecodable"
	case KindUnknown:
		return "unknown"
	case KindRoomCrashed:
		return "room_crashed"
	case KindPeerConnected:
		return "peer_connected"
	case KindPeerDisconnected:
		return "peer_disconnected"
	case KindPeerCrashed:
		return "peer_crashed"
	case KindComponentCrashed:
		return "component_crashed"
	case KindRoomCreated:
		return "room_created"
	case KindRoomDeleted:
		return "room_deleted"
	case KindMetricsReport:
		return "metrics_report"
	case KindHLSPlayable:
		return "hls_playable"
	case KindHLSUploaded:
		return "hls_uploaded"
	case KindHLSUploadCrashed:
		return "hls_upload_crashed"
	case KindPeerMetadataUpdated:
		return "peer_metadata_updated"
	case KindTrackAdded:
		return "track_added"
	case KindTrackRemoved:
		return "track_removed"
	case KindTrackMetadataUpdated:
		return "track_metadata_updated"
	case KindPeerAdded:
		return "peer_added"
	case KindPeerDeleted:
		return "peer_deleted"
	case KindStreamConnected:
		return "stream_connected"
	case KindStreamDisconnected:
		return "stream_disconnected"
	case KindViewerConnected:
		return "viewer_connected"
	case KindViewerDisconnected:
		return "viewer_disconnected"
	case KindStreamerConnected:
		return "streamer_connected"
	case KindStreamerDisconnected:
		return "streamer_disconnected"
	case KindChannelAdded:
		return "channel_added"
	case KindChannelRemoved:
		return "channel_removed"
	case KindTrackForwarding:
		return "track_forwarding"
	case KindTrackForwardingRemoved:
		return "track_forwarding_removed"
	case KindVAD:
		return "vad_notification"
	case KindRecordingStatusChanged:
		return "recording_status_changed"
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}
