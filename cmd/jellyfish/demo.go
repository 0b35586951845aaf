package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/conference"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the screen with a conference on a server inside: nothing else is needed",
		Long: `Start a server inside this program, on which a conference goes on, and show
it as "jellyfish top" shows any server. Every half a minute the connection is cut,
so that a gap can be seen, and how it heals. q ends it.`,
		Example: examples(
			"jellyfish demo",
			"NO_COLOR=1 jellyfish demo"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(c.Context())
			defer cancel()
			inside, err := jellyfishtest.New(jellyfishtest.Config{})
			if err != nil {
				return err
			}
			defer inside.Close()
			played, err := conference.New(inside, rooms.NewSecret(jellyfishtest.Token))
			if err != nil {
				return err
			}
			if err := played.Open(ctx); err != nil {
				return err
			}
			go played.Play(ctx)
			return show(ctx, server.Of(inside.Address(), jellyfishtest.Token), true, c.InOrStdin(), c.OutOrStdout())
		},
	}
}
