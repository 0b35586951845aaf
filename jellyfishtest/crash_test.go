package jellyfishtest_test

import (
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Acting on something that doesn't exist is an error that names it.
func TestActsOnWhatIsThere(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	createRoom(t, server, `{"roomId":"room"}`)
	peer, _ := addPeer(t, server, "room")
	component := addComponent(t, server, "room", videoFile)
	track := decode.Track{ID: "t1"}
	tests := []struct {
		err  error
		want string
	}{
		{server.CrashRoom("none"), "crash room: room none does not exist"},
		{server.CrashPeer("none", peer, ""), "crash peer: room none does not exist"},
		{server.CrashPeer("room", "none", ""), "crash peer: peer none does not exist"},
		{server.CrashPeer("room", peer, "\xff"), "crash peer " + peer + ": reason "},
		{server.AddTrack("room", component, decode.Track{ID: "\xff"}), "add track: id "},
		{server.CrashComponent("room", "none"), "crash component: component none does not exist"},
		{server.FinishComponent("room", peer), "finish component: component " + peer + " does not exist"},
		{server.MakePlayable("room"), "make playable: room room has no HLS component"},
		{server.AddTrack("none", peer, track), "add track: room none does not exist"},
		{server.AddTrack("room", "none", track), "add track: none is in room room neither a peer nor a component"},
		{server.AddTrack("room", peer, track), "add track: peer " + peer + " is not connected"},
		{server.AddTrack("room", component, decode.Track{ID: "t1", Metadata: "{"}), "add track t1: metadata: "},
		{server.AddTrack("room", component, track), ""},
		{server.AddTrack("room", component, track), "add track: track t1 exists"},
		{server.UpdateTrack("room", component, "t2", "1"), "update track: track t2 does not exist"},
		{server.UpdateTrack("room", component, "t1", "\xff"), "update track t1: metadata: "},
		{server.RemoveTrack("room", component, "t2"), "remove track: track t2 does not exist"},
		{server.RemoveTrack("room", component, "t1"), ""},
		{server.AddRecording("../x", nil), `add recording "../x": `},
		{server.AddRecording("", nil), `add recording "": `},
	}
	for i, test := range tests {
		switch {
		case test.want == "" && test.err != nil:
			t.Errorf("%d: got error %v, want none", i, test.err)
		case test.want != "" && (test.err == nil || !strings.HasPrefix(test.err.Error(), "jellyfishtest: "+test.want)):
			t.Errorf("%d: got error %v, want %q", i, test.err, test.want)
		}
	}
}

// A close frame carries at most 123 bytes of a reason, the notification all.
func TestLongCrashReason(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, "")
		peer, token := addPeer(t, server, room)
		p := connectPeer(t, server, token)
		if err := server.CrashPeer(room, peer, "x"+strings.Repeat("☃", 100)); err != nil {
			t.Fatal(err)
		}
		p.expectClose(1011, "x"+strings.Repeat("☃", 40))
	})
}

// Jellyfish protocol, section 2.1: a room in which something raises an error is
// emptied before it crashes.
func TestRoomFailsOnBadOptions(t *testing.T) {
	for _, body := range []string{
		`{"type":"hls","options":{"s3":{"bucket":"b"}}}`,
		`{"type":"hls","options":{"s3":5}}`,
		`{"type":"file","options":[]}`,
	} {
		inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
			watcher := subscribe(t, server)
			room := createRoom(t, server, `{"videoCodec":"h264"}`)
			_, token := addPeer(t, server, room)
			p := connectPeer(t, server, token)
			addComponent(t, server, room, videoFile)
			must(t, server, 500, "POST", "/room/"+room+"/component", body)
			must(t, server, 404, "GET", "/room/"+room, "")
			p.expectClose(1000, "Room stopped")
			watcher.expectKinds(decode.KindRoomCreated, decode.KindPeerAdded, decode.KindPeerConnected,
				decode.KindTrackAdded, decode.KindPeerDeleted, decode.KindTrackRemoved, decode.KindRoomCrashed)
		})
	}
}

// Jellyfish protocol, section 4.5: what the recorded calls leave open.
func TestComponentOptions(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	createRoom(t, server, `{"roomId":"room","videoCodec":"h264"}`)
	tests := []struct {
		body   string
		status int
		want   string
	}{
		{`{"type":"recording","options":{"credentials":{"accessKeyId":"k","secretAccessKey":"s","bucket":"b"}}}`,
			400, `{"errors":"Invalid request body structure"}`},
		{`{"type":"rtsp","options":{"sourceUri":null}}`, 400, `{"errors":"Invalid request body structure"}`},
		{`{"type":"rtsp","options":{"sourceUri":"x","rtpPort":65536}}`, 400, `{"errors":"Invalid request body structure"}`},
		{`{"type":"file","options":{"filePath":5,"framerate":"x"}}`, 400, `{"errors":"Invalid request body structure"}`},
		{`{"type":"file","options":{"filePath":"."}}`, 400, `{"errors":"Invalid file path"}`},
		{`{"type":"hls","options":{"lowLatency":null}}`, 400, `{"errors":"Invalid request body structure"}`},
		{`{"type":"hls","options":{"s3":null,"targetWindowDuration":null}}`, 201, `"targetWindowDuration":null`},
	}
	for _, test := range tests {
		status, text := call(t, server, "POST", "/room/room/component", test.body)
		if status != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s: got %d and %s, want %d and %s", test.body, status, text, test.status, test.want)
		}
	}
}

// Jellyfish protocol, section 4.6.
func TestRecordings(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	createRoom(t, server, `{"roomId":"room","videoCodec":"h264"}`)
	addComponent(t, server, "room", `{"type":"hls","options":{"persistent":true}}`)
	expect := func(path string, status int, want string) {
		t.Helper()
		response, body := exchange(t, server, newRequest(t, server, "GET", path, ""))
		if response.StatusCode != status || body != want {
			t.Errorf("%s: got %d and %s, want %d and %s", path, response.StatusCode, body, status, want)
		}
	}
	expect("/hls/room/index.m3u8", 404, `{"errors":"File not found"}`)
	if err := server.MakePlayable("room"); err != nil {
		t.Fatal(err)
	}
	expect("/hls/room/index.m3u8", 200, "#EXTM3U\n")
	expect("/hls/room/..%2Fx", 400, `{"errors":"Invalid filename, got ../x"}`)
	if _, body := call(t, server, "GET", "/recording", ""); body != `{"data":[]}` {
		t.Errorf("a live stream is listed: %s", body)
	}
	must(t, server, 204, "DELETE", "/room/room", "")
	expect("/hls/room/index.m3u8", 404, `{"errors":"File not found"}`)
	if _, body := call(t, server, "GET", "/recording", ""); body != `{"data":["room"]}` {
		t.Errorf("got recordings %s, want the room's", body)
	}
	expect("/recording/room/index.m3u8", 200, "#EXTM3U\n")
	expect("/recording/room/..%2Fx", 400, `{"errors":"Invalid filename, got: ../x"}`)
	expect("/recording/../x", 400, `{"errors":"Invalid recording, got: .."}`)
	expect("/recording/none/x", 404, `{"errors":"File not found"}`)
}
