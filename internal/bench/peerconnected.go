package main

import pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"

// peerConnected compares the shortest usual notification: two ids in 78 bytes,
// 80 as a frame.
func peerConnected() comparison {
	return comparison{
		name:     "PeerConnected 80 B",
		messages: 300_000,
		window:   notificationWindow,
		bar:      bar{ratio: 3.8, cpu: 1 / 3.8, allocs: 2},
		payloads: peerConnectedPayloads,
		library:  connectLibrary,
		plain:    connectPlain,
	}
}

func peerConnectedPayloads() [][]byte {
	ids := newIdentifiers()
	payloads := make([][]byte, 4096)
	for i := range payloads {
		payloads[i] = encode(&pb.ServerMessage{Content: &pb.ServerMessage_PeerConnected{
			PeerConnected: &pb.PeerConnected{RoomId: ids.next(), PeerId: ids.next()},
		}})
	}
	return payloads
}
