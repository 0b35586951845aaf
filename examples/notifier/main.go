// Notifier prints what a Jellyfish server tells about its rooms.
//
// Without arguments it needs no server: it starts one inside itself, on which a
// short conference is played, and ends when that is over. With an address it
// prints what that server tells until Ctrl-C:
//
//	go run ./examples/notifier
//	go run ./examples/notifier -addr localhost:5002 -token development
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN stand in for -addr and -token.
//
// The part to copy into a program of yours is watch.go.
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

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "notifier:", err)
		os.Exit(1)
	}
}

// run is the program: an end that was asked for is no error.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case o.addr == "":
		err = demo(ctx, out)
	default:
		err = connect(ctx, o, out)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// connect prints what a real server tells.
func connect(ctx context.Context, o options, out io.Writer) error {
	sub, err := subscribe(ctx, stream.Config{
		ServerAddress:  o.addr,
		ServerAPIToken: o.token,
		Secure:         o.secure,
		Logger:         slog.Default(),
	}, o.metrics)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "subscribed to %s, Ctrl-C ends it\n", o.addr)
	return watch(sub, newTable(out))
}

// options are what the command line and the environment say.
type options struct {
	addr, token     string
	secure, metrics bool
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("notifier", flag.ContinueOnError)
	flags.StringVar(&o.addr, "addr", "", "`address` of a server, as in localhost:5002, or its URL (default $JELLYFISH_ADDRESS)")
	flags.StringVar(&o.token, "token", "", "the server's API `token` (default $JELLYFISH_TOKEN)")
	flags.BoolVar(&o.secure, "secure", false, "connect over TLS")
	flags.BoolVar(&o.metrics, "metrics", false, "print metrics reports too")
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		flags.Usage()
		return o, err
	} else if err != nil {
		return o, err
	}
	tokenGiven := o.token != ""
	o.addr = cmp.Or(o.addr, os.Getenv("JELLYFISH_ADDRESS"))
	o.token = cmp.Or(o.token, os.Getenv("JELLYFISH_TOKEN"))
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q: an address is given with -addr", flags.Arg(0))
	case o.addr == "" && (tokenGiven || o.secure):
		return o, errors.New("-token and -secure need a server: give -addr or set JELLYFISH_ADDRESS")
	case o.addr != "" && o.token == "":
		return o, errors.New("a server needs a token: give -token or set JELLYFISH_TOKEN")
	}
	return o, nil
}
