package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestLiveViewIsMeasured(t *testing.T) {
	v := views{peers: 10, sizes: []int{30}, barred: 30, changes: 100, alone: 3}
	server := runJellyfish(t, 30, v.peers)
	round := viewRound{views: v, rooms: 30, server: server}
	if err := round.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := results{round.names, [][]sample{round.samples}}
	for i, name := range round.names {
		if s := round.samples[i]; s.elapsed <= 0 && s.bytes <= 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if each := r.median(memoryRow, bytesOf); each < 100 {
		t.Errorf("%.0f bytes a peer, want at least 100", each)
	}
	if size := r.median("its size", bytesOf); size < 30*10*100 {
		t.Errorf("the list has %.0f bytes", size)
	}
	for name := range v.bars() {
		if !slices.Contains(round.names, name) {
			t.Errorf("a bar for %q, which isn't measured", name)
		}
	}
}

func TestLiveViewGrowsFromSizeToSize(t *testing.T) {
	v := liveViews(50, 2, 4)
	v.alone = 1
	made, err := v.run(t.Context(), nil, options{rounds: 2, messages: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.rows) < 20 || len(made.heads) != 2*3 || !strings.HasPrefix(made.heads[3], "4,") {
		t.Errorf("%d rows of %q", len(made.rows), made.heads)
	}
	for _, r := range made.rows {
		if len(r.cells) != len(made.heads) {
			t.Errorf("%s: cells %q", r.name, r.cells)
		}
		if bars := len(v.bars()[r.name]); len(r.limits) != bars {
			t.Errorf("%s has %d limits, want %d", r.name, len(r.limits), bars)
		}
	}
}

func TestLiveViewOfAServerThatIsGone(t *testing.T) {
	server, err := startJellyfish(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	round := viewRound{views: liveViews(1, 1), rooms: 1, server: server}
	expectError(t, "round", round.run(t.Context()), "GET /room, discarded: ")
	if _, err := newViewer(t.Context(), server.address); err == nil {
		t.Error("a viewer is connected to a server that is gone")
	}
}

func runViewer(t testing.TB, server *jellyfish) *viewer {
	t.Helper()
	v, err := newViewer(t.Context(), server.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.close)
	return v
}

// runSyncedViewer returns a viewer that has received the initial changes: that many
// rooms and peers.
func runSyncedViewer(t testing.TB, server *jellyfish, present int) *viewer {
	t.Helper()
	v := runViewer(t, server)
	if err := v.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.subscribe(t.Context(), present); err != nil {
		t.Fatal(err)
	}
	return v
}

// expectRight compares the connected peers of the view with the server's, and
// returns them.
func expectRight(t *testing.T, v *viewer) (connected []string) {
	t.Helper()
	add := func(ids *[]string) func(string, []rooms.Peer) {
		return func(_ string, peers []rooms.Peer) {
			for _, p := range peers {
				if p.Status == rooms.StatusConnected {
					*ids = append(*ids, p.ID)
				}
			}
		}
	}
	list, err := v.client.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var viewed []string
	v.each(add(&viewed))
	for _, r := range list {
		add(&connected)(r.ID, r.Peers)
	}
	slices.Sort(viewed)
	slices.Sort(connected)
	if !slices.Equal(viewed, connected) {
		t.Errorf("the view has %v, the server %v", viewed, connected)
	}
	return connected
}

func TestTheViewIsRightWhenAChangeWasFollowed(t *testing.T) {
	server := runJellyfish(t, 3, 4)
	v := runSyncedViewer(t, server, 3+3*4)
	before := expectRight(t, v)
	if len(before) != 6 {
		t.Fatalf("%d peers are connected, want half of 12", len(before))
	}
	for range 7 {
		if err := (flow{server, v}).send(1); err != nil {
			t.Fatal(err)
		}
		expectRight(t, v)
	}
	if slices.Equal(expectRight(t, v), before) {
		t.Error("nothing has changed")
	}
}

func TestTheViewIsRightWhenItIsHealed(t *testing.T) {
	server := runJellyfish(t, 3, 4)
	v := runSyncedViewer(t, server, 3+3*4)
	for _, changes := range []int{0, 5, 12} {
		listed := v.listed()
		if _, err := healed(server, v, changes); err != nil {
			t.Fatal(err)
		}
		expectRight(t, v)
		if !v.listed().After(listed) {
			t.Errorf("%d changes: not listed again", changes)
		}
	}
}

func TestAFollowerOfWhatHasEnded(t *testing.T) {
	server := runJellyfish(t, 1, 1)
	v := runSyncedViewer(t, server, 1+1)
	v.cancel()
	expectError(t, "view", v.follow(1), "the view ended: ")
	expectError(t, "subscription", v.library.follow(1), errEnded.Error())
	_, err := v.heal(0)
	expectError(t, "heal", err, "received <nil>")
}

func TestAFollowerIsNotTakenIn(t *testing.T) {
	server := runJellyfish(t, 1, 2)
	v := runSyncedViewer(t, server, 1+2)
	if err := server.change(1); err != nil {
		t.Fatal(err)
	}
	expectError(t, "observed", v.receive(1, true), "received room ")
	created, err := v.client.Create(t.Context(), rooms.RoomConfig{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := openLibrary(t.Context(), streamConfig(server.address), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if err := v.client.Delete(t.Context(), created.Room.ID); err != nil {
		t.Fatal(err)
	}
	expectError(t, "another notification", l.follow(1), "received decode.Room")
}

func BenchmarkLiveView(b *testing.B) {
	const rooms, peers = 10_000, 10
	server := runJellyfish(b, rooms, peers)
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
		v := runSyncedViewer(b, server, rooms+rooms*peers)
		b.ReportAllocs()
		b.ResetTimer()
		measured, err := flow{server, v}.each(b.N)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(measured.cpu, "cpu-ns/op")
	})
	b.Run("heal", func(b *testing.B) {
		v := runSyncedViewer(b, server, rooms+rooms*peers)
		b.ReportAllocs()
		var all time.Duration
		for b.Loop() {
			measured, err := healed(server, v, 0)
			if err != nil {
				b.Fatal(err)
			}
			all += time.Duration(measured.cpu)
		}
		b.ReportMetric(float64(all)/float64(b.N), "cpu-ns/op")
	})
}
