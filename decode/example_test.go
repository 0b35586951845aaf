package decode_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// A frame of the server notification socket.
const frame = "8a01230a06726f6f6d2d311206706565722d3122110a02743110011a09226d79766964656f22"

func ExampleAppend() {
	message, err := hex.DecodeString(frame)
	if err != nil {
		log.Fatal(err)
	}
	notifications, err := decode.Append(nil, message)
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range notifications {
		switch n := n.(type) {
		case decode.TrackAdded:
			fmt.Println(n.Owner, "published", n.Track.Type, "in", n.RoomID)
		default:
			fmt.Println(n.Kind())
		}
	}
	// Output:
	// peer peer-1 published video in room-1
}

func ExampleAppend_undecodable() {
	_, err := decode.Append(nil, []byte{0x12, 0x4c, 0x0a})
	fmt.Println(err)
	// Output:
	// decode: undecodable message: message cut short at byte 1
}

func ExampleMetadata_Unmarshal() {
	n := decode.PeerMetadataUpdated{PeerID: "peer-1", Metadata: `{"name":"Zoë"}`}
	var about struct {
		Name string `json:"name"`
	}
	if err := n.Metadata.Unmarshal(&about); err != nil {
		log.Fatal(err)
	}
	fmt.Println(n.PeerID, "is", about.Name)
	// Output:
	// peer-1 is Zoë
}

func ExampleNotification() {
	for _, n := range []decode.Notification{
		decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"},
		decode.RoomDeleted{RoomID: "room-1"},
		decode.Unknown{Number: 99},
	} {
		switch n := n.(type) {
		case decode.PeerConnected:
			fmt.Println("peer", n.PeerID, "joined room", n.RoomID)
		case decode.Unknown:
			fmt.Println("this library is older than message type", n.Number)
		default:
			fmt.Println(n)
		}
	}
	// Output:
	// peer peer-1 joined room room-1
	// room_deleted room_id="room-1"
	// this library is older than message type 99
}

func ExampleNotification_json() {
	var n decode.Notification = decode.TrackRemoved{
		RoomID: "room-1",
		Owner:  decode.Owner{Type: decode.OwnerPeer, ID: "peer-1"},
		Track:  decode.Track{ID: "t1", Type: decode.TrackTypeAudio, Metadata: "null"},
	}
	text, err := json.Marshal(n)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", text)
	// Output:
	// {"kind":"track_removed","room_id":"room-1","owner":{"type":"peer","id":"peer-1"},"track":{"id":"t1","type":"audio","metadata":null}}
}

// A file of JSON lines, one notification each, is read back.
func ExampleUnmarshalNotification() {
	file := strings.NewReader(`{"kind":"room_created","room_id":"room-1"}
{"kind":"track_added","room_id":"room-1","owner":{"type":"peer","id":"peer-1"},"track":{"id":"t1","type":"audio","metadata":{"a":1}}}
`)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		n, err := decode.UnmarshalNotification(lines.Bytes())
		if err != nil {
			log.Fatal(err)
		}
		if n, ok := n.(decode.TrackAdded); ok {
			fmt.Println(n.Owner, "published", n.Track.Type, n.Track.Metadata)
		}
	}
	// Output:
	// peer peer-1 published audio {"a":1}
}

func ExampleRoomOf() {
	for _, n := range []decode.Notification{
		decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"},
		decode.ViewerConnected{StreamID: "s1", ViewerID: "v1"},
	} {
		room, ok := decode.RoomOf(n)
		fmt.Printf("%v %q %v\n", n.Kind(), room, ok)
	}
	// Output:
	// peer_connected "room-1" true
	// viewer_connected "" false
}

func ExampleParseKind() {
	kind, ok := decode.ParseKind("track_added")
	fmt.Println(kind, ok, kind == decode.TrackAdded{}.Kind())
	// Output:
	// track_added true true
}
