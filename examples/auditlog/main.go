// Auditlog appends all notifications of a Jellyfish server to a file, one JSON object
// per line, and reads them back.
//
// Without arguments it starts a test server, plays a short conference on it, and
// prints what it has recorded. With an address it records that server's notifications
// until Ctrl-C or SIGTERM; everything received until then is in the file.
//
//	go run ./examples/auditlog
//	go run ./examples/auditlog -addr localhost:5002 -token development -file audit.jsonl
//	go run ./examples/auditlog -read audit.jsonl
//
// JELLYFISH_ADDRESS and JELLYFISH_TOKEN are the defaults of -addr and -token. The
// part to copy into your program is log.go.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	usage.Exit("auditlog", err)
}

// run is the program. It ends when the context does.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("auditlog", flag.ContinueOnError)
	name := flags.String("file", "audit.jsonl", "`file` to append to, with an address")
	read := flags.String("read", "", "`file` to read back")
	at, err := server.Find(flags, args, out)
	if err != nil {
		return err
	}
	defer at.Close()
	switch {
	case *read != "":
		return show(*read, out)
	case at.Embedded():
		return try(ctx, at, out)
	}
	return appendTo(ctx, *name, at, out)
}

// try records a conference in a temporary file, and prints it.
func try(ctx context.Context, at *server.Server, out io.Writer) error {
	dir, err := os.MkdirTemp("", "auditlog")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	name := dir + "/audit.jsonl"
	if err := appendTo(ctx, name, at, out); err != nil {
		return err
	}
	return show(name, out)
}

// appendTo appends a server's notifications to a file.
func appendTo(ctx context.Context, name string, at *server.Server, out io.Writer) (err error) {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	// The connection outlives the signal: the end of its context would discard what
	// isn't in the file yet.
	lifetime, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	abort := context.AfterFunc(ctx, cancel) // Until it is connected, nothing is queued.
	notifier, err := stream.Open(lifetime, at.Stream())
	if err != nil {
		return err
	}
	sub, err := stream.Batches(lifetime, notifier)
	if err != nil {
		return err
	}
	abort()
	fmt.Fprintln(out, "recording", at.Address, "in", name)
	stop := context.AfterFunc(at.Play(ctx, notifier), notifier.Close)
	defer stop()
	return record(sub, file)
}

// show prints the notifications of a file.
func show(name string, out io.Writer) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	for n, err := range replay(file) {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintln(out, n)
	}
	return nil
}
