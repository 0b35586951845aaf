package jellyfishtest_test

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// A peer that a test connects is told of like one whose client came (Jellyfish
// protocol, section 2.1, peer life-cycle sequences).
func TestConnectPeer(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	room := createRoom(t, server, "")
	peer, token := addPeer(t, server, room)
	watcher := subscribe(t, server)
	for _, err := range []error{
		server.ConnectPeer(room, peer, `{"name": "ada"}`),
		server.AddTrack(room, peer, decode.Track{ID: "t", Type: decode.TrackTypeAudio}),
		server.DisconnectPeer(room, peer),
		server.ConnectPeer(room, peer, ""),
		server.DisconnectPeer(room, peer),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	watcher.expectKinds(
		decode.KindPeerConnected, decode.KindPeerMetadataUpdated, decode.KindTrackAdded,
		decode.KindPeerDisconnected, decode.KindTrackRemoved,
		decode.KindPeerConnected, decode.KindPeerMetadataUpdated, decode.KindPeerDisconnected)

	// A client and a test can take turns.
	client := connectPeer(t, server, token)
	if err := server.ConnectPeer(room, peer, ""); err == nil {
		t.Error("a peer that is connected was connected again")
	}
	if err := server.DisconnectPeer(room, peer); err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.conn.Read(t.Context()); err == nil {
		t.Error("the client is still connected")
	}
	watcher.expectKinds(decode.KindPeerConnected, decode.KindPeerDisconnected)
	for _, err := range []error{
		server.DisconnectPeer(room, peer),
		server.ConnectPeer(room, peer, "{"),
		server.ConnectPeer(room, "nobody", ""),
		server.ConnectPeer("nowhere", peer, ""),
	} {
		if err == nil {
			t.Error("what can't be was done")
		}
	}
}
