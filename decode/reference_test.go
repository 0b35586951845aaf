package decode_test

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// reference is Append, written with proto.Unmarshal.
func reference(message []byte) ([]decode.Notification, error) {
	var m pb.ServerMessage
	if err := proto.Unmarshal(message, &m); err != nil {
		return nil, err
	}
	if n := elements(message); n > decode.MaxBatch {
		return nil, fmt.Errorf("%d elements", n)
	}
	batch, ok := m.Content.(*pb.ServerMessage_NotificationBatch)
	if !ok {
		return withConverted(nil, &m), nil
	}
	var list []decode.Notification
	for _, element := range batch.NotificationBatch.GetNotifications() {
		if _, nested := element.Content.(*pb.ServerMessage_NotificationBatch); nested {
			list = append(list, decode.Undecodable{Reason: "a batch within a batch"})
			continue
		}
		list = withConverted(list, element)
	}
	return list, nil
}

// elements counts the elements of all batches in a valid message, including those of
// nested, repeated and replaced batches.
func elements(message []byte) (count int) {
	for _, batch := range payloads(message, 33) {
		for _, element := range payloads(batch, 1) {
			count += 1 + elements(element)
		}
	}
	return count
}

// payloads returns the payloads of a valid message's length-delimited fields with the
// wanted number.
func payloads(message []byte, wanted protowire.Number) (list [][]byte) {
	for len(message) > 0 {
		number, wire, n := protowire.ConsumeTag(message)
		size := protowire.ConsumeFieldValue(number, wire, message[n:])
		if number == wanted && wire == protowire.BytesType {
			payload, _ := protowire.ConsumeBytes(message[n:])
			list = append(list, payload)
		}
		message = message[n+size:]
	}
	return list
}

func withConverted(list []decode.Notification, m *pb.ServerMessage) []decode.Notification {
	if n := converted(m); n != nil {
		return append(list, n)
	}
	return list
}

