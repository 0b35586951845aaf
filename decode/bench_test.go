package decode_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// The messages that the measurements use, with ids as long as a server's.
var (
	peerConnected = payload(2,
		text(1, "fbf4190c-5c76-415c-8939-52c6ed20868b"),
		text(2, "c7236587-5df8-4b41-b6e4-268e71133ee2"))
	trackAdded = payload(17,
		text(1, "fbf4190c-5c76-415c-8939-52c6ed20868b"),
		text(2, "c7236587-5df8-4b41-b6e4-268e71133ee2"),
		payload(4,
			text(1, "c7236587-5df8-4b41-b6e4-268e71133ee2:aaaaaaaa-0000-4000-8000-000000000001"),
			varint(2, 1),
			text(3, `{"active":true,"type":"camera"}`)))
)

// BenchmarkAppend measures Append beside proto.Unmarshal and a copy of the
// fields into the same type.
func BenchmarkAppend(b *testing.B) {
	for name, message := range map[string][]byte{"PeerConnected": peerConnected, "TrackAdded": trackAdded} {
		b.Run(name+"/append", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(message)))
			dst := make([]decode.Notification, 0, 1)
			for b.Loop() {
				if _, err := decode.Append(dst, message); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/proto", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(message)))
			dst := make([]decode.Notification, 0, 1)
			for b.Loop() {
				var m pb.ServerMessage
				if err := proto.Unmarshal(message, &m); err != nil {
					b.Fatal(err)
				}
				_ = append(dst, converted(&m))
			}
		})
	}
}
