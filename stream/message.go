package stream

import (
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

var errText = errors.New("stream: text message in a binary protocol")

func decodeMessage(dst []decode.Notification, message wsconn.Message) ([]decode.Notification, error) {
	if message.Text {
		return dst, errText
	}
	return decode.Append(dst, message.Data)
}

// parseControl returns a message that holds no notification.
func parseControl(message wsconn.Message) *pb.ServerMessage {
	control := &pb.ServerMessage{}
	if err := proto.Unmarshal(message.Data, control); err != nil {
		return nil
	}
	return control
}

// subscribeRequest holds nothing that could fail to be encoded.
func subscribeRequest(event pb.EventType) []byte {
	encoded, _ := proto.Marshal(&pb.ServerMessage{Content: &pb.ServerMessage_SubscribeRequest{
		SubscribeRequest: &pb.SubscribeRequest{EventType: event},
	}})
	return encoded
}
