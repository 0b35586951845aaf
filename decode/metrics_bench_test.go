package decode_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// generatedReport returns a report of the given number of rooms, of about the given
// number of bytes. A room has one endpoint that sends a track with a retransmission
// stream and receives another. The session descriptions take the remaining space.
func generatedReport(rooms, size int) decode.MetricsReport {
	const line = "a=candidate:1 1 UDP 2122252543 192.0.2.1 51895 typ host\r\n"
	tree := make(map[string]any)
	for i := range rooms {
		tree[fmt.Sprintf("room_id=room-%03d", i)] = generatedRoom(i, "")
	}
	small, _ := json.Marshal(tree)
	lines := max(0, size-len(small)) / rooms / (2 * (len(line) + 2))
	for i := range rooms {
		tree[fmt.Sprintf("room_id=room-%03d", i)] = generatedRoom(i, strings.Repeat(line, lines))
	}
	text, _ := json.Marshal(tree)
	return decode.MetricsReport{JSON: string(text)}
}

func generatedRoom(i int, sdp string) map[string]any {
	peer := fmt.Sprintf("a8de68da-eb7e-44d7-8c06-%012d", i)
	other := fmt.Sprintf("58196c5a-7992-4743-9b8c-%012d", i)
	return map[string]any{"endpoint_id=" + peer: map[string]any{
		"ice.bytes_received":            379567 + i,
		"ice.bytes_received-per-second": 68355.6,
		"ice.bytes_sent":                354075,
		"ice.bytes_sent-per-second":     63083.9,
		"ice.packets_received":          406,
		"ice.packets_sent":              399,
		"ice.port":                      51895,
		"ice.protocol":                  "udp",
		"sdp.offer":                     sdp,
		"sdp.answer":                    sdp,
		"endpoint.metadata":             map[string]any{"name": "Zoë"},
		"track_id=" + peer + ":11111111-0000-4000-8000-000000000000:h": map[string]any{
			"inbound-rtp.bytes_received":            379567,
			"inbound-rtp.bytes_received-per-second": 68355.6,
			"inbound-rtp.encoding":                  "VP8",
			"inbound-rtp.packets":                   406,
			"inbound-rtp.ssrc":                      1234567,
			"track.metadata":                        map[string]any{"active": true, "type": "camera"},
			"rtx_stream": map[string]any{
				"inbound-rtp.bytes_received":            7680,
				"inbound-rtp.bytes_received-per-second": 0.5,
			},
		},
		"track_id=" + other + ":22222222-0000-4000-8000-000000000000": map[string]any{
			"outbound-rtp.bytes":   354075,
			"outbound-rtp.packets": 399,
			"outbound-rtp.variant": "high",
		},
	}}
}

// BenchmarkMetrics measures a whole report, one room of it, and encoding/json, on
// reports of several sizes.
func BenchmarkMetrics(b *testing.B) {
	for _, c := range []struct {
		name        string
		rooms, size int
	}{
		{"10kB", 5, 10_000},
		{"500kB", 100, 500_000},
		{"500kB of metrics", 540, 0}, // Without session descriptions.
	} {
		report := generatedReport(c.rooms, c.size)
		measure := func(name string, work func() error) {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(report.JSON)))
				for b.Loop() {
					if err := work(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		middle := fmt.Sprintf("room-%03d", c.rooms/2)
		measure("Parse", func() error {
			_, err := report.Parse()
			return err
		})
		measure("Room", func() error {
			_, ok, err := report.Room(middle)
			if !ok {
				b.Fatal("no room")
			}
			return err
		})
		measure("json", func() error {
			var tree map[string]any
			return report.Unmarshal(&tree)
		})
	}
}
