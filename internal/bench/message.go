package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

const (
	socketPath = "/socket/server/websocket"
	token      = "development"
)

// handshakeRequests returns the first messages of a client. Each gets one response.
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

// answerTo returns the server's response to a client's request, and whether the request
// subscribed the client to something. The response is nil if the client must not make
// the request.
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

// encode returns a message's bytes.
func encode(m *pb.ServerMessage) []byte {
	encoded, err := proto.Marshal(m)
	if err != nil {
		panic(err) // Every message made here can be encoded.
	}
	return encoded
}

// identifiers generates ids like those that a server gives to rooms and peers: random
// UUIDs, the same in every run.
type identifiers struct{ random *rand.Rand }

func newIdentifiers() identifiers {
	return identifiers{rand.New(rand.NewPCG(1, 2))}
}

func (i identifiers) next() string {
	high, low := i.random.Uint64(), i.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		high>>32, high>>16&0xffff, high&0xfff, low>>48&0x3fff|0x8000, low&0xffffffffffff)
}

// peerConnectedPayloads returns the shortest common notification: two ids in 78 bytes,
// 80 as a frame.
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

// trackAddedPayloads returns a notification with metadata, 300 bytes as a frame.
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

// roomPayloads returns notifications for each of a number of rooms in turn.
func roomPayloads(rooms int) [][]byte {
	ids, peers := roomIDs(rooms), newIdentifiers()
	payloads := make([][]byte, 4*rooms)
	for i := range payloads {
		payloads[i] = encode(&pb.ServerMessage{Content: &pb.ServerMessage_PeerConnected{
			PeerConnected: &pb.PeerConnected{RoomId: ids[i%rooms], PeerId: peers.next()},
		}})
	}
	return payloads
}

func roomIDs(rooms int) []string {
	identifiers := newIdentifiers()
	ids := make([]string, rooms)
	for i := range ids {
		ids[i] = identifiers.next()
	}
	return ids
}

// The values that the consumers look for and must find.
const (
	metricsRoom  = "7d1c5a9e-3f52-4b8a-9d1e-0c6b2f4e8a31"
	metricsPeer  = "2b9f0e64-8c17-4d2a-b5f3-71a0c9d8e542"
	metricsTrack = metricsPeer + ":camera"
	metricsValue = 379_567
)

func checkNumber(found int64) error {
	if found != metricsValue {
		return fmt.Errorf("a report says %d bytes, not %d", found, metricsValue)
	}
	return nil
}

// object is a JSON object; it is encoded with its keys sorted.
type object = map[string]any

// metricsPayloads returns two reports of about size bytes, in the form of a server's:
// rooms of four peers, each with its camera and the tracks that it watches.
func metricsPayloads(size int) [][]byte {
	ids := newIdentifiers()
	var payloads [][]byte
	for range 2 {
		payloads = append(payloads, encode(&pb.ServerMessage{Content: &pb.ServerMessage_MetricsReport{
			MetricsReport: &pb.MetricsReport{Metrics: metricsReport(ids, size)},
		}}))
	}
	return payloads
}

func metricsReport(ids identifiers, size int) string {
	watched := metricsRoomOf(ids)
	watched["endpoint_id="+metricsPeer] = metricsPeerOf("track_id="+metricsTrack, metricsValue, ids)
	report := object{
		"inbound-rtp.frames":     406,
		"inbound-rtp.keyframes":  9,
		"room_id=" + metricsRoom: watched,
	}
	for length := jsonLength(report); length < size; {
		id, room := "room_id="+ids.next(), metricsRoomOf(ids)
		report[id] = room
		length += jsonLength(object{id: room})
	}
	return string(marshalJSON(report))
}

func metricsRoomOf(ids identifiers) object {
	room := object{}
	for range 3 {
		peer := ids.next()
		room["endpoint_id="+peer] = metricsPeerOf("track_id="+peer+":camera", 354_075, ids)
	}
	return room
}

func metricsPeerOf(camera string, bytes int, ids identifiers) object {
	peer := object{
		"ice.protocol":               "udp",
		"ice.port":                   51_895,
		"ice.binding_requests":       12,
		"ice.bytes_received":         1_203_114,
		"ice.bytes_sent":             3_611_870,
		"ice.buffered_packets_count": 0,
		camera:                       inboundTrack(bytes),
	}
	for range 3 {
		peer["track_id="+ids.next()+":"+ids.next()] = outboundTrack()
	}
	return peer
}

func inboundTrack(bytes int) object {
	return object{
		"inbound-rtp.bytes_received":            bytes,
		"inbound-rtp.bytes_received-per-second": 68_355.6,
		"inbound-rtp.encoding":                  "VP8",
		"inbound-rtp.frames":                    406,
		"inbound-rtp.frames-per-second":         30.0,
		"rtx_stream": object{
			"inbound-rtp.bytes_received":            7_680,
			"inbound-rtp.bytes_received-per-second": 0.0,
		},
		"track.metadata": object{"active": true, "type": "camera"},
	}
}

func outboundTrack() object {
	return object{
		"outbound-rtp.bytes":            354_075,
		"outbound-rtp.bytes-per-second": 63_083.9,
		"outbound-rtp.variant":          "high",
	}
}

func jsonLength(o object) int { return len(marshalJSON(o)) }

func marshalJSON(o any) []byte {
	encoded, err := json.Marshal(o)
	if err != nil {
		panic(err) // Numbers, texts and objects can all be encoded.
	}
	return encoded
}

// roomList is a server's list of rooms with as many peers each. Every other peer is
// connected, and has metadata.
func roomList(rooms, peers int) []byte {
	ids := newIdentifiers()
	list := make([]object, rooms)
	for i := range list {
		list[i] = object{
			"id":         ids.next(),
			"components": []object{},
			"config": object{
				"maxPeers": nil, "videoCodec": nil, "webhookUrl": nil,
				"peerlessPurgeTimeout": nil, "peerDisconnectedTimeout": nil,
			},
			"peers": listedPeers(ids, peers),
		}
	}
	return marshalJSON(object{"data": list})
}

func listedPeers(ids identifiers, n int) []object {
	peers := make([]object, n)
	for i := range peers {
		peers[i] = object{"id": ids.next(), "type": "webrtc", "status": "disconnected", "tracks": []object{}, "metadata": nil}
		if i%2 == 0 {
			peers[i]["status"], peers[i]["metadata"] = "connected", object{"name": "Ada Lovelace"}
		}
	}
	return peers
}
