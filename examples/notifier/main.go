// Notifier prints what a Jellyfish server tells about its rooms.
//
// Without arguments it needs no server: it starts one inside itself, on which a
// short conference is played, and ends when that is over. With an address it
// prints what that server tells until Ctrl-C:
//
//	go run ./examples/notifier
//	go run ./examples/notifier -addr localhost:5002 -token development
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN stand in for -addr and -token. What is
// printed can be narrowed down to rooms and kinds, and be JSON, an object a line:
//
//	go run ./examples/notifier -json -room standup -kind peer_connected,peer_disconnected
//
// A gap is always printed. Metrics reports are not narrowed down; together with
// -room or -kind the conference, too, comes without them unless -metrics is given.
//
// With -state it prints the rooms and who is in them instead, anew when something
// has changed. What was missed in an outage stands below, as it is found out:
//
//	go run ./examples/notifier -state
//
// The rooms are those of one server, in a cluster those of the node that is asked.
// -room narrows them down; -json, -kind and -metrics don't go with it.
//
// The parts to copy into a program of yours are watch.go and, for -state, state.go.
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

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "notifier:", err)
		os.Exit(usage.ExitStatus(err))
	}
}

// run is the program: an end that was asked for is no error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return &usage.Error{Err: err}
	}
	to := newOutput(o, stdout, stderr)
	if o.addr == "" {
		err = demo(ctx, to)
	} else {
		err = connect(ctx, to, stream.Config{
			ServerAddress:  o.addr,
			ServerAPIToken: stream.NewSecret(o.token),
			Secure:         o.secure,
			Logger:         slog.Default(),
		})
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// connect shows what a server tells.
func connect(ctx context.Context, to output, cfg stream.Config) error {
	if err := to.open(ctx, cfg); err != nil {
		return err
	}
	to.say("subscribed to %s, Ctrl-C ends it", cfg.ServerAddress)
	return to.follow()
}
