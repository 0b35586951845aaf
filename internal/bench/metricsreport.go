package main

import (
	"encoding/json"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// object is a JSON object; it is encoded with its keys sorted.
type object = map[string]any

// metricsPayloads makes two reports of about size bytes, shaped as a server's:
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

func marshalJSON(o object) []byte {
	encoded, err := json.Marshal(o)
	if err != nil {
		panic(err) // Numbers, texts and objects can all be encoded.
	}
	return encoded
}
