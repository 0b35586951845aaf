package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const (
	// beat is the time between two things that happen.
	beat = 500 * time.Millisecond
	// cycle is how many of them happen before all begins anew.
	cycle = 60
)

// hold holds conferences, one after another, until ctx ends: three rooms fill and
// empty again. Once in each the connections are cut.
func hold(ctx context.Context, server *jellyfishtest.Server, client *rooms.Client) error {
	names := []string{"standup", "webinar", "workshop"}
	var present []guest
	for n := 0; ; n++ {
		var err error
		switch step := n % cycle; {
		case step == 0:
			err = open(ctx, client, names)
		case step == cycle-1:
			err = end(ctx, client, names)
			present = nil
		case step == cycle/2:
			server.Cut(jellyfishtest.CutClean)
			client.CloseIdleConnections() // They are cut too.
		case step < cycle/2:
			var joined guest
			joined, err = join(ctx, server, client, names[n%len(names)], n)
			present = append(present, joined)
		case len(present) > 2:
			err = server.DisconnectPeer(present[0].room, present[0].peer)
			present = present[1:]
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("conference: %w", err)
		}
		select {
		case <-time.After(beat):
		case <-ctx.Done():
			return nil
		}
	}
}

type guest struct{ room, peer string }

func open(ctx context.Context, client *rooms.Client, names []string) error {
	for _, name := range names {
		if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: name}); err != nil {
			return err
		}
	}
	return nil
}

func end(ctx context.Context, client *rooms.Client, names []string) error {
	for _, name := range names {
		if err := client.Delete(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// join adds a peer that connects and publishes a video.
func join(ctx context.Context, server *jellyfishtest.Server, client *rooms.Client, room string, n int) (guest, error) {
	added, err := client.AddPeer(ctx, room, rooms.PeerOptions{})
	if err != nil {
		return guest{}, err
	}
	peer := added.Peer.ID
	if err := server.ConnectPeer(room, peer, decode.Metadata(fmt.Sprintf(`{"name":"guest %d"}`, n))); err != nil {
		return guest{}, err
	}
	return guest{room, peer}, server.AddTrack(room, peer, decode.Track{ID: peer + ":camera", Type: decode.TrackTypeVideo})
}
