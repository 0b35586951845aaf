package prometheus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
	"testing/synctest"
)

// health returns the statuses of both handlers and the text of Readyz.
func (s *setup) health() (healthy, ready int, text string) {
	healthy, _ = get(s.collector.Healthz())
	ready, text = get(s.collector.Readyz())
	return healthy, ready, text
}

func TestHealthThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		s := begin(t, server, prometheus.Config{MaxStale: time.Minute})
		expect := func(when string, wantHealthy, wantReady int, wantText string) {
			t.Helper()
			healthy, ready, text := s.health()
			if healthy != wantHealthy || ready != wantReady || !strings.Contains(text, wantText) {
				t.Errorf("%s: healthy %d, ready %d, not %d and %d with %q:\n%s", when, healthy, ready, wantHealthy, wantReady, wantText, text)
			}
		}
		expect("at first", 200, 200, "ok: connection: live on "+server.Address())

		server.Stop()
		time.Sleep(50 * time.Second)
		expect("in the first minute of an outage", 200, 200, "ok: node "+server.Address()+": stale for")
		time.Sleep(20 * time.Second)
		expect("after a minute of it", 200, 503, "not ok: node "+server.Address()+": stale for")

		check(t, server.Restart())
		time.Sleep(2 * time.Minute)
		expect("when the server is back", 200, 200, "ok: view")

		s.notifier.Close()
		<-s.view.Done()
		expect("when the notifier is closed", 503, 503, "not ok: view: ended")
	})
}

func TestNotReadyUntilTheViewIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		check(t, server.FailCalls(jellyfishtest.CallFault{Path: "/room", Status: 503, Times: 1}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		notifier, err := stream.Open(ctx, stream.Config{ServerAddress: server.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient()})
		check(t, err)
		client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient()})
		check(t, err)
		view, err := watch.Start(ctx, client, notifier, watch.Config{})
		check(t, err)
		collector, err := prometheus.New(ctx, prometheus.Config{Notifier: notifier, View: view})
		check(t, err)
		if status, text := get(collector.Readyz()); status != 503 || !strings.Contains(text, "not ok: view: not complete yet") {
			t.Errorf("before the first list: %d\n%s", status, text)
		}
		if status, _ := get(collector.Healthz()); status != 200 {
			t.Errorf("before the first list Healthz answers %d", status)
		}
		check(t, view.WaitSynced(ctx))
		if status, text := get(collector.Readyz()); status != 200 {
			t.Errorf("after the first list: %d\n%s", status, text)
		}
		cancel()
		<-view.Done()
		client.CloseIdleConnections()
	})
}
