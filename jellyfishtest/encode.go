package jellyfishtest

import (
	"fmt"
	"reflect"

	"google.golang.org/protobuf/encoding/protowire"
	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// batchNumber is the number of NotificationBatch in ServerMessage.
const batchNumber = 33

// cutMessage is a room_created to be cut in half.
const cutMessage = "\x52\x05\x0a\x03cut"

// encode returns the bytes of a notification, a whole ServerMessage.
func encode(n decode.Notification) ([]byte, error) {
	if unknown, ok := n.(decode.Unknown); ok {
		return encodeUnknown(unknown)
	}
	parts := partsOf(n)
	if parts == nil {
		return nil, noWireForm(n)
	}
	var content []byte
	for _, part := range parts {
		var err error
		if content, err = (protobuf.MarshalOptions{}).MarshalAppend(content, part); err != nil {
			return nil, fmt.Errorf("jellyfishtest: send %T: %w", n, err)
		}
	}
	return member(protowire.Number(n.Kind()), content), nil
}

// noWireForm says why a notification can't be sent, and what can.
func noWireForm(n decode.Notification) error {
	const format = "jellyfishtest: send %T: it has no wire form"
	if v := reflect.ValueOf(n); v.Kind() == reflect.Pointer {
		if _, ok := reflect.Zero(v.Type().Elem()).Interface().(decode.Notification); ok {
			return fmt.Errorf(format+": send a %s, not a pointer to it", n, v.Type().Elem())
		}
	}
	return fmt.Errorf(format, n)
}

func encodeUnknown(n decode.Unknown) ([]byte, error) {
	number := protowire.Number(n.Number)
	if !number.IsValid() {
		return nil, fmt.Errorf("jellyfishtest: send %T: %d is no field number", n, n.Number)
	}
	return member(number, []byte(n.Payload)), nil
}

// encodeBatch returns the bytes of a batch, a whole ServerMessage.
func encodeBatch(ns []decode.Notification) ([]byte, error) {
	var messages [][]byte
	for _, n := range ns {
		message, err := encode(n)
		if err != nil {
			return nil, err
		}
		messages = append(messages, message)
	}
	return batchOf(messages), nil
}

// batchOf returns a batch of messages.
func batchOf(messages [][]byte) []byte {
	var batch []byte
	for _, message := range messages {
		batch = append(batch, member(1, message)...)
	}
	return member(batchNumber, batch)
}

// member returns a field that holds a message.
func member(number protowire.Number, payload []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), payload)
}

// partsOf returns the wire message of a notification, whose number in
// ServerMessage is the notification's kind, or nil if it has none. Its parts,
// encoded one after the other, are the whole: the generated code encodes an
// owner last, the server encodes all fields in the order of their numbers.
func partsOf(n decode.Notification) []protobuf.Message {
	switch n := n.(type) {
	case decode.TrackAdded:
		return trackParts(n.RoomID, n.Owner, n.Track)
	case decode.TrackRemoved:
		return trackParts(n.RoomID, n.Owner, n.Track)
	case decode.TrackMetadataUpdated:
		return trackParts(n.RoomID, n.Owner, n.Track)
	case decode.ChannelAdded:
		return channelParts(n.RoomID, n.Owner, n.ChannelID)
	case decode.ChannelRemoved:
		return channelParts(n.RoomID, n.Owner, n.ChannelID)
	}
	if content := contentOf(n); content != nil {
		return []protobuf.Message{content}
	}
	return nil
}

// trackParts makes the message that all three notifications of an owner's track
// are: they have the same fields.
func trackParts(roomID string, owner decode.Owner, t decode.Track) []protobuf.Message {
	head := &proto.TrackAdded{RoomId: roomID}
	switch owner.Type {
	case decode.OwnerPeer:
		head.EndpointInfo = &proto.TrackAdded_PeerId{PeerId: owner.ID}
	case decode.OwnerComponent:
		head.EndpointInfo = &proto.TrackAdded_ComponentId{ComponentId: owner.ID}
	}
	return []protobuf.Message{head, &proto.TrackAdded{Track: track(t)}}
}

// channelParts makes the message that both notifications of an owner's channel
// are.
func channelParts(roomID string, owner decode.Owner, channelID string) []protobuf.Message {
	head := &proto.ChannelAdded{RoomId: roomID}
	switch owner.Type {
	case decode.OwnerPeer:
		head.EndpointInfo = &proto.ChannelAdded_PeerId{PeerId: owner.ID}
	case decode.OwnerComponent:
		head.EndpointInfo = &proto.ChannelAdded_ComponentId{ComponentId: owner.ID}
	}
	return []protobuf.Message{head, &proto.ChannelAdded{ChannelId: channelID}}
}

func track(t decode.Track) *proto.Track {
	return &proto.Track{Id: t.ID, Type: proto.TrackType(t.Type), Metadata: string(t.Metadata)}
}

// forwardedTrack returns nil for a track without an id: it isn't forwarded.
func forwardedTrack(t decode.Track) *proto.Track {
	if t.ID == "" {
		return nil
	}
	return track(t)
}

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
