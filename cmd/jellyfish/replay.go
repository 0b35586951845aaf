package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/post"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/recording"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// replaying is how a recording is played.
type replaying struct {
	to      destination
	how     post.Settings
	listen  string
	clients int
	speed   float64
}

func newReplay() *cobra.Command {
	r := &replaying{}
	c := &cobra.Command{
		Use:   "replay FILE",
		Short: "Play a recording, to the clients of a test server or to a webhook receiver",
		Long: `Play what "jellyfish record" has recorded, at the pace at which it came or
--speed times that; --speed 0 is without a pause. - is the standard input.

Without --to a test server is started and waits for clients. A gap of the
recording is played as one: the clients' connections are cut, or sent what can't
be decoded. The token is "` + jellyfishtest.Token + `".`,
		Example: examples(
			"jellyfish replay evening.jsonl --speed 10",
			"jellyfish replay evening.jsonl --to http://localhost:4000/webhook"),
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if r.speed < 0 || r.clients < 0 {
				return failure.Usagef("--speed and --clients must not be negative")
			}
			in := c.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer file.Close()
				in = file
			}
			entries := recording.Paced(c.Context(), recording.Read(in), r.speed)
			if r.to.given() {
				return r.post(c, entries)
			}
			return r.serve(c.Context(), entries, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	r.to.addTo(c, "to")
	r.how.AddTo(c.Flags())
	c.Flags().StringVar(&r.listen, "listen", "127.0.0.1:5002", "`ADDRESS` of the test server; port 0 is a free one")
	c.Flags().IntVar(&r.clients, "clients", 1, "wait for `N` clients before it begins")
	c.Flags().Float64Var(&r.speed, "speed", 1, "so many times as fast; 0 is without a pause")
	return c
}

// post posts a recording to a webhook receiver.
func (r *replaying) post(c *cobra.Command, entries iter.Seq2[recording.Entry, error]) error {
	poster, err := r.to.poster(r.how)
	if err != nil {
		return err
	}
	defer poster.Close()
	for entry, err := range entries {
		if err != nil {
			return err
		}
		var answer post.Answer
		if entry.Notification.Kind() != decode.KindGap {
			answer = poster.Post(c.Context(), entry.Notification)
		}
		if err := printDelivery(c.OutOrStdout(), output.Table, time.Now(), entry.Notification, answer); err != nil {
			return err
		}
	}
	return nil
}

// serve plays a recording to the clients of a test server.
func (r *replaying) serve(ctx context.Context, entries iter.Seq2[recording.Entry, error], out, log io.Writer) error {
	server, err := jellyfishtest.New(jellyfishtest.Config{Address: r.listen, History: requestsKept})
	if err != nil {
		return fmt.Errorf("%w\n--listen names another address; port 0 is a free one", err)
	}
	defer server.Close()
	fmt.Fprintln(out, "listening on", server.Address())
	fmt.Fprintf(log, "waiting for %s; Ctrl-C ends it\n", output.Count(r.clients, "client"))
	if err := subscribed(ctx, server, 0, r.clients); err != nil {
		return err
	}
	played := 0
	for entry, err := range entries {
		if err != nil {
			return err
		}
		if err := play(ctx, server, entry.Notification); err != nil {
			return err
		}
		played++
	}
	fmt.Fprintf(log, "played %s\n", output.Count(played, "entry"))
	return nil
}

// play has the clients receive what an entry says.
func play(ctx context.Context, server *jellyfishtest.Server, n decode.Notification) error {
	switch n := n.(type) {
	case stream.Gap:
		for range n.Undecodable {
			server.SendMessage([]byte{0xff, 0xff, 0xff})
		}
		outages := n.Outages
		if outages == 0 && n.Dropped > 0 {
			outages = 1 // Nothing else makes a client miss something.
		}
		for range outages {
			clients, before := server.Connections(), len(server.Received())
			server.Cut(jellyfishtest.CutClean)
			if err := subscribed(ctx, server, before, clients); err != nil {
				return err
			}
		}
		return nil
	case stream.Report:
		return server.Send(n.MetricsReport)
	case decode.Undecodable:
		server.SendMessage([]byte{0xff, 0xff, 0xff})
		return nil
	}
	return server.Send(n)
}

// requestsKept is how many requests of clients are counted: more than come.
const requestsKept = 1 << 20

// settled is how long clients must have asked for nothing more.
const settled = 150 * time.Millisecond

// subscribed waits until so many clients are there and have subscribed. Each sends
// at least two requests, beside those that came before: its token, and what it
// wants. That it wants no more is seen by its asking for no more.
func subscribed(ctx context.Context, server *jellyfishtest.Server, before, clients int) error {
	asked, since := -1, time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			n := len(server.Received())
			if n != asked || n < before+2*clients || server.Connections() < clients {
				asked, since = n, now
			} else if now.Sub(since) >= settled {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
