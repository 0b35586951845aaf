// Workers has a worker for each room of a Jellyfish server, as a service in a
// container does: on SIGTERM it receives nothing more, finishes what it has
// received, and exits.
//
// Without arguments it starts a test server, plays a short conference on it, and ends
// when that is over. With an address it serves that server's rooms:
//
//	go run ./examples/workers
//	go run ./examples/workers -addr localhost:5002 -token development
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN are the defaults of -addr and -token. The
// parts to copy into your program are worker.go and, in run, the order of the end.
package main

import (
	"context"
	"flag"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // A second Ctrl-C ends it at once.
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	usage.Exit("workers", err)
}

// run is the program. It ends when the context does.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("workers", flag.ContinueOnError)
	work := flags.Duration("work", 0, "how long a worker takes for a notification")
	// Less than the 30 s that Kubernetes gives a container to stop.
	grace := flags.Duration("grace", 20*time.Second, "how long the work may take that is left at SIGTERM")
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

	// The connection outlives the signal: the end of its context would discard what
	// waits for the workers.
	lifetime, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	abort := context.AfterFunc(ctx, cancel) // Until it is connected, nothing is queued.
	notifier, err := stream.Open(lifetime, at.Stream())
	if err != nil {
		return err
	}
	feed, err := stream.EachRoom(lifetime, notifier)
	if err != nil {
		return err
	}
	abort()
	over := at.Play(ctx, notifier)

	c := &crew{client: client, work: *work, log: log.New(out, "", 0)}
	c.log.Print("working for ", at.Address)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.serve(lifetime, feed)
	}()
	select {
	case <-over.Done():
	case <-done: // It ended by itself: the server refused the token.
		return feed.Err()
	}
	ending, stop := context.WithTimeout(lifetime, *grace)
	defer stop()
	err = notifier.Shutdown(ending) // An UndeliveredError if the workers aren't fast enough.
	if err != nil {
		cancel()
	}
	<-done
	c.log.Printf("%d notifications received, %d handled", notifier.Stats().Received, c.handled.Load())
	return err
}
