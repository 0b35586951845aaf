package main

import (
	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

const (
	socketPath = "/socket/server/websocket"
	token      = "development"
	// endRoom is the room whose deletion tells a receiver that a round is over.
	endRoom = "end"
)

// handshakeRequests returns what a client says first. Each is answered once.
func handshakeRequests(types ...pb.EventType) [][]byte {
	requests := [][]byte{encode(&pb.ServerMessage{Content: &pb.ServerMessage_AuthRequest{
		AuthRequest: &pb.AuthRequest{Token: token},
	}})}
	for _, t := range types {
		requests = append(requests, encode(&pb.ServerMessage{Content: &pb.ServerMessage_SubscribeRequest{
			SubscribeRequest: &pb.SubscribeRequest{EventType: t},
		}}))
	}
	return requests
}

// answerTo returns the server's answer to a client's request, and whether the
// request subscribed it to something. The answer is nil where the client must
// not ask for this.
func answerTo(request *pb.ServerMessage) (answer []byte, subscribed bool) {
	switch content := request.Content.(type) {
	case *pb.ServerMessage_AuthRequest:
		return encode(&pb.ServerMessage{Content: &pb.ServerMessage_Authenticated{
			Authenticated: &pb.Authenticated{},
		}}), false
	case *pb.ServerMessage_SubscribeRequest:
		return encode(&pb.ServerMessage{Content: &pb.ServerMessage_SubscribeResponse{
			SubscribeResponse: &pb.SubscribeResponse{EventType: content.SubscribeRequest.EventType},
		}}), true
	}
	return nil, false
}

// endFrame is sent after the last message of a round.
func endFrame() []byte {
	return appendFrame(nil, opBinary, encode(&pb.ServerMessage{Content: &pb.ServerMessage_RoomDeleted{
		RoomDeleted: &pb.RoomDeleted{RoomId: endRoom},
	}}))
}

// encode returns a message's bytes.
func encode(m *pb.ServerMessage) []byte {
	encoded, err := proto.Marshal(m)
	if err != nil {
		panic(err) // Messages made here can all be encoded.
	}
	return encoded
}
