package jellyfishtest_test

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

const (
	videoFile = `{"type":"file","options":{"filePath":"video.h264"}}`
	audioFile = `{"type":"file","options":{"filePath":"audio.ogg"}}`
)

// The room had a webhook, of which the requests were recorded as well.
func TestMainFlow(t *testing.T) {
	replayFlow(t, "main_flow", func(f *flow) {
		recorded := recordedWebhooks(t, "notif_main_flow")
		f.webhooks = make(map[string]recordedWebhook)
		for _, w := range recorded {
			f.webhooks[w.Body] = w
		}
		f.createRoom(`{"webhookUrl":"http://127.0.0.1:35179/notify/here?a=b"}`)
		mainPeer(f)
		mainComponents(f)
		mainCrashes(f)
		mainEnd(f)
		f.receiver.expectNothing(t)
		if f.posted != len(recorded) {
			t.Errorf("the webhook was called %d times, recorded is %d", f.posted, len(recorded))
		}
	})
}

// mainPeer is a peer that comes, publishes, goes, comes back and is deleted.
func mainPeer(f *flow) {
	f.addPeer()
	f.connect()
	f.join(`{"metadata":{"nested":{"a":[1,2.5,null,true]},"name":"Zoë ☃ \"q\" \\ \n/", "n":1}}`)
	f.socket.tell(`{"type":"updateEndpointMetadata","data":{"metadata":null}}`)
	f.expect(1)
	f.socket.tell(`{"type":"updateEndpointMetadata","data":{"metadata":"just a string"}}`)
	f.expect(1)
	first := f.peer + ":aaaaaaaa-0000-4000-8000-000000000001"
	second := f.peer + ":bbbbbbbb-0000-4000-8000-000000000002"
	third := f.peer + ":cccccccc-0000-4000-8000-000000000003"
	f.addTrack(f.peer, first, decode.TrackTypeAudio, `{"type":"audio", "active":true}`)
	f.addTrack(f.peer, second, decode.TrackTypeVideo, "")
	f.call("")
	f.socket.tell(`{"type":"updateTrackMetadata","data":{"trackId":"` + first + `","trackMetadata":{"active":false}}}`)
	f.expect(1)
	f.ok(f.server.RemoveTrack(f.room, f.peer, second))
	f.expect(1)
	f.socket.leave()
	f.expect(2)
	f.call("")
	f.connect()
	f.join(`{"metadata":{"k":"v"}}`)
	f.addTrack(f.peer, third, decode.TrackTypeVideo, `{"type":"video"}`)
	f.call("")
	f.expect(3)
	f.socket.expectClose(1000, "Peer removed")
}

// mainComponents are components that play to their end, crash and are deleted.
func mainComponents(f *flow) {
	for range 2 {
		f.addComponent(videoFile)
		f.expect(1)
		f.addTrack(f.component, "0000000000000000", decode.TrackTypeVideo, "")
		f.ok(f.server.FinishComponent(f.room, f.component))
		f.expect(2)
		delete(f.ids, "0123456789ABCDEF")
	}
	f.addComponent(audioFile)
	f.expect(1)
	f.addTrack(f.component, "tt", decode.TrackTypeUnspecified, `{"x":"y"}`)
	f.ok(f.server.CrashComponent(f.room, f.component))
	f.expect(3)
	f.addComponent(audioFile)
	f.expect(1)
	f.addTrack(f.component, "tt2", decode.TrackTypeAudio, `{}`)
	f.call("")
	f.expect(2)
}

// mainCrashes are a peer that never comes and two that crash.
func mainCrashes(f *flow) {
	f.addPeer()
	f.call("")
	f.expect(1)

	f.addPeer()
	f.connect()
	f.join(`{"metadata":null}`)
	f.addTrack(f.peer, "T1", decode.TrackTypeAudio, `{"type":"audio"}`)
	f.ok(f.server.CrashPeer(f.room, f.peer, "ICE died: ☃"))
	f.expect(2)
	f.socket.expectClose(1011, "ICE died: ☃")
	f.call("")

	f.addPeer()
	f.connect()
	f.join(`{"metadata":null}`)
	f.ok(f.server.CrashPeer(f.room, f.peer, ""))
	f.expect(1)
	f.socket.expectClose(1011, "Internal server error")
}

