package stream_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A subscription to some rooms and some kinds of notifications.
func ExampleInRooms() {
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
	},
		stream.InRooms("lobby", "cellar"),
		stream.OfKinds(decode.KindPeerConnected, decode.KindRoomDeleted),
	)
	if err != nil {
		log.Fatal(err)
	}
	_ = server.Send(
		decode.PeerAdded{RoomID: "lobby", PeerID: "ada"},
		decode.PeerConnected{RoomID: "lobby", PeerID: "ada"},
		decode.PeerConnected{RoomID: "attic", PeerID: "bob"},
		decode.RoomDeleted{RoomID: "cellar"},
	)
	for range 2 {
		n := <-sub.Notifications()
		fmt.Println(n)
	}
	// Output:
	// peer_connected room_id="lobby" peer_id="ada"
	// room_deleted room_id="cellar"
}

// A subscription as a sequence. A loop that was left can be continued.
func ExampleSubscription_All() {
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
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = server.Send(
		decode.RoomCreated{RoomID: "lobby"},
		decode.PeerConnected{RoomID: "lobby", PeerID: "ada"},
		decode.PeerConnected{RoomID: "lobby", PeerID: "bob"},
		decode.RoomDeleted{RoomID: "lobby"},
	)
	for n := range sub.All() {
		fmt.Println("before Ada:", n.Kind())
		if n, ok := n.(decode.PeerConnected); ok && n.PeerID == "ada" {
			break
		}
	}
	for n := range sub.All() {
		fmt.Println("after her:", n.Kind())
		if n.Kind() == decode.KindRoomDeleted {
			cancel() // Ends the sequence.
		}
	}
	fmt.Println("ended:", sub.Err())
	// Output:
	// before Ada: room_created
	// before Ada: peer_connected
	// after her: peer_connected
	// after her: room_deleted
	// ended: context canceled
}

// A worker that is to stop accepts nothing more, and finishes what it has.
func ExampleSubscription_Drain() {
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
	work, err := notifier.Subscribe(ctx, stream.OfKinds(decode.KindHLSUploaded))
	if err != nil {
		log.Fatal(err)
	}
	stop, err := notifier.Subscribe(ctx, stream.InRooms("workshop"))
	if err != nil {
		log.Fatal(err)
	}
	_ = server.Send(
		decode.HLSUploaded{RoomID: "lobby"},
		decode.HLSUploaded{RoomID: "cellar"},
		decode.RoomDeleted{RoomID: "workshop"},
	)
	if _, err := stream.Await[decode.RoomDeleted](ctx, stop, nil); err != nil {
		log.Fatal(err)
	}
	work.Drain()
	_ = server.Send(decode.HLSUploaded{RoomID: "attic"}) // Too late.
	for n := range work.Notifications() {
		fmt.Println("to be processed:", n)
	}
	fmt.Println("ended:", work.Err())
	// Output:
	// to be processed: hls_uploaded room_id="lobby"
	// to be processed: hls_uploaded room_id="cellar"
	// ended: stream: subscription drained
}
