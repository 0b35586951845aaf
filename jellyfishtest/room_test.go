package jellyfishtest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
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
		time.Sleep(4 * time.Second) // Less than an idle connection is kept.
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

// TestConcurrentUse lets everything happen at once. Each room's notifications
// must begin with its creation, end with its end, and say of no peer that it is
// gone before it came.
func TestConcurrentUse(t *testing.T) {
	cluster := new(jellyfishtest.Cluster)
	servers := []*jellyfishtest.Server{
		jellyfishtest.Run(t, jellyfishtest.Config{Cluster: cluster}),
		jellyfishtest.Run(t, jellyfishtest.Config{Cluster: cluster}),
	}
	watcher := subscribe(t, servers[0])
	const workers, rounds = 4, 10
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for round := range rounds {
				visit(t.Context(), t, servers, fmt.Sprintf("room-%d-%d", worker, round))
			}
		})
	}
	wait.Wait()

	alive := make(map[string]map[string]bool)
	for ended := 0; ended < workers*rounds; {
		_, payload, err := watcher.receive()
		if err != nil {
			t.Fatal(err)
		}
		notifications, err := decode.Append(nil, payload)
		if err != nil {
			t.Fatal(err)
		}
		ended += follow(t, alive, notifications[0])
	}
	if len(alive) > 0 {
		t.Errorf("rooms are left: %v", alive)
	}
}

// visit makes a room and does at once what can be done in it.
func visit(ctx context.Context, t *testing.T, servers []*jellyfishtest.Server, id string) {
	post(ctx, t, servers[0], "POST", "/room", `{"roomId":"`+id+`","peerDisconnectedTimeout":1}`)
	var wait sync.WaitGroup
	for _, server := range servers {
		wait.Go(func() { post(ctx, t, server, "POST", "/room/"+id+"/peer", `{"type":"webrtc"}`) })
		wait.Go(func() { post(ctx, t, server, "POST", "/room/"+id+"/component", audioFile) })
		wait.Go(func() { post(ctx, t, server, "GET", "/room", "") })
		wait.Go(func() { server.SetToken(jellyfishtest.Token) })
	}
	wait.Wait()
	for _, server := range servers {
		wait.Go(func() { post(ctx, t, server, "DELETE", "/room/"+id, "") })
		wait.Go(func() { _ = server.CrashRoom(id) })
	}
	wait.Wait()
}

func post(ctx context.Context, t *testing.T, server *jellyfishtest.Server, method, path, body string) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+server.Address()+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := server.HTTPClient().Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
}

// follow applies a notification to the rooms and their peers. It returns how
// many rooms ended with it.
func follow(t *testing.T, alive map[string]map[string]bool, n decode.Notification) int {
	t.Helper()
	room, _ := decode.RoomOf(n)
	if _, created := n.(decode.RoomCreated); created != (alive[room] == nil) {
		t.Fatalf("%v while the room is there: %t", n, alive[room] != nil)
	}
	switch n := n.(type) {
	case decode.RoomCreated:
		alive[room] = make(map[string]bool)
	case decode.PeerAdded:
		alive[room][n.PeerID] = true
	case decode.PeerDeleted:
		if !alive[room][n.PeerID] {
			t.Fatalf("%v, which was not there", n)
		}
		delete(alive[room], n.PeerID)
	case decode.RoomDeleted:
		if len(alive[room]) > 0 {
			t.Fatalf("%v while peers are there: %v", n, alive[room])
		}
		delete(alive, room)
		return 1
	case decode.RoomCrashed:
		delete(alive, room)
		return 1
	}
	return 0
}
