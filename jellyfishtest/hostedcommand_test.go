package jellyfishtest_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Subscribers are notified of each status of a recording, and of each input of a
// composition.
func TestHostedCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := runHosted(t, jellyfishtest.Config{})
		sub, err := stream.Subscribe(t.Context(), stream.Config{
			FishjamID: account, ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient(),
		})
		if err != nil {
			t.Fatal(err)
		}
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		want := func(ns ...decode.Notification) {
			t.Helper()
			for _, n := range ns {
				if got := <-sub.Notifications(); got != n {
					t.Errorf("received %v, want %v", got, n)
				}
			}
		}
		recording, err := client.CreateRecording(t.Context(), fishjam.RecordingConfig{
			Source: fishjam.CompositionSource{CompositionURL: "https://c/1", OutputID: "o"}, Metadata: map[string]int{"a": 1},
		})
		check(err)
		_, err = client.StopRecording(t.Context(), recording.ID)
		check(err)
		for _, status := range []decode.RecordingStatus{decode.RecordingAvailable, decode.RecordingFailed} {
			check(server.SetRecordingStatus(recording.ID, status))
		}
		for _, status := range []decode.RecordingStatus{
			decode.RecordingActive, decode.RecordingFinished, decode.RecordingAvailable, decode.RecordingFailed,
		} {
			want(decode.RecordingStatusChanged{RecordingID: recording.ID, Status: status, Metadata: `{"a":1}`})
		}

		room, err := client.CreateRoom(t.Context(), fishjam.RoomConfig{})
		check(err)
		added, err := client.AddPeer(t.Context(), room.ID, fishjam.AgentOptions{})
		check(err)
		peer, input := added.Peer.ID, "input-"+added.Peer.ID
		check(server.ConnectPeer(room.ID, peer, ""))
		want(
			decode.RoomCreated{RoomID: room.ID},
			decode.PeerAdded{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeAgent},
			decode.PeerConnected{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeAgent},
			decode.PeerMetadataUpdated{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeAgent, Metadata: `{"peer":{},"server":{}}`},
		)
		audio := decode.Track{ID: "a", Type: decode.TrackTypeAudio, Metadata: "null"}
		video := decode.Track{ID: "v", Type: decode.TrackTypeVideo, Metadata: "null"}
		owner := decode.Owner{Type: decode.OwnerPeer, ID: peer}
		check(server.AddTrack(room.ID, peer, audio))
		check(client.ForwardTracks(t.Context(), room.ID, fishjam.TrackForwarding{CompositionURL: "https://c/1"}))
		check(server.AddTrack(room.ID, peer, video))
		check(server.RemoveTrack(room.ID, peer, "a"))
		check(server.RemoveTrack(room.ID, peer, "v"))
		to := decode.TrackForwarding{RoomID: room.ID, PeerID: peer, CompositionURL: "https://c/1", InputID: input}
		first, both, last := to, to, to
		first.Audio = audio
		both.Audio, both.Video = audio, video
		last.Video = video
		want(
			decode.TrackAdded{RoomID: room.ID, Owner: owner, Track: audio}, first,
			decode.TrackAdded{RoomID: room.ID, Owner: owner, Track: video}, both,
			decode.TrackRemoved{RoomID: room.ID, Owner: owner, Track: audio}, last,
			decode.TrackRemoved{RoomID: room.ID, Owner: owner, Track: video},
			decode.TrackForwardingRemoved{RoomID: room.ID, PeerID: peer, CompositionURL: "https://c/1", InputID: input},
		)
	})
}

// Commands fail where there is nothing that they can be about.
func TestHostedCommandsThatFail(t *testing.T) {
	server, client := runHosted(t, jellyfishtest.Config{})
	conference, err := client.CreateRoom(t.Context(), fishjam.RoomConfig{})
	if err != nil {
		t.Fatal(err)
	}
	live, err := client.CreateLivestream(t.Context(), fishjam.LivestreamConfig{})
	if err != nil {
		t.Fatal(err)
	}
	streamer, err := client.AddStreamer(t.Context(), live.ID)
	if err != nil {
		t.Fatal(err)
	}
	connectViewer := func(server *jellyfishtest.Server, id string) error {
		_, err := server.ConnectViewer(id, "")
		return err
	}
	other := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	for what, err := range map[string]error{
		"a streamer of a conference":                server.ConnectStreamer(conference.ID, "s"),
		"an unknown streamer":                       server.ConnectStreamer(live.ID, "s"),
		"a streamer that isn't connected":           server.DisconnectStreamer(live.ID, streamer.ID),
		"a viewer of an unknown livestream":         connectViewer(server, "none"),
		"an unknown viewer":                         server.DisconnectViewer(live.ID, "v"),
		"an unknown recording":                      server.SetRecordingStatus("none", decode.RecordingFailed),
		"a streamer of a server that isn't hosted":  other.ConnectStreamer("s", "s"),
		"a viewer of a server that isn't hosted":    connectViewer(other, "s"),
		"a recording of a server that isn't hosted": other.SetRecordingStatus("r", decode.RecordingFailed),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "jellyfishtest: ") {
			t.Errorf("%s: error %v", what, err)
		}
	}
}
