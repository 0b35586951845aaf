package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/plugin/jetstream"
)

// natsVariable stands in for --nats.
const natsVariable = "NATS_URL"

// bridging is what the flags of "bridge" say.
type bridging struct {
	settings    server.Settings
	nats        string
	credentials string
	config      jetstream.BridgeConfig
}

func newBridge() *cobra.Command {
	var b bridging
	c := &cobra.Command{
		Use:   "bridge",
		Short: "Put a server's notifications into a NATS JetStream stream",
		Long: `Put a server's notifications into a NATS JetStream stream, in order, each at least
once, for any number of workers. Start it two or three times: one leads, and the
others take over when it ends. SIGTERM and Ctrl-C have it hand over first, with
nothing missing. NATS that can't be reached is waited for.

NATS should sync to its disk always (sync_interval: always), so that what it has
acknowledged survives a loss of power.`,
		Example: examples(
			"jellyfish bridge --nats nats://localhost:4222",
			"jellyfish bridge --nats tls://nats.example:4222 --nats-creds bridge.creds --replicas 3"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return b.run(c.Context(), c.ErrOrStderr())
		},
	}
	b.settings.AddTo(c.Flags())
	c.Flags().StringVar(&b.nats, "nats", "", "`URL` of NATS (default $"+natsVariable+" or "+nats.DefaultURL+")")
	c.Flags().StringVar(&b.credentials, "nats-creds", "", "NATS credentials `FILE`")
	c.Flags().StringVar(&b.config.Layout.Prefix, "prefix", "", "`NAME` of the stream and first token of its subjects (default jellyfish)")
	c.Flags().IntVar(&b.config.Layout.Partitions, "partitions", 0, "how many parts the rooms are dealt to, fixed when the stream is made (default 16)")
	c.Flags().IntVar(&b.config.Layout.Replicas, "replicas", 0, "on how many servers of a NATS cluster the stream is (default 1)")
	c.Flags().DurationVar(&b.config.Layout.MaxAge, "max-age", 0, "how long the stream keeps what is in it (default 24h)")
	return c
}

func (b *bridging) run(ctx context.Context, log io.Writer) error {
	from, err := b.settings.Server()
	if err != nil {
		return err
	}
	from.Logger = slog.New(slog.NewTextHandler(log, nil))
	b.config.Logger = from.Logger
	// The source outlives ctx, so that the bridge can hand over.
	lifetime, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	notifier, err := from.Open(lifetime)
	if err != nil {
		return err
	}
	address := cmp.Or(b.nats, os.Getenv(natsVariable), nats.DefaultURL)
	options := jetstream.ConnectOptions()
	if b.credentials != "" {
		options = append(options, nats.UserCredentials(b.credentials))
	}
	conn, err := nats.Connect(address, options...)
	if err != nil {
		return fmt.Errorf("NATS at %s: %w: check --nats", withoutPassword(address), err)
	}
	defer conn.Close()
	bridge, err := jetstream.NewBridge(conn, notifier, b.config)
	if err != nil {
		return &failure.UsageError{Err: err}
	}
	fmt.Fprintf(log, "bridging %s to NATS at %s\n", from.Address, withoutPassword(address))
	err = bridge.Run(ctx)
	if ctx.Err() != nil && err != nil {
		fmt.Fprintf(log, "jellyfish: %v\n", err) // The end was asked for, but what it left is worth telling.
	}
	return err
}

// withoutPassword returns what may be shown of a URL.
func withoutPassword(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return "an unreadable URL"
	}
	return parsed.Redacted()
}
