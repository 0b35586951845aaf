// Package jellyfish is the Go server SDK for Jellyfish (later named Fishjam),
// the open-source WebRTC media server that holds rooms, peers and components
// and tells what happens to them.
//
// The package itself holds only this text. The work is done by:
//
//   - [github.com/jellyfish-dev/jellyfish-go/stream]: subscribe to the server's
//     notifications and metrics and read them from channels, as many mailboxes as
//     wanted over one connection that reconnects by itself and marks every hole,
//     or over webhooks;
//   - [github.com/jellyfish-dev/jellyfish-go/rooms]: manage rooms, peers and
//     components over REST;
//   - [github.com/jellyfish-dev/jellyfish-go/rooms/watch]: a live view of all
//     rooms, which finds out what was missed;
//   - [github.com/jellyfish-dev/jellyfish-go/decode]: the notifications as Go
//     types, from the bytes of a WebSocket message or a webhook request;
//   - [github.com/jellyfish-dev/jellyfish-go/wsconn]: the reconnecting socket
//     beneath, which knows nothing of notifications;
//   - [github.com/jellyfish-dev/jellyfish-go/jellyfishtest]: a Jellyfish server
//     inside your test, which misbehaves on command.
//
// # A complete program
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"os"
//		"os/signal"
//
//		"github.com/jellyfish-dev/jellyfish-go/decode"
//		"github.com/jellyfish-dev/jellyfish-go/stream"
//	)
//
//	func main() {
//		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
//		defer stop()
//		sub, err := stream.Subscribe(ctx, stream.Config{
//			ServerAddress:  "localhost:5002",
//			ServerAPIToken: stream.NewSecret("development"),
//		})
//		if err != nil {
//			log.Fatal(err)
//		}
//		for n := range sub.Notifications() {
//			switch n := n.(type) {
//			case decode.PeerConnected:
//				log.Printf("peer %s joined room %s", n.PeerID, n.RoomID)
//			case stream.Gap:
//				log.Printf("something may be missing here: %v", n)
//			}
//		}
//		log.Print(sub.Err()) // why it ended
//	}
package jellyfish
