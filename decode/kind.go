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

// kindNames has the names of the kinds on the wire. It is never written.
var kindNames = [...]string{
	KindRoomCrashed:            "room_crashed",
	KindPeerConnected:          "peer_connected",
	KindPeerDisconnected:       "peer_disconnected",
	KindPeerCrashed:            "peer_crashed",
	KindComponentCrashed:       "component_crashed",
	KindRoomCreated:            "room_created",
	KindRoomDeleted:            "room_deleted",
	KindMetricsReport:          "metrics_report",
	KindHLSPlayable:            "hls_playable",
	KindHLSUploaded:            "hls_uploaded",
	KindHLSUploadCrashed:       "hls_upload_crashed",
	KindPeerMetadataUpdated:    "peer_metadata_updated",
	KindTrackAdded:             "track_added",
	KindTrackRemoved:           "track_removed",
	KindTrackMetadataUpdated:   "track_metadata_updated",
	KindPeerAdded:              "peer_added",
	KindPeerDeleted:            "peer_deleted",
	KindStreamConnected:        "stream_connected",
	KindStreamDisconnected:     "stream_disconnected",
	KindViewerConnected:        "viewer_connected",
	KindViewerDisconnected:     "viewer_disconnected",
	KindStreamerConnected:      "streamer_connected",
	KindStreamerDisconnected:   "streamer_disconnected",
	KindChannelAdded:           "channel_added",
	KindChannelRemoved:         "channel_removed",
	KindTrackForwarding:        "track_forwarding",
	KindTrackForwardingRemoved: "track_forwarding_removed",
	KindVAD:                    "vad_notification",
	KindRecordingStatusChanged: "recording_status_changed",
}

// ParseKind returns the kind that the server's schema names so, such as
// "peer_connected", and whether there is one. It is the inverse of [Kind.String]
// for the kinds that the server sends.
func ParseKind(name string) (k Kind, ok bool) {
	for number, known := range kindNames {
		if known == name && name != "" {
			return Kind(number), true
		}
	}
	return 0, false
}

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
	}
	if k > 0 && int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// MarshalText returns the kind's name, so that it is the name in JSON.
func (k Kind) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}
