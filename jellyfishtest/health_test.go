package jellyfishtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// uptimeOf returns what a server's health says, in seconds.
func uptimeOf(t *testing.T, server *jellyfishtest.Server) float64 {
	t.Helper()
	uptime, _ := must(t, server, 200, "GET", "/health", "")["uptime"].(float64)
	return uptime
}

// Uptime runs, can be set, and begins anew with a server that restarts.
func TestUptime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		expect := func(want float64) {
			t.Helper()
			if got := uptimeOf(t, server); got != want {
				t.Errorf("uptime is %v s, want %v s", got, want)
			}
		}
		expect(0)
		time.Sleep(90 * time.Second)
		expect(90)
		server.SetUptime(36 * time.Hour)
		time.Sleep(10*time.Second + time.Millisecond)
		expect(36*60*60 + 10)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		expect(0)
		time.Sleep(3 * time.Second)
		server.Reset()
		expect(0)
	})
}

// A reset is a restart that keeps connections: rooms are gone without a notification.
func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		room := createRoom(t, server, `{"peerlessPurgeTimeout":60}`)
		_, token := addPeer(t, server, room)
		peer := connectPeer(t, server, token)
		sub, err := stream.Subscribe(t.Context(), stream.Config{
			ServerAddress: server.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient(),
		})
		if err != nil {
			t.Fatal(err)
		}
		server.Reset()
		if _, _, err := peer.conn.Read(t.Context()); err == nil {
			t.Error("the peer of a room that is gone is connected")
		}
		must(t, server, 404, "GET", "/room/"+room, "")
		time.Sleep(2 * time.Minute)
		send(t, server, created)
		if n := <-sub.Notifications(); n != created {
			t.Errorf("a subscriber got %v, want nothing before %v", n, created)
		}
	})
}

// Servers before 0.4.0 have no health.
func TestDisableHealth(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{DisableHealth: true})
	must(t, server, 404, "GET", "/health", "")
	must(t, server, 200, "GET", "/room", "")
}
