package main

import (
	"fmt"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// trackAdded compares a notification with metadata, 300 bytes as a frame.
func trackAdded() comparison {
	return comparison{
		name:     "TrackAdded 300 B",
		messages: 200_000,
		window:   notificationWindow,
		bar:      bar{ratio: 3.2},
		payloads: trackAddedPayloads,
		library:  connectLibrary,
		plain:    connectPlain,
	}
}

func trackAddedPayloads() [][]byte {
	ids := newIdentifiers()
	payloads := make([][]byte, 1024)
	for i := range payloads {
		peer := ids.next()
		payloads[i] = encode(&pb.ServerMessage{Content: &pb.ServerMessage_TrackAdded{
			TrackAdded: &pb.TrackAdded{
				RoomId:       ids.next(),
				EndpointInfo: &pb.TrackAdded_PeerId{PeerId: peer},
				Track: &pb.Track{
					Id:       peer + ":" + ids.next(),
					Type:     pb.TrackType_TRACK_TYPE_VIDEO,
					Metadata: fmt.Sprintf(`{"active":true,"device":%q,"name":"Alan Kay","type":"camera"}`, ids.next()+ids.next()),
				},
			},
		}})
	}
	return payloads
}
