// Quickstart prints what happens on a Jellyfish server. It starts a test server of
// its own: replace it by the address and the token of your server.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err) // A bad address, a wrong token, or no confirmation in time.
	}
	err = server.Send(decode.PeerConnected{RoomID: "lobby", PeerID: "ada"}, decode.RoomDeleted{RoomID: "lobby"})
	if err != nil {
		log.Fatal(err)
	}
	for n := range sub.All() {
		switch n := n.(type) {
		case decode.PeerConnected:
			log.Printf("peer %s joined room %s", n.PeerID, n.RoomID)
		case decode.RoomDeleted:
			log.Printf("room %s is gone", n.RoomID)
			stop() // Ends the subscription, as Ctrl-C does.
		case stream.Gap:
			log.Printf("something may be missing here: %v", n)
		}
	}
	log.Print(sub.Err()) // Why it ended: the context, a rejected token, …
}
