package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

func runJellyfish(t testing.TB, rooms, peers int) *jellyfish {
	t.Helper()
	server, err := startJellyfish(rooms, peers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func TestLiveViewIsMeasured(t *testing.T) {
	l := liveView{rooms: 30, peers: 10, changes: 100, alone: 3}
	server := runJellyfish(t, l.rooms, l.peers)
	r, err := l.round(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	if least := int64(l.total() * 100); r.size < least {
		t.Errorf("the list has %d bytes, want at least %d", r.size, least)
	}
	if each := r.memory / float64(l.total()); each < 100 {
		t.Errorf("%.0f bytes a peer, want at least 100", each)
	}
	for name, c := range map[string]cost{
		"discarded": r.discarded, "parsed": r.parsed, "listed": r.listed, "synced": r.synced,
		"notified": r.notified.each, "changed": r.changed.each, "polled": r.polled,
		"rooms": r.rooms.change, "room": r.room.change, "all": r.all,
		"relisted": r.relisted, "corrected": r.corrected,
	} {
		if c.elapsed <= 0 || c.allocs < 1 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for name, p := range map[string]percentiles{
		"rooms at rest": r.rooms.rest, "rooms": r.rooms.busy, "room at rest": r.room.rest, "room": r.room.busy,
	} {
		if p.at(0.5) <= 0 {
			t.Errorf("%s: %v", name, p.at(0.5))
		}
	}
	if notified, changed := len(r.notified.alone), len(r.changed.alone); notified != l.alone || changed != l.alone {
		t.Errorf("%d notifications and %d changes came alone, want %d", notified, changed, l.alone)
	}
}

func TestLiveViewRunsAsManyRounds(t *testing.T) {
	l := liveView{rooms: 2, peers: 50, changes: 1_000_000, alone: 1}
	rows, err := l.run(t.Context(), nil, options{rounds: 2, messages: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 18 {
		t.Errorf("%d rows, want 18", len(rows))
	}
	for _, row := range rows {
		if !slices.Equal(row.columns(), rows[0].columns()) || len(row.cells()) != len(row.columns()) {
			t.Errorf("cells %q of columns %q", row.cells(), row.columns())
		}
	}
}

func TestLiveViewOfAServerThatIsGone(t *testing.T) {
	l := liveView{rooms: 1, peers: 1, changes: 1, alone: 1}
	server, err := startJellyfish(l.rooms, l.peers)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	_, err = l.round(t.Context(), server)
	expectError(t, "list", err, "list: ")
	if _, err := newViewer(t.Context(), server.address); err == nil {
		t.Error("a viewer is connected to a server that is gone")
	}
}

func TestTheServerOfRoomsRefusesBadArguments(t *testing.T) {
	for _, args := range [][]string{
		nil,
		{"3"},
		{"three", "3"},
		{"3", "three"},
		{"0", "3"},
		{"3", "0"},
	} {
		if err := serveRooms(args, strings.NewReader(""), &strings.Builder{}); err == nil {
			t.Errorf("serveRooms(%q) succeeds", args)
		}
	}
	for _, line := range []string{"dance", "dance 1", "change", "change all", "outage"} {
		if err := serveRooms([]string{"1", "1"}, strings.NewReader(line+"\n"), &strings.Builder{}); err == nil {
			t.Errorf("%q is obeyed", line)
		}
	}
	var answers strings.Builder
	if err := serveRooms([]string{"1", "1"}, strings.NewReader("change 3\noutage 1\n"), &answers); err != nil {
		t.Error(err)
	}
	if lines := strings.Count(answers.String(), "\n"); lines != 1 {
		t.Errorf("answers are %q", answers.String())
	}
}

func BenchmarkLiveView(b *testing.B) {
	l := liveViewOf(10_000, 10)
	server := runJellyfish(b, l.rooms, l.peers)
	b.Run("sync", func(b *testing.B) {
		v := runViewer(b, server)
		b.ReportAllocs()
		for b.Loop() {
			ctx, cancel := context.WithCancel(b.Context())
			if err := v.sync(ctx); err != nil {
				b.Fatal(err)
			}
			cancel()
			<-v.view.Done()
		}
	})
	b.Run("change", func(b *testing.B) {
		v := runSyncedViewer(b, server, l)
		b.ReportAllocs()
		b.ResetTimer()
		c, err := flow{server, v}.each(b.N)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(c.cpu), "cpu-ns/op")
	})
	b.Run("heal", func(b *testing.B) {
		v := runSyncedViewer(b, server, l)
		b.ReportAllocs()
		var all time.Duration
		for b.Loop() {
			c, err := healed(server, v, 0)
			if err != nil {
				b.Fatal(err)
			}
			all += c.cpu
		}
		b.ReportMetric(float64(all)/float64(b.N), "cpu-ns/op")
	})
}
