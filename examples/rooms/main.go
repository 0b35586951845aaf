// Rooms makes a room on a Jellyfish server, adds a peer and an HLS component to
// it, waits for the notification of each step, and deletes everything again.
//
// Without arguments it starts a server inside itself. With an address it does the
// same on that server, which must be 0.5.0 or later: earlier ones don't notify of
// peers that are added and deleted.
//
//	go run ./examples/rooms
//	go run ./examples/rooms -addr localhost:5002 -token development
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN stand in for -addr and -token. The room is
// deleted in the end, also after Ctrl-C or SIGTERM. The part to copy into a program
// of yours is tour.go.
package main

import (
	"context"
	"flag"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	usage.Exit("rooms", err)
}

// run is the program. If the context ends before the tour does, that is the error.
func run(ctx context.Context, args []string, out io.Writer) error {
	at, err := server.Find(flag.NewFlagSet("rooms", flag.ContinueOnError), args, out)
	if err != nil {
		return err
	}
	defer at.Close()
	client, err := rooms.New(at.Rooms())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if err := check(ctx, client); err != nil {
		return err
	}
	notifier, err := stream.Open(ctx, at.Stream())
	if err != nil {
		return err
	}
	defer notifier.Close()
	return tour(ctx, client, notifier, out)
}