// converted returns the notification of a message that isn't a batch, or nil if it has
// none.
func converted(m *pb.ServerMessage) decode.Notification {
	switch c := m.Content.(type) {
	case nil:
		return lastUnknown(m.ProtoReflect().GetUnknown())
	case *pb.ServerMessage_Authenticated, *pb.ServerMessage_AuthRequest,
		*pb.ServerMessage_SubscribeRequest, *pb.ServerMessage_SubscribeResponse:
		return nil
	case *pb.ServerMessage_MetricsReport:
		return decode.MetricsReport{JSON: c.MetricsReport.GetMetrics()}
	case *pb.ServerMessage_RoomCreated:
		return decode.RoomCreated{RoomID: c.RoomCreated.GetRoomId()}
	case *pb.ServerMessage_RoomDeleted:
		return decode.RoomDeleted{RoomID: c.RoomDeleted.GetRoomId()}
	case *pb.ServerMessage_RoomCrashed:
		return decode.RoomCrashed{RoomID: c.RoomCrashed.GetRoomId()}
	case *pb.ServerMessage_PeerAdded:
		p := c.PeerAdded
		return decode.PeerAdded{RoomID: p.GetRoomId(), PeerID: p.GetPeerId(), PeerType: decode.PeerType(p.GetPeerType())}
	case *pb.ServerMessage_PeerDeleted:
		p := c.PeerDeleted
		return decode.PeerDeleted{RoomID: p.GetRoomId(), PeerID: p.GetPeerId(), PeerType: decode.PeerType(p.GetPeerType())}
	case *pb.ServerMessage_PeerConnected:
		p := c.PeerConnected
		return decode.PeerConnected{RoomID: p.GetRoomId(), PeerID: p.GetPeerId(), PeerType: decode.PeerType(p.GetPeerType())}
	case *pb.ServerMessage_PeerDisconnected:
		p := c.PeerDisconnected
		return decode.PeerDisconnected{RoomID: p.GetRoomId(), PeerID: p.GetPeerId(), PeerType: decode.PeerType(p.GetPeerType())}
	case *pb.ServerMessage_PeerCrashed:
		p := c.PeerCrashed
		return decode.PeerCrashed{
			RoomID: p.GetRoomId(), PeerID: p.GetPeerId(),
			Reason: p.GetReason(), PeerType: decode.PeerType(p.GetPeerType()),
		}
	case *pb.ServerMessage_PeerMetadataUpdated:
		p := c.PeerMetadataUpdated
		return decode.PeerMetadataUpdated{
			RoomID: p.GetRoomId(), PeerID: p.GetPeerId(),
			Metadata: decode.Metadata(p.GetMetadata()), PeerType: decode.PeerType(p.GetPeerType()),
		}
	case *pb.ServerMessage_ComponentCrashed:
		return decode.ComponentCrashed{RoomID: c.ComponentCrashed.GetRoomId(), ComponentID: c.ComponentCrashed.GetComponentId()}
	case *pb.ServerMessage_HlsPlayable:
		return decode.HLSPlayable{RoomID: c.HlsPlayable.GetRoomId(), ComponentID: c.HlsPlayable.GetComponentId()}
	case *pb.ServerMessage_HlsUploaded:
		return decode.HLSUploaded{RoomID: c.HlsUploaded.GetRoomId()}
	case *pb.ServerMessage_HlsUploadCrashed:
		return decode.HLSUploadCrashed{RoomID: c.HlsUploadCrashed.GetRoomId()}
	case *pb.ServerMessage_TrackAdded:
		p := c.TrackAdded
		owner := convertedOwner(p.GetEndpointInfo(), p.GetPeerId(), p.GetComponentId())
		return decode.TrackAdded{RoomID: p.GetRoomId(), Owner: owner, Track: convertedTrack(p.GetTrack())}
	case *pb.ServerMessage_TrackRemoved:
		p := c.TrackRemoved
		owner := convertedOwner(p.GetEndpointInfo(), p.GetPeerId(), p.GetComponentId())
		return decode.TrackRemoved{RoomID: p.GetRoomId(), Owner: owner, Track: convertedTrack(p.GetTrack())}
	case *pb.ServerMessage_TrackMetadataUpdated:
		p := c.TrackMetadataUpdated
		owner := convertedOwner(p.GetEndpointInfo(), p.GetPeerId(), p.GetComponentId())
		return decode.TrackMetadataUpdated{RoomID: p.GetRoomId(), Owner: owner, Track: convertedTrack(p.GetTrack())}
	case *pb.ServerMessage_ChannelAdded:
		p := c.ChannelAdded
		owner := convertedOwner(p.GetEndpointInfo(), p.GetPeerId(), p.GetComponentId())
		return decode.ChannelAdded{RoomID: p.GetRoomId(), Owner: owner, ChannelID: p.GetChannelId()}
	case *pb.ServerMessage_ChannelRemoved:
		p := c.ChannelRemoved
		owner := convertedOwner(p.GetEndpointInfo(), p.GetPeerId(), p.GetComponentId())
		return decode.ChannelRemoved{RoomID: p.GetRoomId(), Owner: owner, ChannelID: p.GetChannelId()}
	case *pb.ServerMessage_TrackForwarding:
		p := c.TrackForwarding
		return decode.TrackForwarding{
			RoomID: p.GetRoomId(), PeerID: p.GetPeerId(),
			CompositionURL: p.GetCompositionUrl(), InputID: p.GetInputId(),
			Audio: convertedTrack(p.GetAudioTrack()), Video: convertedTrack(p.GetVideoTrack()),
		}
	case *pb.ServerMessage_TrackForwardingRemoved:
		p := c.TrackForwardingRemoved
		return decode.TrackForwardingRemoved{
			RoomID: p.GetRoomId(), PeerID: p.GetPeerId(),
			CompositionURL: p.GetCompositionUrl(), InputID: p.GetInputId(),
		}
	case *pb.ServerMessage_StreamConnected:
		return decode.StreamConnected{StreamID: c.StreamConnected.GetStreamId()}
	case *pb.ServerMessage_StreamDisconnected:
		return decode.StreamDisconnected{StreamID: c.StreamDisconnected.GetStreamId()}
	case *pb.ServerMessage_ViewerConnected:
		return decode.ViewerConnected{StreamID: c.ViewerConnected.GetStreamId(), ViewerID: c.ViewerConnected.GetViewerId()}
	case *pb.ServerMessage_ViewerDisconnected:
		return decode.ViewerDisconnected{StreamID: c.ViewerDisconnected.GetStreamId(), ViewerID: c.ViewerDisconnected.GetViewerId()}
	case *pb.ServerMessage_StreamerConnected:
		return decode.StreamerConnected{StreamID: c.StreamerConnected.GetStreamId(), StreamerID: c.StreamerConnected.GetStreamerId()}
	case *pb.ServerMessage_StreamerDisconnected:
		return decode.StreamerDisconnected{StreamID: c.StreamerDisconnected.GetStreamId(), StreamerID: c.StreamerDisconnected.GetStreamerId()}
	case *pb.ServerMessage_VadNotification:
		p := c.VadNotification
		return decode.VAD{
			RoomID: p.GetRoomId(), PeerID: p.GetPeerId(),
			TrackID: p.GetTrackId(), Status: decode.VADStatus(p.GetStatus()),
		}
	case *pb.ServerMessage_RecordingStatusChanged:
		p := c.RecordingStatusChanged
		return decode.RecordingStatusChanged{
			RecordingID: p.GetRecordingId(),
			Status:      decode.RecordingStatus(p.GetStatus()), Metadata: decode.Metadata(p.GetMetadata()),
		}
	}
	panic(fmt.Sprintf("no conversion of %T", m.Content))
}

func convertedTrack(t *pb.Track) decode.Track {
	return decode.Track{ID: t.GetId(), Type: decode.TrackType(t.GetType()), Metadata: decode.Metadata(t.GetMetadata())}
}

// convertedOwner returns the owner that the member of an endpoint_info oneof
// stands for.
func convertedOwner(member any, peerID, componentID string) decode.Owner {
	switch member.(type) {
	case nil:
		return decode.Owner{}
	case *pb.TrackAdded_PeerId, *pb.TrackRemoved_PeerId, *pb.TrackMetadataUpdated_PeerId,
		*pb.ChannelAdded_PeerId, *pb.ChannelRemoved_PeerId:
		return decode.Owner{Type: decode.OwnerPeer, ID: peerID}
	case *pb.TrackAdded_ComponentId, *pb.TrackRemoved_ComponentId, *pb.TrackMetadataUpdated_ComponentId,
		*pb.ChannelAdded_ComponentId, *pb.ChannelRemoved_ComponentId:
		return decode.Owner{Type: decode.OwnerComponent, ID: componentID}
	}
	panic(fmt.Sprintf("no owner for %T", member))
}

// lastUnknown returns the last length-delimited field of the unknown ones that
// proto.Unmarshal kept, or nil if there is none.
func lastUnknown(fields []byte) decode.Notification {
	var last decode.Notification
	for len(fields) > 0 {
		number, wire, n := protowire.ConsumeTag(fields)
		size := protowire.ConsumeFieldValue(number, wire, fields[n:])
		if wire == protowire.BytesType {
			payload, _ := protowire.ConsumeBytes(fields[n:])
			last = decode.Unknown{Number: int32(number), Payload: string(payload)}
		}
		fields = fields[n+size:]
	}
	return last
}
