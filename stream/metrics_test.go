package stream_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P9: metrics are recent values.
func TestP9MetricsComeWhenAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		without := join(t.Context(), t, n)
		if without.Metrics() != nil {
			t.Error("Metrics is a channel though no metrics were asked for")
		}
		with := join(t.Context(), t, n, stream.WithMetrics())
		again := join(t.Context(), t, n, stream.WithMetrics())
		for range 3 {
			// An empty report a second (protocol, section 9).
			if r := <-with.Metrics(); r.JSON != "{}" || r.Skipped != 0 {
				t.Errorf("report is %v", r)
			}
			<-again.Metrics()
		}
		asked := 0
		for _, message := range server.Received() {
			if string(message) == "\x42\x02\x08\x02" { // Section 7.1.
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("the server was asked for metrics %d times, want once", asked)
		}
		server.Cut(jellyfishtest.CutClean)
		expect(t, with, outage)
		if r := <-with.Metrics(); r.JSON != "{}" {
			t.Errorf("report after an outage is %v", r)
		}
	})
}

func TestP9OnlyTheNewestFewAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg, stream.WithMetrics())
		<-sub.Metrics()
		for i := range 10 {
			if err := server.SendMetrics(fmt.Sprintf(`{"n":%d}`, i)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		for i := 6; i < 10; i++ {
			r := <-sub.Metrics()
			var got struct{ N int }
			if err := r.Unmarshal(&got); err != nil || got.N != i {
				t.Fatalf("report %v (%v), want n = %d", r, err, i)
			}
			if want := map[bool]uint64{true: 6, false: 0}[i == 6]; r.Skipped != want {
				t.Errorf("report %v says %d were skipped before it, want %d", r, r.Skipped, want)
			}
		}
	})
}

// Whatever the timing, the received and the skipped reports add up to those sent.
func TestP9SkippedAddUp(t *testing.T) {
	const total = 2_000
	server, cfg := onTCP(t)
	sub := subscribe(t.Context(), t, cfg, stream.WithMetrics())
	go func() {
		for i := range total {
			_ = server.SendMetrics(fmt.Sprintf(`{"n":%d}`, i))
		}
	}()
	for expected := 0; expected < total; {
		r := <-sub.Metrics()
		if r.JSON == "{}" { // The server's own, once a second.
			expected += int(r.Skipped)
			continue
		}
		var got struct{ N int }
		if err := r.Unmarshal(&got); err != nil {
			t.Fatal(err)
		}
		expected += int(r.Skipped)
		// The server's own reports may be among those skipped.
		if own := expected - got.N; own < 0 || own > 20 {
			t.Fatalf("report %d after %d that came or were skipped", got.N, expected)
		}
		expected = got.N + 1
	}
}

func TestP9LargeReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg, stream.WithMetrics())
		<-sub.Metrics()
		large := `{"sdp.offer":"` + strings.Repeat("v=0", 200_000) + `"}`
		if err := server.SendMetrics(large); err != nil {
			t.Fatal(err)
		}
		r := <-sub.Metrics()
		if r.JSON != large {
			t.Errorf("report of %d bytes, want %d", len(r.JSON), len(large))
		}
		if text := fmt.Sprint(r); len(text) > 200 || strings.Contains(text, "\n") {
			t.Errorf("prints as %d bytes", len(text))
		}
	})
}

// A reader of metrics learns of the end at once, even if notifications are queued.
func TestMetricsCloseWhenTheSubscriptionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		closed, drained := join(t.Context(), t, n, stream.WithMetrics()), join(t.Context(), t, n, stream.WithMetrics())
		send(t, server, roomsFrom(0, 100)...)
		time.Sleep(3 * time.Second)
		drained.Drain()
		for range drained.Metrics() {
		}
		n.Close()
		for range closed.Metrics() {
		}
		if closed.Err() != nil || drained.Err() != nil {
			t.Errorf("ended with %v and %v before the notifications were delivered", closed.Err(), drained.Err())
		}
		expectEnd(t, closed, roomsFrom(0, 100)...)
		expectEnd(t, drained, roomsFrom(0, 100)...)
	})
}

func TestMetricsCloseWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cfg := inMemory(t)
		ctx, cancel := context.WithCancel(t.Context())
		sub := subscribe(ctx, t, cfg, stream.WithMetrics())
		time.Sleep(10 * time.Second) // Reports are waiting.
		cancel()
		synctest.Wait()
		if _, ok := <-sub.Metrics(); ok {
			t.Error("a report came after the end")
		}
		if _, ok := <-sub.Notifications(); ok {
			t.Error("a notification came after the end")
		}
	})
}
