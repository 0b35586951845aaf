package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/conference"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// demoLimit is far more than the conference takes.
const demoLimit = 14 * time.Second

// demo plays the conference on a server of its own and shows what it tells, over
// TCP as from any other server.
func demo(ctx context.Context, to output) error {
	server, err := jellyfishtest.New(jellyfishtest.Config{SequentialIDs: true})
	if err != nil {
		return err
	}
	defer server.Close()
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()

	err = to.open(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		return err
	}
	to.say("subscribed to the test server on %s; a conference follows", server.Address())

	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer cancel() // Which ends the subscription.
		return conference.Play(playing, server, jellyfishtest.Token)
	})
	group.Go(func() error {
		if ended := to.follow(); !errors.Is(ended, context.Canceled) {
			return ended
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	to.say("the conference is over")
	return nil
}
