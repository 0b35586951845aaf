// Package jellyfish is the Go server SDK for Jellyfish (later named Fishjam), the
// open-source WebRTC media server that hosts rooms, peers and components and reports
// what happens to them.
//
// This package is documentation only. The packages are:
//
//   - [github.com/jellyfish-dev/jellyfish-go/stream]: read the server's notifications
//     and metrics from channels, with any number of subscriptions over one
//     connection, which reconnects automatically and marks every gap, or over
//     webhooks;
//   - [github.com/jellyfish-dev/jellyfish-go/rooms]: manage rooms, peers and
//     components over REST;
//   - [github.com/jellyfish-dev/jellyfish-go/rooms/fishjam]: the same of hosted Fishjam,
//     with livestreams and recordings;
//   - [github.com/jellyfish-dev/jellyfish-go/rooms/watch]: a live view of all rooms,
//     which is corrected after every gap;
//   - [github.com/jellyfish-dev/jellyfish-go/decode]: the notifications as Go
//     types, from the bytes of a WebSocket message or a webhook request;
//   - [github.com/jellyfish-dev/jellyfish-go/wsconn]: the underlying reconnecting
//     WebSocket, independent of the notification protocol;
//   - [github.com/jellyfish-dev/jellyfish-go/jellyfishtest]: a Jellyfish server for
//     tests that can simulate outages and errors.
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
