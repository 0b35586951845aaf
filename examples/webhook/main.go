// Webhook prints what a Jellyfish server posts about a room.
//
// Without arguments it needs no server: it starts one inside itself and a
// receiver, makes a room that posts there, and lets peers come and go in it:
//
//	go run ./examples/webhook
//
// With an address it does so on that server. Peers are added and deleted there,
// but don't connect, which takes a client with media. The server must reach the
// receiver: one on this machine does, for others say where to listen, and at which
// URL that is for the server.
//
//	go run ./examples/webhook -addr localhost:5002 -token development
//	go run ./examples/webhook -addr jellyfish.example:5002 -secure \
//		-listen :8080 -url https://conference.example/jellyfish
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN stand in for -addr and -token. A secret
// that the server signs with, as Fishjam Cloud does, is taken from
// JELLYFISH_SIGNING_SECRET; the one in the URL is made up for each run.
//
// The room is deleted in the end, also after Ctrl-C. The part to copy into a
// program of yours is receiver.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // A second Ctrl-C ends it at once.
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(usage.ExitStatus(err))
	}
}

// run is the program: an end that was asked for is no error.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return &usage.Error{Err: err}
	case o.addr == "":
		err = embedded(ctx, o, out)
	default:
		err = visit(ctx, o, nil, out)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// embedded runs on a server of its own.
func embedded(ctx context.Context, o options, out io.Writer) error {
	server, err := jellyfishtest.New(jellyfishtest.Config{
		SequentialIDs: true,
		Webhooks:      jellyfishtest.Webhooks{SigningSecret: o.signingSecret},
	})
	if err != nil {
		return err
	}
	defer server.Close()
	o.addr, o.token = server.Address(), jellyfishtest.Token
	return visit(ctx, o, server, out)
}
