package stream_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A worker for each room. It starts with the room's first notification, and
// receives all that follow.
func ExampleEachRoom() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	relay := stream.NewRelay(ctx) // In a program, a Notifier or a Webhook.

	feed, err := stream.EachRoom(ctx, relay)
	if err != nil {
		log.Fatal(err)
	}
	_ = relay.Put(
		decode.RoomCreated{RoomID: "lobby"},
		decode.PeerAdded{RoomID: "lobby", PeerID: "ada"},
		decode.PeerAdded{RoomID: "lobby", PeerID: "bob"},
		decode.RoomDeleted{RoomID: "lobby"},
	)
	relay.Close()

	var workers sync.WaitGroup
	for e := range feed.All() {
		if e.Gap != nil {
			fmt.Println("rooms may be missing here:", e.Gap)
			continue
		}
		workers.Go(func() {
			peers := 0
			for n := range e.Value.All() {
				switch n := n.(type) {
				case decode.PeerAdded:
					peers++
				case stream.Gap:
					fmt.Println("ask the server about room", e.Value.ID(), "after", n)
				}
			}
			fmt.Println("room", e.Value.ID(), "had", peers, "peers:", e.Value.Err())
		})
	}
	workers.Wait()
	fmt.Println(feed.Err())
	// Output:
	// room lobby had 2 peers: stream: room ended
	// stream: closed
}

// One database insert for everything that is available.
func ExampleBatches() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	relay := stream.NewRelay(ctx) // In a program, a Notifier or a Webhook.

	batches, err := stream.Batches(ctx, relay, stream.OfKinds(decode.KindPeerConnected))
	if err != nil {
		log.Fatal(err)
	}
	_ = relay.Put(
		decode.PeerConnected{RoomID: "lobby", PeerID: "ada"},
		decode.RoomCreated{RoomID: "cellar"},
		decode.PeerConnected{RoomID: "lobby", PeerID: "bob"},
	)
	batches.Drain() // Two are enough.
	for batch := range batches.All() {
		fmt.Println("insert", len(batch), "rows")
	}
	// Output:
	// insert 2 rows
}

// A lossless shutdown: what was received is handled before the program ends.
func ExampleRelay_Shutdown() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	relay := stream.NewRelay(ctx) // In a program, a Notifier or a Webhook.
	sub, err := relay.Subscribe(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for range 1000 {
		_ = relay.Put(decode.RoomCreated{RoomID: "lobby"})
	}
	var consumer sync.WaitGroup
	handled := 0
	consumer.Go(func() {
		for range sub.All() {
			handled++
		}
	})
	if err := relay.Shutdown(ctx); err != nil {
		fmt.Println(err) // Says how many were left when the context ended.
	}
	consumer.Wait()
	fmt.Println(handled, "handled")
	// Output:
	// 1000 handled
}

// The rooms of a live subscription change when a process is assigned others.
func ExampleSubscription_SetRooms() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	relay := stream.NewRelay(ctx)
	sub, err := relay.Subscribe(ctx, stream.InRooms("lobby"))
	if err != nil {
		log.Fatal(err)
	}
	if err := sub.SetRooms("cellar", "attic"); err != nil {
		log.Fatal(err)
	}
	_ = relay.Put(decode.RoomDeleted{RoomID: "lobby"}, decode.RoomDeleted{RoomID: "attic"})
	fmt.Println(<-sub.Notifications())
	fmt.Println(sub)
	// Output:
	// room_deleted room_id="attic"
	// subscription to relay (rooms "attic", "cellar"): 0 queued, 0 bytes
}
