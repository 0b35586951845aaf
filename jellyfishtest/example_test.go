package jellyfishtest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// In a test, where t is at hand, a running server and a client on it take three
// statements:
//
//	server := jellyfishtest.Run(t, jellyfishtest.Config{})
//	cfg := stream.Config{ServerAddress: server.Address(), ServerAPIToken: jellyfishtest.Token}
//	sub, err := stream.Subscribe(t.Context(), cfg)
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
		ServerAPIToken: jellyfishtest.Token,
	})
	if err != nil {
		log.Fatal(err)
	}

	_ = server.Send(decode.RoomCreated{RoomID: "lobby"})
	fmt.Println((<-sub.Notifications()).Kind())
	server.Cut(jellyfishtest.CutMidFrame)
	fmt.Println((<-sub.Notifications()).Kind())
	// Output:
	// room_created
	// gap
}
