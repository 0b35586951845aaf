package jellyfishtest_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// vectors are notifications and their bytes (Jellyfish protocol, section 7.3).
var vectors = []struct {
	notification decode.Notification
	hex          string
}{
	{decode.RoomCreated{RoomID: "room-1"}, "52080a06726f6f6d2d31"},
	{decode.RoomDeleted{RoomID: "room-1"}, "5a080a06726f6f6d2d31"},
	{decode.RoomCrashed{RoomID: "room-1"}, "0a080a06726f6f6d2d31"},
	{decode.PeerAdded{RoomID: "room-1", PeerID: "peer-1"}, "a201100a06726f6f6d2d311206706565722d31"},
	{decode.PeerDeleted{RoomID: "room-1", PeerID: "peer-1"}, "aa01100a06726f6f6d2d311206706565722d31"},
	{decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"}, "12100a06726f6f6d2d311206706565722d31"},
	{decode.PeerDisconnected{RoomID: "room-1", PeerID: "peer-1"}, "1a100a06726f6f6d2d311206706565722d31"},
	{decode.PeerCrashed{RoomID: "room-1", PeerID: "peer-1", Reason: "boom"}, "22160a06726f6f6d2d311206706565722d311a04626f6f6d"},
	{decode.PeerCrashed{RoomID: "room-1", PeerID: "peer-1"}, "22100a06726f6f6d2d311206706565722d31"},
	{decode.ComponentCrashed{RoomID: "room-1", ComponentID: "comp-1"}, "2a100a06726f6f6d2d311206636f6d702d31"},
	{decode.HLSPlayable{RoomID: "room-1", ComponentID: "comp-1"}, "6a100a06726f6f6d2d311206636f6d702d31"},
	{decode.HLSUploaded{RoomID: "room-1"}, "72080a06726f6f6d2d31"},
	{decode.HLSUploadCrashed{RoomID: "room-1"}, "7a080a06726f6f6d2d31"},
	{
		decode.PeerMetadataUpdated{RoomID: "room-1", PeerID: "peer-1", Metadata: `{"name":"FishjamUser"}`},
		"8201280a06726f6f6d2d311206706565722d311a167b226e616d65223a22466973686a616d55736572227d",
	},
	{
		decode.TrackAdded{RoomID: "room-1", Owner: peer1, Track: decode.Track{ID: "t1", Type: decode.TrackTypeVideo, Metadata: `"myvideo"`}},
		"8a01230a06726f6f6d2d311206706565722d3122110a02743110011a09226d79766964656f22",
	},
	{
		decode.TrackAdded{RoomID: "room-1", Owner: component1, Track: decode.Track{ID: "t1", Type: decode.TrackTypeAudio, Metadata: "null"}},
		"8a011e0a06726f6f6d2d311a06636f6d702d31220c0a02743110021a046e756c6c",
	},
	{
		decode.TrackRemoved{RoomID: "room-1", Owner: peer1, Track: decode.Track{ID: "t1", Type: decode.TrackTypeVideo, Metadata: "null"}},
		"92011e0a06726f6f6d2d311206706565722d31220c0a02743110011a046e756c6c",
	},
	{
		decode.TrackMetadataUpdated{RoomID: "room-1", Owner: component1, Track: decode.Track{ID: "t1", Type: decode.TrackTypeVideo, Metadata: `{"a":1}`}},
		"9a01210a06726f6f6d2d311a06636f6d702d31220f0a02743110011a077b2261223a317d",
	},
	{decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1", PeerType: decode.PeerTypeWebRTC}, "12120a06726f6f6d2d311206706565722d311801"},
	{
		decode.PeerCrashed{RoomID: "room-1", PeerID: "peer-1", Reason: "boom", PeerType: decode.PeerTypeAgent},
		"22180a06726f6f6d2d311206706565722d311a04626f6f6d2002",
	},
	{decode.ViewerConnected{StreamID: "s1", ViewerID: "v1"}, "c201080a02733112027631"},
	{decode.StreamerConnected{StreamID: "s1", StreamerID: "x1"}, "d201080a02733112027831"},
	{decode.ChannelAdded{RoomID: "room-1", Owner: peer1, ChannelID: "c1"}, "e201140a06726f6f6d2d311206706565722d3122026331"},
	{
		decode.TrackForwarding{
			RoomID: "room-1", PeerID: "peer-1", CompositionURL: "u", InputID: "i",
			Audio: decode.Track{ID: "a", Type: decode.TrackTypeAudio, Metadata: "null"},
		},
		"f201230a06726f6f6d2d311206706565722d311a01752201692a0b0a016110021a046e756c6c",
	},
	{
		decode.VAD{RoomID: "room-1", PeerID: "peer-1", TrackID: "t1", Status: decode.VADSpeech},
		"8202160a06726f6f6d2d311206706565722d311a0274312002",
	},
	{
		decode.RecordingStatusChanged{RecordingID: "r1", Status: decode.RecordingActive, Metadata: "{}"},
		"92020a0a02723110011a027b7d",
	},
	// Numbered by hand, for the kinds that section 7.3 leaves out.
	{decode.StreamConnected{StreamID: "s1"}, "b201040a027331"},
	{decode.StreamDisconnected{StreamID: "s1"}, "ba01040a027331"},
	{decode.ViewerDisconnected{StreamID: "s1", ViewerID: "v1"}, "ca01080a02733112027631"},
	{decode.StreamerDisconnected{StreamID: "s1", StreamerID: "x1"}, "da01080a02733112027831"},
	{decode.ChannelRemoved{RoomID: "room-1", Owner: component1, ChannelID: "c1"}, "ea01140a06726f6f6d2d311a06636f6d702d3122026331"},
	{
		decode.TrackForwardingRemoved{RoomID: "room-1", PeerID: "peer-1", CompositionURL: "u", InputID: "i"},
		"fa01160a06726f6f6d2d311206706565722d311a0175220169",
	},
	{decode.Unknown{Number: 99, Payload: "xyz"}, "9a060378797a"},
}

var (
	peer1      = decode.Owner{Type: decode.OwnerPeer, ID: "peer-1"}
	component1 = decode.Owner{Type: decode.OwnerComponent, ID: "comp-1"}
)

func TestSendVectors(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		clients := []*rawClient{subscribe(t, server), subscribe(t, server)}
		for _, v := range vectors {
			send(t, server, v.notification)
		}
		for _, c := range clients {
			for _, v := range vectors {
				c.expect(binaryData, v.hex)
			}
		}
	})
}

