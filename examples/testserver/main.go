// Testserver is a Jellyfish server to develop against, without media: rooms over
// REST, the notification socket and the peer socket, as server 0.5.0 has them.
//
//	go run ./examples/testserver
//	go run ./examples/notifier -addr 127.0.0.1:5002 -token development
//	curl -H 'Authorization: Bearer development' -X POST http://127.0.0.1:5002/room
//
// Components of all kinds can be added; file components find video.h264 and
// audio.ogg. There are no recordings at first. With -demo it plays a short conference
// in a loop, in rooms named standup, webinar and lobby, and cuts connections now and
// then. It runs until Ctrl-C or SIGTERM.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/conference"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testserver:", err)
		os.Exit(usage.ExitStatus(err))
	}
}

// run serves until the context ends, which is no error.
func run(ctx context.Context, args []string, out io.Writer) error {
	config := jellyfishtest.Config{Logger: slog.Default(), History: -1}
	flags := flag.NewFlagSet("testserver", flag.ContinueOnError)
	flags.StringVar(&config.Address, "addr", "127.0.0.1:5002", "`address` to listen on; port 0 is a free one")
	flags.StringVar(&config.Token, "token", jellyfishtest.Token, "API `token` to accept")
	demo := flags.Bool("demo", false, "play a conference again and again")
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		flags.Usage()
		return nil
	} else if err != nil {
		return &usage.Error{Err: err}
	}
	if flags.NArg() > 0 {
		return &usage.Error{Err: fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}

	server, err := jellyfishtest.New(config)
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Fprintln(out, "listening on", server.Address())
	for *demo && ctx.Err() == nil {
		// A client may delete its rooms in the middle.
		if err := conference.Play(ctx, server, cmp.Or(config.Token, jellyfishtest.Token)); err != nil && ctx.Err() == nil {
			config.Logger.Warn("The conference begins anew.", "error", err)
		}
	}
	<-ctx.Done()
	return nil
}
