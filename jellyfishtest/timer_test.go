package jellyfishtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Jellyfish protocol, section 4.3: the purge counts connected peers, and starts
// anew when the last one goes.
func TestPeerlessPurge(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		watcher := subscribe(t, server)
		room := createRoom(t, server, `{"peerlessPurgeTimeout":10}`)
		time.Sleep(9 * time.Second)
		_, token := addPeer(t, server, room)
		time.Sleep(9 * time.Second)
		p := connectPeer(t, server, token)
		watcher.expectKinds(decode.KindRoomCreated, decode.KindPeerAdded, decode.KindPeerConnected)
		time.Sleep(11 * time.Second)
		must(t, server, 200, "GET", "/room/"+room, "")
		p.leave()
		left := time.Now()
		watcher.expectKinds(decode.KindPeerDisconnected)
		watcher.expect(ping, "")
		watcher.expectKinds(decode.KindPeerDeleted, decode.KindRoomDeleted)
		if got := time.Since(left); got != 10*time.Second {
			t.Errorf("the room went after %v, want 10s", got)
		}
	})
}

// Both times are up at once: the peer goes first, which gives the room its time
// anew.
func TestPeerGoesBeforeItsRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		watcher := subscribe(t, server)
		room := createRoom(t, server, `{"peerlessPurgeTimeout":1,"peerDisconnectedTimeout":1}`)
		addPeer(t, server, room)
		added := time.Now()
		watcher.expectKinds(decode.KindRoomCreated, decode.KindPeerAdded, decode.KindPeerDeleted)
		if got := time.Since(added); got != time.Second {
			t.Errorf("the peer went after %v, want 1s", got)
		}
		watcher.expectKinds(decode.KindRoomDeleted)
		if got := time.Since(added); got != 2*time.Second {
			t.Errorf("the room went after %v, want 2s", got)
		}
	})
}

// A peer that comes back in time stays, and each peer has its own time.
func TestPeerDisconnectedTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		watcher := subscribe(t, server)
		room := createRoom(t, server, `{"peerDisconnectedTimeout":10}`)
		first, token := addPeer(t, server, room)
		time.Sleep(4 * time.Second) // less than an idle connection is kept
		second, _ := addPeer(t, server, room)
		p := connectPeer(t, server, token)
		p.leave()
		synctest.Wait()
		time.Sleep(9 * time.Second)
		p = connectPeer(t, server, token)
		time.Sleep(2 * time.Second)
		must(t, server, 404, "DELETE", "/room/"+room+"/peer/"+second, "")
		time.Sleep(10 * time.Second)
		must(t, server, 204, "DELETE", "/room/"+room+"/peer/"+first, "")
		p.expectClose(1000, "Peer removed")
		watcher.expectKinds(decode.KindRoomCreated, decode.KindPeerAdded, decode.KindPeerAdded,
			decode.KindPeerConnected, decode.KindPeerDisconnected, decode.KindPeerConnected,
			decode.KindPeerDeleted, decode.KindPeerDisconnected, decode.KindPeerDeleted)
	})
}

// A timeout that no clock can count to is as good as none.
func TestHugeTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, `{"peerlessPurgeTimeout":9000000000000000000}`)
		time.Sleep(24 * time.Hour)
		must(t, server, 200, "GET", "/room/"+room, "")
	})
}
