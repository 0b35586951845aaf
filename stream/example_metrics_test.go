package stream_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The metrics of one room. Each node of a cluster reports the rooms that it
// holds, so that most reports don't have it.
func ExampleReport() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	}, stream.WithMetrics())
	if err != nil {
		log.Fatal(err)
	}
	_ = server.SendMetrics(`{"room_id=cellar":{}}`)
	_ = server.SendMetrics(`{"room_id=lobby":{"endpoint_id=ada":{
		"ice.bytes_received": 379567,
		"ice.bytes_received-per-second": 68355.6,
		"track_id=ada:5f2c:": {"inbound-rtp.encoding": "OPUS", "inbound-rtp.packets": 406}
	}}}`)
	for report := range sub.Metrics() {
		room, ok, err := report.Room("lobby")
		if err != nil {
			log.Print(err) // The report can still be read as text: report.JSON.
		}
		if !ok {
			continue
		}
		for _, endpoint := range room.Endpoints {
			rate, _ := endpoint.Float(decode.ICEBytesReceived.PerSecond())
			fmt.Printf("%s sends %.0f bytes a second\n", endpoint.ID, rate)
			for _, track := range endpoint.Tracks {
				encoding, _ := track.Text(decode.InboundRTPEncoding)
				packets, _ := track.Int(decode.InboundRTPPackets)
				fmt.Printf("track %s: %d packets of %s\n", track.ID.Track(), packets, encoding)
			}
		}
		break
	}
	// Output:
	// ada sends 68356 bytes a second
	// track ada:5f2c: 406 packets of OPUS
}
