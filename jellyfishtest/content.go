package jellyfishtest

import (
	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// contentOf returns the wire message of a notification that has no owner, or nil
// if it has none.
func contentOf(n decode.Notification) protobuf.Message {
	switch n := n.(type) {
	case decode.RoomCreated:
		return &proto.RoomCreated{RoomId: n.RoomID}
	case decode.RoomDeleted:
		return &proto.RoomDeleted{RoomId: n.RoomID}
	case decode.RoomCrashed:
		return &proto.RoomCrashed{RoomId: n.RoomID}
	case decode.MetricsReport:
		return &proto.MetricsReport{Metrics: n.JSON}
	}
	if content := peerContentOf(n); content != nil {
		return content
	}
	if content := componentContentOf(n); content != nil {
		return content
	}
	return fishjamContentOf(n)
}

func peerContentOf(n decode.Notification) protobuf.Message {
	switch n := n.(type) {
	case decode.PeerAdded:
		return &proto.PeerAdded{RoomId: n.RoomID, PeerId: n.PeerID, PeerType: proto.PeerType(n.PeerType)}
	case decode.PeerDeleted:
		return &proto.PeerDeleted{RoomId: n.RoomID, PeerId: n.PeerID, PeerType: proto.PeerType(n.PeerType)}
	case decode.PeerConnected:
		return &proto.PeerConnected{RoomId: n.RoomID, PeerId: n.PeerID, PeerType: proto.PeerType(n.PeerType)}
	case decode.PeerDisconnected:
		return &proto.PeerDisconnected{RoomId: n.RoomID, PeerId: n.PeerID, PeerType: proto.PeerType(n.PeerType)}
	case decode.PeerCrashed:
		return &proto.PeerCrashed{
			RoomId: n.RoomID, PeerId: n.PeerID, Reason: n.Reason, PeerType: proto.PeerType(n.PeerType),
		}
	case decode.PeerMetadataUpdated:
		return &proto.PeerMetadataUpdated{
			RoomId: n.RoomID, PeerId: n.PeerID, Metadata: string(n.Metadata), PeerType: proto.PeerType(n.PeerType),
		}
	}
	return nil
}

func componentContentOf(n decode.Notification) protobuf.Message {
	switch n := n.(type) {
	case decode.ComponentCrashed:
		return &proto.ComponentCrashed{RoomId: n.RoomID, ComponentId: n.ComponentID}
	case decode.HLSPlayable:
		return &proto.HlsPlayable{RoomId: n.RoomID, ComponentId: n.ComponentID}
	case decode.HLSUploaded:
		return &proto.HlsUploaded{RoomId: n.RoomID}
	case decode.HLSUploadCrashed:
		return &proto.HlsUploadCrashed{RoomId: n.RoomID}
	}
	return nil
}

func fishjamContentOf(n decode.Notification) protobuf.Message {
	switch n := n.(type) {
	case decode.StreamConnected:
		return &proto.StreamConnected{StreamId: n.StreamID}
	case decode.StreamDisconnected:
		return &proto.StreamDisconnected{StreamId: n.StreamID}
	case decode.ViewerConnected:
		return &proto.ViewerConnected{StreamId: n.StreamID, ViewerId: n.ViewerID}
	case decode.ViewerDisconnected:
		return &proto.ViewerDisconnected{StreamId: n.StreamID, ViewerId: n.ViewerID}
	case decode.StreamerConnected:
		return &proto.StreamerConnected{StreamId: n.StreamID, StreamerId: n.StreamerID}
	case decode.StreamerDisconnected:
		return &proto.StreamerDisconnected{StreamId: n.StreamID, StreamerId: n.StreamerID}
	case decode.TrackForwarding:
		return &proto.TrackForwarding{
			RoomId: n.RoomID, PeerId: n.PeerID, CompositionUrl: n.CompositionURL, InputId: n.InputID,
			AudioTrack: forwardedTrack(n.Audio), VideoTrack: forwardedTrack(n.Video),
		}
	case decode.TrackForwardingRemoved:
		return &proto.TrackForwardingRemoved{
			RoomId: n.RoomID, PeerId: n.PeerID, CompositionUrl: n.CompositionURL, InputId: n.InputID,
		}
	case decode.VAD:
		return &proto.VadNotification{
			RoomId: n.RoomID, PeerId: n.PeerID, TrackId: n.TrackID, Status: proto.VadStatus(n.Status),
		}
	case decode.RecordingStatusChanged:
		return &proto.RecordingStatusChanged{
			RecordingId: n.RecordingID, Status: proto.RecordingStatus(n.Status), Metadata: string(n.Metadata),
		}
	}
	return nil
}
