package jellyfishtest_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// runCluster starts two nodes of a cluster.
func runCluster(t *testing.T) (a, b *jellyfishtest.Server) {
	t.Helper()
	cluster := new(jellyfishtest.Cluster)
	a = jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Cluster: cluster, Address: "a.test:5002"})
	b = jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Cluster: cluster, Address: "b.test:5002"})
	return a, b
}

// Jellyfish protocol, section 4.8: a room is created on the node with the least
// to do, whose address is in the answer; the others don't know it.
func TestClusterCreatesElsewhere(t *testing.T) {
	a, b := runCluster(t)
	first := must(t, a, 201, "POST", "/room", `{"roomId":"first"}`)
	if address := first["jellyfish_address"]; address != b.Address() {
		t.Errorf("the first room is at %v, want %s", address, b.Address())
	}
	second := must(t, a, 201, "POST", "/room", `{"roomId":"second"}`)
	if address := second["jellyfish_address"]; address != a.Address() {
		t.Errorf("the second room is at %v, want %s", address, a.Address())
	}
	must(t, b, 200, "GET", "/room/first", "")
	if _, text := call(t, a, "GET", "/room/first", ""); text != `{"errors":"Room first does not exist"}` {
		t.Errorf("the wrong node answered %s", text)
	}
	if _, text := call(t, a, "GET", "/room", ""); strings.Contains(text, "first") || !strings.Contains(text, "second") {
		t.Errorf("a node lists %s, want its own rooms", text)
	}
	_, text := call(t, a, "GET", "/health", "")
	if want := `"distribution":{"enabled":true,"nodeStatus":"UP","nodesInCluster":2}`; !strings.Contains(text, want) {
		t.Errorf("got %s, want %s in it", text, want)
	}
	b.Stop()
	if address := must(t, a, 201, "POST", "/room", "")["jellyfish_address"]; address != a.Address() {
		t.Errorf("a room was created at %v, which is stopped", address)
	}
}

// The room is created on a node with less to forward, even if that has more rooms.
func TestClusterCountsTracks(t *testing.T) {
	a, b := runCluster(t)
	must(t, a, 201, "POST", "/room", `{"roomId":"busy"}`) // On b.
	_, token := addPeer(t, b, "busy")
	connectPeer(t, b, token)
	addComponent(t, b, "busy", videoFile)
	if address := must(t, b, 201, "POST", "/room", "")["jellyfish_address"]; address != a.Address() {
		t.Errorf("a room was created at %v, which was asked but forwards a track", address)
	}
	for range 3 {
		if address := must(t, a, 201, "POST", "/room", "")["jellyfish_address"]; address != a.Address() {
			t.Errorf("a room was created at %v, which forwards a track", address)
		}
	}
}

// Jellyfish protocol, section 1.7: notifications reach the subscribers of all
// nodes, and so do the metrics of each node.
func TestClusterSharesNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := runCluster(t)
		watchers := []*rawClient{subscribe(t, a), subscribe(t, b)}
		must(t, a, 201, "POST", "/room", `{"roomId":"first"}`) // On b.
		_, token := addPeer(t, b, "first")
		connectPeer(t, b, token)
		must(t, b, 204, "DELETE", "/room/first", "")
		for _, watcher := range watchers {
			watcher.expectKinds(decode.KindRoomCreated, decode.KindPeerAdded, decode.KindPeerConnected,
				decode.KindPeerDeleted, decode.KindRoomDeleted)
		}
		watchers[0].send(binaryData, subscribeMetrics)
		watchers[0].expect(binaryData, metricsConfirmed)
		watchers[0].expect(binaryData, emptyReport)
		watchers[0].expect(binaryData, emptyReport)

		// There is no notification of what is lost with a node.
		must(t, a, 201, "POST", "/room", `{"roomId":"lost"}`) // On b.
		_, token = addPeer(t, b, "lost")
		connectPeer(t, b, token)
		watchers[0].expectKinds(decode.KindRoomCreated, decode.KindPeerAdded, decode.KindPeerConnected)
		b.Stop()
		watchers[0].expect(binaryData, emptyReport)
		watchers[0].expectNothing(900e6)
	})
}

// A client in memory reaches the nodes of its cluster, as long as they run.
func TestClusterInMemory(t *testing.T) {
	a, b := runCluster(t)
	request := newRequest(t, b, "GET", "/nope", "")
	if response, _ := exchange(t, a, request); response.StatusCode != 404 {
		t.Errorf("got %s from the other node, want 404", response.Status)
	}
	a.HTTPClient().CloseIdleConnections()
	b.Stop()
	if response, err := a.HTTPClient().Do(request); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v and error %v from a stopped node, want a refusal", response, err)
	}
}
