package main

import (
	"slices"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func runViewer(t testing.TB, server *jellyfish) *viewer {
	t.Helper()
	v, err := newViewer(t.Context(), server.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.close)
	return v
}

// runSyncedViewer returns one that has received the changes that make what there
// is.
func runSyncedViewer(t testing.TB, server *jellyfish, l liveView) *viewer {
	t.Helper()
	v := runViewer(t, server)
	if err := v.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.subscribe(t.Context(), l.rooms+l.total()); err != nil {
		t.Fatal(err)
	}
	return v
}

// connected returns the ids of the connected peers that the server lists.
func connected(t *testing.T, v *viewer) []string {
	t.Helper()
	list, err := v.client.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range list {
		ids = append(ids, connectedOf(r.Peers)...)
	}
	return slices.Sorted(slices.Values(ids))
}

func connectedOf(peers []rooms.Peer) []string {
	var ids []string
	for _, p := range peers {
		if p.Status == rooms.StatusConnected {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// viewed is connected as the view has it.
func viewed(v *viewer) []string {
	var ids []string
	for r := range v.view.Rooms().All() {
		for _, p := range r.Connected() {
			ids = append(ids, p.ID)
		}
	}
	return slices.Sorted(slices.Values(ids))
}

func TestTheViewIsRightWhenAChangeWasFollowed(t *testing.T) {
	l := liveView{rooms: 3, peers: 4}
	server := runJellyfish(t, l.rooms, l.peers)
	v := runSyncedViewer(t, server, l)
	if n := len(viewed(v)); n != l.total()/2 {
		t.Fatalf("%d peers are connected, want %d", n, l.total()/2)
	}
	before := viewed(v)
	for range 7 {
		if err := (flow{server, v}).send(1); err != nil {
			t.Fatal(err)
		}
		if view, server := viewed(v), connected(t, v); !slices.Equal(view, server) {
			t.Errorf("the view has %v, the server %v", view, server)
		}
	}
	if slices.Equal(viewed(v), before) {
		t.Error("nothing has changed")
	}
}

func TestTheViewIsRightWhenItIsHealed(t *testing.T) {
	l := liveView{rooms: 3, peers: 4}
	server := runJellyfish(t, l.rooms, l.peers)
	v := runSyncedViewer(t, server, l)
	for _, changes := range []int{0, 5, l.total()} {
		lists := v.view.Stats().Lists
		if _, err := healed(server, v, changes); err != nil {
			t.Fatal(err)
		}
		if view, server := viewed(v), connected(t, v); !slices.Equal(view, server) {
			t.Errorf("%d changes: the view has %v, the server %v", changes, view, server)
		}
		if n := v.view.Stats().Lists - lists; n != 1 {
			t.Errorf("%d changes: listed %d times", changes, n)
		}
	}
}

func TestAFollowerOfWhatHasEnded(t *testing.T) {
	l := liveView{rooms: 1, peers: 1}
	server := runJellyfish(t, l.rooms, l.peers)
	v := runSyncedViewer(t, server, l)
	sub, err := v.notifier.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v.cancel()
	expectError(t, "view", v.follow(1), "the view ended: ")
	expectError(t, "subscription", presence{sub}.follow(1), "the subscription ended: ")
	_, err = v.heal(0)
	expectError(t, "heal", err, "the outage wasn't told of")
}

func TestAFollowerIsNotTakenIn(t *testing.T) {
	l := liveView{rooms: 1, peers: 2}
	server := runJellyfish(t, l.rooms, l.peers)
	v := runSyncedViewer(t, server, l)
	if err := server.change(1); err != nil {
		t.Fatal(err)
	}
	expectError(t, "observed", v.receive(1, true), "received room ")
	created, err := v.client.Create(t.Context(), rooms.RoomConfig{})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := v.notifier.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := v.client.Delete(t.Context(), created.Room.ID); err != nil {
		t.Fatal(err)
	}
	expectError(t, "another notification", presence{sub}.follow(1), "received decode.Room")
}
