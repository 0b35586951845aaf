// Notifier prints what a Jellyfish server sends: notifications, with Gaps where some
// are missing, and metrics.
//
// Without arguments it starts a test server, plays a short conference on it, and ends
// when that is over. With an address it prints what that server sends until Ctrl-C or
// SIGTERM:
//
//	go run ./examples/notifier
//	go run ./examples/notifier -addr localhost:5002 -token development
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN are the defaults of -addr and -token.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	usage.Exit("notifier", err)
}

// run is the program, until the context ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	at, err := server.Find(flag.NewFlagSet("notifier", flag.ContinueOnError), args, out)
	if err != nil {
		return err
	}
	defer at.Close()
	notifier, err := stream.Open(ctx, at.Stream())
	if err != nil {
		return err // A bad address, a wrong token, or no confirmation in time.
	}
	sub, err := notifier.Subscribe(ctx, stream.WithMetrics())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "subscribed to", at.Address)

	over := at.Play(ctx, notifier)
	stop := context.AfterFunc(over, notifier.Close) // What was received is still delivered.
	defer stop()
	return show(sub, out)
}

// show prints what a subscription delivers, until it ends.
func show(sub *stream.Subscription, out io.Writer) error {
	metrics := sub.Metrics()
	for {
		select {
		case n, ok := <-sub.Notifications():
			if !ok && errors.Is(sub.Err(), stream.ErrClosed) {
				return nil
			}
			if !ok {
				return sub.Err() // The context's error, or the server refused the token.
			}
			fmt.Fprintln(out, line(n))
		case report, ok := <-metrics:
			if !ok {
				metrics = nil // A select never chooses it again.
				continue
			}
			fmt.Fprintln(out, report)
		}
	}
}

// line describes a notification.
func line(n decode.Notification) string {
	switch n := n.(type) {
	case decode.PeerConnected:
		return fmt.Sprintf("peer %s joined room %s", n.PeerID, n.RoomID)
	case stream.Gap:
		if n.Exact() {
			return fmt.Sprintf("too slow: %d notifications were dropped here", n.Dropped)
		}
		return fmt.Sprintf("the rooms may have changed unseen here: %v", n)
	}
	return fmt.Sprint(n) // The kind and all fields.
}
