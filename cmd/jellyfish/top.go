package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/board"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/screen"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
)

func newTop() *cobra.Command {
	var settings server.Settings
	var noMetrics bool
	c := &cobra.Command{
		Use:   "top",
		Short: "Show a server's rooms on a screen that is kept up to date",
		Long: `Show a server's rooms, the peers in them and what happens, on a screen that
is kept up to date. ? shows the keys. NO_COLOR takes the colours away.

Of hosted Fishjam, which sends no metrics, it shows livestreams too.

All nodes of a cluster are to be named, with --address and --node. On a server
with thousands of peers --no-metrics saves a lot of traffic.`,
		Example: examples(
			"jellyfish top",
			"jellyfish top -a node-1:5002 --node node-2:5002 --token-file token.txt"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := settings.Server()
			if err != nil {
				return err
			}
			return show(c.Context(), s, !noMetrics && s.FishjamID == "", c.InOrStdin(), c.OutOrStdout())
		},
	}
	settings.AddTo(c.Flags())
	c.Flags().BoolVar(&noMetrics, "no-metrics", false, "ask for no metrics: without bitrates and loss")
	return c
}

// show runs the screen of a server until it is left or the server refuses.
func show(ctx context.Context, s *server.Server, metrics bool, in io.Reader, out io.Writer) error {
	if file, ok := out.(*os.File); !ok || !term.IsTerminal(file.Fd()) {
		return failure.Usagef("top needs a terminal; \"jellyfish watch\" prints what happens, \"jellyfish rooms list\" the rooms")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	notifier, view, err := s.Watch(ctx)
	if err != nil {
		return err
	}
	shown, err := board.Start(ctx, notifier, view, metrics)
	if err != nil {
		return failure.Connecting(err)
	}
	model := screen.New(shown, s.Address, os.Getenv("NO_COLOR") == "")
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithFPS(10))
	go func() {
		<-shown.Done()
		program.Quit()
	}()
	_, err = program.Run()
	switch {
	case model.Interrupted(), errors.Is(err, tea.ErrInterrupted):
		return failure.ErrInterrupted
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("screen: %w", err)
	}
	if ctx.Err() == nil {
		return failure.Connecting(notifier.State().Err)
	}
	return nil
}
