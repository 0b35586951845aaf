package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// One subscription, read in a select loop until its context ends.
func Example() {
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
	}, stream.WithMetrics())
	if err != nil {
		log.Fatal(err)
	}
	_ = server.Send(
		decode.PeerConnected{RoomID: "lobby", PeerID: "ada"},
		decode.RoomDeleted{RoomID: "lobby"},
	)
	for {
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				fmt.Println("ended:", sub.Err())
				return
			}
			switch n := n.(type) {
			case decode.PeerConnected:
				fmt.Printf("peer %s joined room %s\n", n.PeerID, n.RoomID)
			case decode.RoomDeleted:
				fmt.Printf("room %s is gone\n", n.RoomID)
				cancel()
			case stream.Gap:
				fmt.Println("something may be missing here:", n)
			}
		case m, ok := <-sub.Metrics():
			if ok {
				log.Print(m)
			}
		}
	}
	// Output:
	// peer ada joined room lobby
	// room lobby is gone
	// ended: context canceled
}

// Two subscriptions share one connection, each with its own lifetime.
func ExampleNotifier_Subscribe() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	notifier, err := stream.Open(context.Background(), stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer notifier.Close()

	request, done := context.WithCancel(context.Background())
	short, err := notifier.Subscribe(request)
	if err != nil {
		log.Fatal(err)
	}
	long, err := notifier.Subscribe(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	_ = server.Send(decode.RoomCreated{RoomID: "one"})
	fmt.Println("short:", <-short.Notifications())
	done() // Unsubscribes.
	for range short.Notifications() {
	}
	fmt.Println("short ended:", short.Err())
	_ = server.Send(decode.RoomCreated{RoomID: "two"})
	fmt.Println("long:", <-long.Notifications(), <-long.Notifications())
	// Output:
	// short: room_created room_id="one"
	// short ended: context canceled
	// long: room_created room_id="one" room_created room_id="two"
}

// A lost connection leaves a Gap at its place.
func ExampleGap() {
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
		Backoff:        stream.Backoff{Base: 10 * time.Millisecond},
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = server.Send(decode.PeerConnected{RoomID: "lobby", PeerID: "ada"})
	fmt.Println(<-sub.Notifications())
	server.Cut(jellyfishtest.CutReset)
	if gap, ok := (<-sub.Notifications()).(stream.Gap); ok {
		if gap.Exact() {
			fmt.Println("this program was too slow for", gap.Dropped)
		} else {
			fmt.Println("time to list the rooms again, outages:", gap.Outages)
		}
	}
	// Output:
	// peer_connected room_id="lobby" peer_id="ada"
	// time to list the rooms again, outages: 1
}

// A token that the server refuses is an error to branch on.
func ExampleSubscribe_unauthorized() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	_, err = stream.Subscribe(context.Background(), stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret("yesterday's"),
	})
	fmt.Println(errors.Is(err, stream.ErrUnauthorized))
	// Output:
	// true
}
