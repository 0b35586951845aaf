package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A channel of one kind of notification, in one room.
func ExampleSubscribeTo() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer notifier.Close()

	tracks, err := stream.SubscribeTo[decode.TrackAdded](ctx, notifier, stream.InRooms("lobby"))
	if err != nil {
		log.Fatal(err)
	}
	ada := decode.Owner{Type: decode.OwnerPeer, ID: "ada"}
	_ = server.Send(
		decode.PeerConnected{RoomID: "lobby", PeerID: "ada"},
		decode.TrackAdded{RoomID: "cellar", Owner: ada, Track: decode.Track{Type: decode.TrackTypeAudio}},
		decode.TrackAdded{RoomID: "lobby", Owner: ada, Track: decode.Track{Type: decode.TrackTypeVideo}},
	)
	for e := range tracks.Events() {
		if e.Gap != nil {
			fmt.Println("tracks may be missing here:", e.Gap)
			continue
		}
		fmt.Println(e.Value.Owner, "added a track:", e.Value.Track.Type)
		tracks.Drain() // One is enough.
	}
	fmt.Println("ended:", tracks.Err())
	// Output:
	// peer ada added a track: video
	// ended: stream: subscription drained
}

// Subscribe, act, await: the notification may arrive before the response to the act.
func ExampleAwait() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	}, stream.InRooms("lobby"))
	if err != nil {
		log.Fatal(err)
	}

	// This stands for a REST call that lets Ada in.
	_ = server.Send(
		decode.PeerAdded{RoomID: "lobby", PeerID: "ada"},
		decode.PeerConnected{RoomID: "lobby", PeerID: "bob"},
		decode.PeerConnected{RoomID: "lobby", PeerID: "ada"},
	)

	connected, err := stream.Await(ctx, sub, func(p decode.PeerConnected) bool {
		return p.PeerID == "ada"
	})
	var missing *stream.GapError
	switch {
	case errors.As(err, &missing):
		fmt.Println("she may have connected unseen:", missing.Gap)
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println(connected.PeerID, "is in the", connected.RoomID)
	}
	// Output:
	// ada is in the lobby
}
