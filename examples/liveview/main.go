// Liveview keeps a live view of the rooms of a Jellyfish server, and prints its
// changes, including those missed in an outage.
//
// Without arguments it starts a test server, plays a short conference on it, and ends
// when that is over. With an address it watches that server until Ctrl-C or SIGTERM.
// For a cluster, pass a DNS name that resolves to the addresses of all nodes, such as
// that of a headless Kubernetes service:
//
//	go run ./examples/liveview
//	go run ./examples/liveview -addr localhost:5002 -token development
//	go run ./examples/liveview -addr jellyfish:5002 -token development \
//		-nodes jellyfish-headless.default.svc.cluster.local:5002
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN are the defaults of -addr and -token. The
// parts to copy into your program are follow and nodes.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	usage.Exit("liveview", err)
}

// run is the program, until the context ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("liveview", flag.ContinueOnError)
	name := flags.String("nodes", "", "`host:port` of all nodes, looked up in DNS (default the server's address alone)")
	at, err := server.Find(flags, args, out)
	if err != nil {
		return err
	}
	defer at.Close()
	client, err := rooms.New(at.Rooms())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	notifier, err := stream.Open(ctx, at.Stream())
	if err != nil {
		return err
	}
	cfg := watch.Config{Logger: slog.Default()}
	if *name != "" {
		if cfg.Nodes, err = lookUp(ctx, *name); err != nil {
			return err
		}
	}
	view, err := watch.Start(ctx, client, notifier, cfg)
	if err != nil {
		return err
	}
	if *name != "" {
		go keepNodes(ctx, view, *name)
	}
	// When the notifier ends, the view ends too, once all changes are delivered.
	stop := context.AfterFunc(at.Play(ctx, notifier), notifier.Close)
	defer stop()
	return follow(ctx, view, out)
}

// follow prints the changes of a view until it ends.
func follow(ctx context.Context, view *watch.View, out io.Writer) error {
	if err := view.WaitSynced(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "rooms: %d, nodes: %d\n", view.Rooms().Len(), len(view.Nodes()))
	for change := range view.Changes(ctx) { // It begins with the present rooms.
		fmt.Fprintln(out, line(change))
	}
	if err := view.Err(); !errors.Is(err, stream.ErrClosed) {
		return err // The context's error, or all nodes refused the token.
	}
	return nil
}

// line describes a change.
func line(change watch.Change) string {
	switch c := change.(type) {
	case watch.RoomChange:
		switch {
		case c.Before == nil:
			return fmt.Sprintf("room %s appeared", c.RoomID)
		case c.After == nil && c.Inferred(): // Its end was missed in an outage.
			return fmt.Sprintf("room %s ended unseen", c.RoomID)
		case c.After == nil:
			return fmt.Sprintf("room %s is gone: %v", c.RoomID, c.Cause.Kind())
		}
	case watch.PeerChange:
		if isConnected(c.After) && !isConnected(c.Before) {
			return fmt.Sprintf("peer %s joined room %s as number %d", c.After.ID, c.RoomID, len(c.Room().Connected()))
		}
	}
	return change.String()
}

func isConnected(peer *watch.Peer) bool {
	return peer != nil && peer.Status == rooms.StatusConnected
}
