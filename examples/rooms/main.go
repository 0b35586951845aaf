// Rooms makes a room on a Jellyfish server, adds a peer and an HLS component to
// it, hears of each step as a notification, and deletes everything again.
//
// Without arguments it needs no server: it starts one inside itself. With an
// address it does the same on that server, which must be 0.5.0 or later:
//
//	go run ./examples/rooms
//	go run ./examples/rooms -addr localhost:5002 -token development
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN stand in for -addr and -token. The part
// to copy into a program of yours is tour.go.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// limit is far more than everything takes.
const limit = 15 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "rooms:", err)
		os.Exit(usage.ExitStatus(err))
	}
}

// run is the program.
func run(ctx context.Context, args []string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	addr, token, secure, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return &usage.Error{Err: err}
	case addr != "":
		return tour(ctx, addr, token, secure, out)
	}
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		return err
	}
	defer server.Close()
	return tour(ctx, server.Address(), jellyfishtest.Token, false, out)
}

// parse reads the options; a call for help it answers on out.
func parse(args []string, out io.Writer) (addr, token string, secure bool, err error) {
	flags := flag.NewFlagSet("rooms", flag.ContinueOnError)
	flags.StringVar(&addr, "addr", "", "`address` of a server, as in localhost:5002, or its URL (default $JELLYFISH_ADDRESS)")
	flags.StringVar(&token, "token", "", "the server's API `token` (default $JELLYFISH_TOKEN)")
	flags.BoolVar(&secure, "secure", false, "connect over TLS")
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		flags.Usage()
		return "", "", false, err
	} else if err != nil {
		return "", "", false, err
	}
	if flags.NArg() > 0 {
		return "", "", false, fmt.Errorf("unexpected argument %q: an address is given with -addr", flags.Arg(0))
	}
	given := token != "" || secure
	addr = cmp.Or(addr, os.Getenv("JELLYFISH_ADDRESS"))
	token = cmp.Or(token, os.Getenv("JELLYFISH_TOKEN"))
	switch {
	case addr == "" && given:
		err = errors.New("-token and -secure need a server: give -addr or set JELLYFISH_ADDRESS")
	case addr != "" && token == "":
		err = errors.New("a server needs a token: give -token or set JELLYFISH_TOKEN")
	}
	return addr, token, secure, err
}
