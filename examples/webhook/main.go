// Webhook receives the notifications that a Jellyfish server posts for a room, and
// prints them.
//
// Without arguments it starts a test server and a receiver, and creates a room that
// posts to it, in which peers come and go. With an address it does so on that server.
// The server must be able to reach the receiver: for a server on another machine, say
// where to listen and which URL the server should use.
//
//	go run ./examples/webhook
//	go run ./examples/webhook -addr localhost:5002 -token development
//	go run ./examples/webhook -addr jellyfish.example:5002 -secure \
//		-listen :8080 -url https://conference.example/jellyfish
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN are the defaults of -addr and -token. The
// secret in the URL is generated for each run. In the end the room is deleted and
// everything that was posted is printed, even after Ctrl-C or SIGTERM. The part to copy
// into your program is receiver.go.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const (
	// beat is the pause before each step, so that a reader can follow.
	beat = 200 * time.Millisecond
	// grace is how long it may take until the room's end is posted and everything
	// posted is printed.
	grace = 20 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // A second Ctrl-C ends it at once.
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	usage.Exit("webhook", err)
}

// run is the program. The end of the context is no error.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "`address` to receive on, as in :8080")
	url := flags.String("url", "", "`URL` at which the server reaches the receiver (default where it listens)")
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

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	base := cmp.Or(*url, "http://"+listener.Addr().String())
	fmt.Fprintf(out, "listening on %s for webhooks from %s\n", base, at.Address)
	// The receiver outlives Ctrl-C, to receive the end of the room.
	lifetime, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r, err := receive(lifetime, listener, base, out)
	if err != nil {
		listener.Close()
		return err
	}
	err = hold(ctx, client, r.url)
	ending, cancel := context.WithTimeout(lifetime, grace)
	defer cancel()
	if err == nil {
		select {
		case <-r.ended:
		case <-ending.Done():
			err = fmt.Errorf("the end of the room was not posted to %s within %v: can the server reach that?", base, grace)
		}
	}
	err = errors.Join(err, r.shutdown(ending))
	stats := r.webhook.Stats()
	fmt.Fprintf(out, "%d requests accepted, %d refused\n", stats.Requests, stats.Refused)
	return err
}
