package jellyfishtest_test

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// What clients did is remembered as far back as History says.
func TestHistory(t *testing.T) {
	for _, test := range []struct{ history, did, want int }{{3, 2, 2}, {3, 3, 3}, {3, 10, 3}, {-1, 3, 0}, {0, 5, 5}} {
		synctest.Test(t, func(t *testing.T) {
			server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, History: test.history})
			for i := range test.did {
				must(t, server, 200, "GET", fmt.Sprintf("/health?%d", i+1), "")
				authenticate(t, dialWebSocket(t, server))
			}
			calls := server.Calls()
			if len(calls) != test.want || len(server.Upgrades()) != test.want || len(server.Received()) != test.want {
				t.Fatalf("%+v: got %d calls, %d upgrades, %d messages", test, len(calls), len(server.Upgrades()), len(server.Received()))
			}
			for i, call := range calls {
				if want := fmt.Sprintf("/health?%d", test.did-test.want+i+1); call.Path != want {
					t.Errorf("%+v: call %d is %s, want %s", test, i, call.Path, want)
				}
			}
		})
	}
}

// A connection that has ended leaves nothing behind.
func TestClosedConnectionsAreFreed(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{History: -1})
	room := createRoom(t, server, "")
	heap := func() int64 {
		t.Run("", func(t *testing.T) { // Whose end lets go of the clients.
			for range 100 {
				authenticate(t, dialWebSocket(t, server))
				id, token := addPeer(t, server, room)
				connectPeer(t, server, token)
				must(t, server, 204, "DELETE", "/room/"+room+"/peer/"+id, "")
			}
			server.Cut(jellyfishtest.CutClean)
		})
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	heap()
	before := heap()
	if after := heap(); after-before > 400_000 {
		t.Errorf("200 connections left %d bytes behind, want less than 400 kB", after-before)
	}
}

// A server that was closed is freed, whatever was connected to it.
func TestClosedServersAreFreed(t *testing.T) {
	for _, inMemory := range []bool{false, true} {
		var servers []weak.Pointer[jellyfishtest.Server]
		use := func(t *testing.T) {
			server := jellyfishtest.Run(t, jellyfishtest.Config{
				InMemory:  inMemory,
				Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/"},
				Receivers: map[string]http.Handler{"receiver.test": newInbox()},
			})
			servers = append(servers, weak.Make(server))
			config := `{"peerlessPurgeTimeout":60}`
			if !inMemory {
				config = "" // The runtime holds a timer that was stopped until its time has come.
			}
			room := createRoom(t, server, config)
			_, token := addPeer(t, server, room)
			connectPeer(t, server, token)
			authenticate(t, dialWebSocket(t, server))
			jellyfishtest.RunBalancer(t, "", server)
			send(t, server, created)
		}
		for range 3 {
			if inMemory {
				synctest.Test(t, use)
			} else {
				t.Run("", use)
			}
		}
		freed := func(server weak.Pointer[jellyfishtest.Server]) bool { return server.Value() == nil }
		for range 100 { // The goroutines of the closed connections may be about to end.
			runtime.GC()
			if servers = slices.DeleteFunc(servers, freed); len(servers) == 0 {
				break
			}
		}
		if len(servers) > 0 {
			t.Errorf("InMemory=%t: %d of 3 closed servers are still held", inMemory, len(servers))
		}
	}
}
