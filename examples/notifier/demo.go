package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/conference"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// demoLimit is far more than the conference takes.
const demoLimit = 14 * time.Second

// demo plays the conference on a server of its own and prints what arrives, over
// TCP as from any other server.
func demo(ctx context.Context, out io.Writer) error {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		return err
	}
	defer server.Close()
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()

	sub, err := subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: jellyfishtest.Token,
	}, true)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "subscribed to the test server on %s; a conference follows\n", server.Address())

	var group errgroup.Group
	group.Go(func() error {
		defer cancel() // Which ends the subscription.
		return conference.Play(ctx, server)
	})
	group.Go(func() error {
		defer cancel()
		if ended := watch(sub, newTable(out)); !errors.Is(ended, context.Canceled) {
			return ended
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	fmt.Fprintln(out, "the conference is over")
	return nil
}
