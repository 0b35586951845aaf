// Fishjam creates a room on hosted Fishjam, adds a peer, receives the notifications of
// both, and deletes the room again.
//
// It uses the account of FISHJAM_ID and FISHJAM_MANAGEMENT_TOKEN. Without them it starts
// a test server.
//
//	go run ./examples/fishjam
//	FISHJAM_ID=… FISHJAM_MANAGEMENT_TOKEN=… go run ./examples/fishjam
//
// The room is deleted in the end, even after Ctrl-C or SIGTERM. The part to copy into
// your program is tour.go.
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

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	usage.Exit("fishjam", err)
}

// run is the program. If the context ends before the tour does, that is the error.
func run(ctx context.Context, args []string, out io.Writer) error {
	id, token := os.Getenv("FISHJAM_ID"), os.Getenv("FISHJAM_MANAGEMENT_TOKEN")
	if err := parse(args, out); err != nil {
		return err
	}
	if id == "" {
		server, err := jellyfishtest.New(jellyfishtest.Config{FishjamID: "0123456789abcdef"})
		if err != nil {
			return err
		}
		defer server.Close()
		id, token = server.URL(), jellyfishtest.Token
	}
	client, err := fishjam.New(fishjam.Config{
		FishjamID:       id,
		ManagementToken: fishjam.NewSecret(token),
		Logger:          slog.Default(),
	})
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if err := client.Validate(ctx); err != nil {
		return err
	}
	notifier, err := stream.Open(ctx, stream.Config{
		FishjamID:      id,
		ServerAPIToken: stream.NewSecret(token),
		Logger:         slog.Default(),
	})
	if err != nil {
		return err
	}
	defer notifier.Close()
	return tour(ctx, client, notifier, out)
}

// parse refuses all arguments except a call for help.
func parse(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("fishjam", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(out, "Set FISHJAM_ID and FISHJAM_MANAGEMENT_TOKEN to use an account of hosted Fishjam.")
		return err
	case err != nil:
		return &usage.Error{Err: err}
	case flags.NArg() > 0:
		return &usage.Error{Err: fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	return nil
}