// TestSendDecodes holds what is sent equal to what package decode reads.
func TestSendDecodes(t *testing.T) {
	for _, v := range vectors {
		payload, err := hex.DecodeString(v.hex)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode.Append(nil, payload)
		if err != nil || len(got) != 1 || got[0] != v.notification {
			t.Errorf("%#v: decoded as %#v with error %v", v.notification, got, err)
		}
	}
}

// Jellyfish protocol, section 7.3.
func TestSendBatch(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := subscribe(t, server)
		err := server.SendBatch(
			decode.RoomCreated{RoomID: "room-1"},
			decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1", PeerType: decode.PeerTypeWebRTC},
			decode.RoomDeleted{RoomID: "room-1"},
		)
		if err != nil {
			t.Fatal(err)
		}
		c.expect(binaryData, "8a022e0a0a52080a06726f6f6d2d310a1412120a06726f6f6d2d311206706565722d3118010a0a5a080a06726f6f6d2d31")
	})
}

// gap stands for a notification of another package.
type gap struct{}

func (gap) Kind() decode.Kind { return decode.KindGap }

func TestSendRefusesWhatHasNoWireForm(t *testing.T) {
	tests := []struct {
		notification decode.Notification
		want         string
	}{
		{gap{}, "send: decode: marshal jellyfishtest_test.gap: no server sends it"},
		{decode.Undecodable{Reason: "x"}, "send: decode: marshal decode.Undecodable: no server sends it"},
		{nil, "send: decode: marshal <nil>: no server sends it"},
		{&decode.PeerConnected{RoomID: "a"}, "send: decode: marshal *decode.PeerConnected: pass the value, not a pointer to it"},
		{(*decode.Unknown)(nil), "send: decode: marshal *decode.Unknown: pass the value, not a pointer to it"},
		{decode.Unknown{Number: 0}, "send: 0 is no field number of a decode.Unknown"},
		{decode.Unknown{Number: 1 << 29}, "send: 536870912 is no field number of a decode.Unknown"},
		{decode.RoomCreated{RoomID: "\xff"}, "send: decode: marshal decode.RoomCreated: text of field 1 isn't UTF-8"},
	}
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := subscribe(t, server)
		good := decode.RoomCreated{RoomID: "room-1"}
		for _, test := range tests {
			calls := map[string]error{
				"Send":           server.Send(good, test.notification),
				"SendBatch":      server.SendBatch(good, test.notification),
				"SendFragmented": server.SendFragmented(test.notification, 2),
				"Interleave":     server.Interleave(good, test.notification),
			}
			for name, err := range calls {
				if err == nil || !strings.HasPrefix(err.Error(), "jellyfishtest: "+test.want) {
					t.Errorf("%s: got error %v, want %q", name, err, test.want)
				}
			}
		}
		if err := server.SendFragmented(good, 0); err == nil {
			t.Error("no error for a message in 0 pieces")
		}
		c.expectNothing(time.Second)
	})
}