// mainEnd is a room that is deleted with all that is in it.
func mainEnd(f *flow) {
	f.addPeer()
	peer, token := f.peer, f.token
	f.addPeer()
	f.peer, f.token = peer, token
	f.connect()
	f.join(`{"metadata":null}`)
	f.addTrack(f.peer, "T1", decode.TrackTypeAudio, `{"type":"audio"}`)
	f.addComponent(audioFile)
	f.expect(1)
	f.addTrack(f.component, "tt3", decode.TrackTypeAudio, `{}`)
	f.call("")
	// Peers go in the order of their ids. Recorded is that of the peer that was
	// added second, then that of the first.
	if f.peer < f.ids["072471d5-ff52-4295-ad7d-4490db937622"] {
		f.recorded = append([]flowEvent{f.recorded[1], f.recorded[2], f.recorded[0]}, f.recorded[3:]...)
	}
	f.expect(6)
	f.socket.expectClose(1000, "Room stopped")
}

func TestRoomCrashFlow(t *testing.T) {
	replayFlow(t, "room_crash", func(f *flow) {
		f.createRoom("")
		f.addPeer()
		f.connect()
		f.join(`{"metadata":null}`)
		f.addTrack(f.peer, "T1", decode.TrackTypeAudio, `{"type":"audio"}`)
		f.addComponent(audioFile)
		f.expect(1)
		f.ok(f.server.CrashRoom(f.room))
		f.expect(1)
		f.socket.expectClose(1011, "Internal server error")
		f.call("")

		f.createRoom("")
		f.addPeer()
		f.connect()
		f.ok(f.server.CrashRoom(f.room))
		f.expect(1)

		f.createRoom("")
		f.call(`{"type":"webrtc","options":null}`)
		f.expect(1)
	})
}

const hlsWithS3 = `{"type":"hls","options":{"persistent":false,"s3":` +
	`{"accessKeyId":"k","secretAccessKey":"s","region":"eu","bucket":"b"}}}`

const persistentHLSWithS3 = `{"type":"hls","options":{"persistent":true,"s3":` +
	`{"accessKeyId":"k","secretAccessKey":"s","region":"eu","bucket":"b"}}}`

func TestHLSFlow(t *testing.T) {
	replayFlow(t, "hls", func(f *flow) {
		for i, body := range []string{hlsWithS3, persistentHLSWithS3, hlsWithS3, persistentHLSWithS3} {
			f.server.FailUploads(i >= 2)
			f.createRoom(`{"videoCodec":"h264"}`)
			f.addComponent(body)
			f.ok(f.server.MakePlayable(f.room))
			f.expect(1)
			room := f.call("")
			if playable := room["components"].([]any)[0].(map[string]any)["properties"].(map[string]any)["playable"]; playable != true {
				f.Errorf("playable is %v", playable)
			}
			f.call("")
			f.expect(2)
		}
		f.createRoom(`{"videoCodec":"h264"}`)
		f.addComponent(hlsWithS3)
		f.call("")
		f.expect(1)

		f.createRoom(`{"videoCodec":"h264"}`)
		f.addComponent(`{"type":"hls"}`)
		// The recording names the component only here.
		f.ids[identifiersIn.FindAllString(f.recorded[0].HTTP, -1)[1]] = f.component
		f.call("")
		f.call("")
		f.expect(1)

		f.createRoom(`{"videoCodec":"h264"}`)
		f.addComponent(`{"type":"hls"}`)
		f.ok(f.server.CrashComponent(f.room, f.component))
		f.expect(1)
		f.call("")
		f.expect(1)
	})
}

// The flow was recorded with waits. Here the bubble's clock runs on while the
// test waits for a notification.
func TestPurgeFlow(t *testing.T) {
	replayFlow(t, "purge", func(f *flow) {
		f.createRoom(`{"peerlessPurgeTimeout":1}`)
		f.expect(1)
		f.call("")

		f.createRoom(`{"peerlessPurgeTimeout":1}`)
		f.addPeer()
		f.expect(2)

		f.createRoom(`{"peerDisconnectedTimeout":1}`)
		f.addPeer()
		f.expect(1)
		f.call("")
		f.addPeer()
		f.connect()
		f.socket.leave()
		f.expect(2)
		f.call("")
		f.expect(1)
	})
}

func TestWebhookFlow(t *testing.T) {
	replayFlow(t, "webhook_500", func(f *flow) {
		f.createRoom("")
		f.addPeer()
		f.call("")
		f.expect(2)
	})
}
