// Dashboard is the web page of plugin/dashboard, by default on a conference that
// runs in this process:
//
//	go run ./examples/dashboard
//	go run ./examples/dashboard -addr localhost:5002 -token development
//
// Open the address that it prints. It runs until Ctrl-C or SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(usage.ExitStatus(err))
	}
}

// run serves the page until the context ends, which is no error.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("dashboard", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8080", "`address` of the page; port 0 is a free one")
	address := flags.String("addr", "", "`address` of the server; by default a conference in this process")
	token := flags.String("token", jellyfishtest.Token, "the server's API `token`")
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

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if *address == "" {
		server, err := jellyfishtest.New(jellyfishtest.Config{History: -1, Token: *token})
		if err != nil {
			return err
		}
		defer server.Close()
		*address = server.Address()
		held := make(chan struct{})
		go func() {
			defer close(held)
			hold(ctx, server, *token)
		}()
		defer func() { cancel(); <-held }()
	}
	page, err := newPage(ctx, *address, *token)
	if err != nil {
		return err
	}
	return serve(ctx, *listen, page, out)
}

// newPage connects to the server and makes its page.
func newPage(ctx context.Context, address, token string) (http.Handler, error) {
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  address,
		ServerAPIToken: stream.NewSecret(token),
		WaitForServer:  true,
		Logger:         slog.Default(),
	})
	if err != nil {
		return nil, err
	}
	client, err := rooms.New(rooms.Config{ServerAddress: address, ServerAPIToken: rooms.NewSecret(token)})
	if err != nil {
		return nil, err
	}
	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		return nil, err
	}
	return dashboard.New(ctx, dashboard.Config{View: view, Source: notifier})
}

func serve(ctx context.Context, address string, page http.Handler, out io.Writer) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the page is at http://%s/\n", listener.Addr())
	server := http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// The streams to browsers have ended with the context.
	last, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return server.Close()
	}
	return nil
}