func TestSendFragmented(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := subscribe(t, server)
		if err := server.SendFragmented(decode.RoomCreated{RoomID: "room-1"}, 3); err != nil {
			t.Fatal(err)
		}
		c.expect(0x02, "52080a")
		c.expect(0x00, "06726f")
		c.expect(0x80, "6f6d2d31")
		if err := server.SendFragmented(decode.RoomCreated{}, 1); err != nil {
			t.Fatal(err)
		}
		c.expect(binaryData, "5200")
	})
}

func TestSendMessageAndTextReachTheUnsubscribed(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c, stranger := login(t, server), connect(t, server)
		synctest.Wait() // For the server to be done with the upgrades.
		garbage := []byte{0xff, 0xff}
		server.SendMessage(garbage)
		garbage[0] = 0 // The server keeps no slice of its caller's.
		server.SendText("hello")
		c.expect(binaryData, "ffff")
		c.expect(text, "68656c6c6f")
		stranger.expectNothing(time.Second)
	})
}

// Jellyfish protocol, section 9: a notification of 1 MB is one frame.
func TestLargeNotificationIsOneFrame(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := subscribe(t, server)
		id := strings.Repeat("r", 1<<20)
		send(t, server, decode.RoomCreated{RoomID: id})
		first, payload, err := c.receive()
		if err != nil || first != binaryData || !bytes.HasSuffix(payload, []byte(id)) {
			t.Fatalf("got a frame %x of %d bytes and error %v", first, len(payload), err)
		}
	})
}

func TestFrameSizes(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := login(t, server)
		for _, size := range []int{0, 1, 125, 126, 127, 65_535, 65_536} {
			server.SendMessage(make([]byte, size))
			first, payload, err := c.receive()
			if err != nil || first != binaryData || len(payload) != size {
				t.Fatalf("size %d: got a frame %x of %d bytes and error %v", size, first, len(payload), err)
			}
		}
	})
}

func TestSendOversized(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := login(t, server)
		const size = 5<<20 + 1
		server.SendOversized(size)
		server.SendText("after")
		first, payload, err := c.receive()
		if err != nil || first != binaryData || len(payload) != size {
			t.Fatalf("got a frame %x of %d bytes and error %v", first, len(payload), err)
		}
		if len(bytes.Trim(payload, "\x00")) > 0 {
			t.Error("the message isn't all zero")
		}
		c.expect(text, hex.EncodeToString([]byte("after")))
	})
}
