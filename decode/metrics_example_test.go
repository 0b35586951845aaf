package decode_test

import (
	"fmt"
	"log"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// A report of a peer that publishes its camera and watches another one's.
var report = decode.MetricsReport{JSON: `{"room_id=room-1":{"endpoint_id=peer-1":{
	"ice.protocol":"udp","ice.port":51895,"endpoint.bandwidth":1500000.0,
	"track_id=peer-1:camera:":{
		"inbound-rtp.bytes_received":379567,"inbound-rtp.bytes_received-per-second":68355.6,
		"inbound-rtp.encoding":"VP8","track.metadata":{"type":"camera"},
		"rtx_stream":{"inbound-rtp.bytes_received":7680}},
	"track_id=peer-2:camera":{"outbound-rtp.packets":406,"outbound-rtp.variant":"high"}}}}`}

func ExampleMetricsReport_Room() {
	room, ok, err := report.Room("room-1")
	if err != nil {
		log.Fatal(err)
	}
	if !ok {
		log.Fatal("nobody uses WebRTC in this room")
	}
	for _, endpoint := range room.Endpoints {
		protocol, _ := endpoint.Text(decode.ICEProtocol)
		fmt.Println(endpoint.ID, "over", protocol)
		for _, track := range endpoint.Tracks {
			fmt.Println("  track", track.ID.Track(), "of", track.ID.Publisher())
			if rate, ok := track.Float(decode.InboundRTPBytesReceived.PerSecond()); ok {
				fmt.Println("    sends", rate, "bytes per second")
			}
			if variant, ok := track.Text(decode.OutboundRTPVariant); ok {
				fmt.Println("    receives the variant", variant)
			}
		}
	}
	// Output:
	// peer-1 over udp
	//   track peer-1:camera of peer-1
	//     sends 68355.6 bytes per second
	//   track peer-2:camera of peer-2
	//     receives the variant high
}

// The bytes that all rooms together received, retransmissions included.
func ExampleMetricsReport_Parse() {
	metrics, err := report.Parse()
	if err != nil {
		log.Fatal(err)
	}
	var total int64
	for _, room := range metrics.Rooms {
		for _, endpoint := range room.Endpoints {
			for _, track := range endpoint.Tracks {
				received, _ := track.Int(decode.InboundRTPBytesReceived)
				repeated, _ := track.RTX.Int(decode.InboundRTPBytesReceived)
				total += received + repeated
			}
		}
	}
	fmt.Println(total, "bytes")
	// Output:
	// 387247 bytes
}

func ExampleMetricsReport_Parse_invalid() {
	report := decode.MetricsReport{JSON: `["no report"]`}
	_, err := report.Parse()
	fmt.Println(err)
	fmt.Println(report.JSON)
	// Output:
	// decode: metrics report: expected an object at byte 0
	// ["no report"]
}

func ExampleMetricSet_All() {
	metrics, err := report.Parse()
	if err != nil {
		log.Fatal(err)
	}
	endpoint := metrics.Rooms[0].Endpoints[0]
	for name, value := range endpoint.All() {
		fmt.Println(name, "is", value, "of type", value.Type())
	}
	// Output:
	// endpoint.bandwidth is 1500000.0 of type float
	// ice.port is 51895 of type integer
	// ice.protocol is udp of type text
}

func ExampleMetricValue() {
	metrics, err := decode.MetricsReport{JSON: `{"new.metric":18446744073709551616}`}.Parse()
	if err != nil {
		log.Fatal(err)
	}
	value, ok := metrics.Get("new.metric")
	fmt.Println(value, value.Type(), ok)
	if _, ok := value.Int(); !ok {
		number, _ := value.Float()
		fmt.Println("too large for an int64:", number)
	}
	// Output:
	// 18446744073709551616 integer true
	// too large for an int64: 1.8446744073709552e+19
}
