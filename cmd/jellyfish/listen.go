package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/post"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// grace is how long a delivery that is under way may still take after Ctrl-C.
const grace = time.Second

func newListen() *cobra.Command {
	var settings server.Settings
	var filter filter
	var how post.Settings
	var to destination
	format := output.Table
	c := &cobra.Command{
		Use:   "listen --forward-to URL",
		Short: "Forward notifications to a webhook receiver, as the server would post them",
		Long: `Receive a server's notifications and post each to a webhook receiver on this
machine, which the server itself can't reach, and print it with the receiver's
answer. Order, form and time limit are the server's: one after the other, each
once. A delivery that fails doesn't end it; a gap is printed and not posted.`,
		Example: examples(
			"jellyfish listen --forward-to http://localhost:4000/webhook?tenant=1",
			"jellyfish listen --forward-to-file url.txt --room standup --body json"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			options, err := filter.options()
			if err != nil {
				return err
			}
			poster, err := to.poster(how)
			if err != nil {
				return err
			}
			defer poster.Close()
			s, err := settings.Server()
			if err != nil {
				return err
			}
			notifier, err := s.Open(ctx)
			if err != nil {
				return err
			}
			sub, err := notifier.Subscribe(ctx, options...)
			if err != nil {
				return failure.Connecting(err)
			}
			fmt.Fprintf(c.ErrOrStderr(), "forwarding from %s to %s, Ctrl-C ends it\n", notifier.State().Address, poster.URL())
			go tellStates(notifier, c.ErrOrStderr())
			posting, cancel := context.WithCancel(context.WithoutCancel(ctx))
			defer cancel()
			context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
			for n := range sub.All() {
				if ctx.Err() != nil {
					break
				}
				if n.Kind() != decode.KindGap && !filter.accepts(n) {
					continue
				}
				at := time.Now()
				var answer post.Answer
				if n.Kind() != decode.KindGap {
					answer = poster.Post(posting, n)
				}
				if err := printDelivery(c.OutOrStdout(), format, at, n, answer); err != nil {
					return err
				}
			}
			return failure.Connecting(sub.Err())
		},
	}
	settings.AddTo(c.Flags())
	filter.addTo(c)
	to.addTo(c, "forward-to")
	how.AddTo(c.Flags())
	c.Flags().VarP(&format, "output", "o", "how to print: table or json")
	return c
}

// destination is a webhook receiver, whose URL may hold a secret.
type destination struct {
	flag, url, file string
}

func (d *destination) addTo(c *cobra.Command, flag string) {
	d.flag = flag
	c.Flags().StringVar(&d.url, flag, "", "`URL` of the webhook receiver")
	c.Flags().StringVar(&d.file, flag+"-file", "", "`FILE` with that URL, where there is a password in it")
}

// given tells whether there is one.
func (d *destination) given() bool { return d.url != "" || d.file != "" }

func (d *destination) poster(how post.Settings) (*post.Poster, error) {
	switch {
	case !d.given():
		return nil, failure.Usagef("--%s is required: the URL of the webhook receiver", d.flag)
	case d.file == "":
		return how.Poster("--"+d.flag, d.url)
	}
	text, err := os.ReadFile(d.file)
	if err != nil {
		return nil, failure.Usagef("--%s-file: %w", d.flag, err)
	}
	return how.Poster("--"+d.flag+"-file", strings.TrimSpace(string(text)))
}

// printDelivery prints a notification and what became of it.
func printDelivery(out io.Writer, format output.Format, at time.Time, n decode.Notification, answer post.Answer) error {
	gap := n.Kind() == decode.KindGap
	if format == output.JSON {
		delivery := struct {
			Time         string              `json:"time"`
			Status       int                 `json:"status,omitempty"`
			Took         float64             `json:"took_ms,omitempty"`
			Error        string              `json:"error,omitempty"`
			Notification decode.Notification `json:"notification"`
		}{Time: output.Timestamp(at), Status: answer.Status, Took: float64(answer.Took.Microseconds()) / 1000, Notification: n}
		if answer.Err != nil {
			delivery.Error = answer.Err.Error()
		}
		return output.Object(out, delivery)
	}
	d := output.Describe(n)
	sign, result := "✓", answer.String()
	switch {
	case gap:
		_, err := fmt.Fprintf(out, "%s  ▓▓ GAP  %s\n", at.Format(output.Clock), output.Printable(d.Details))
		return err
	case !answer.OK():
		sign = "✗"
	}
	_, err := fmt.Fprintf(out, "%s  %s %-24s %5dms  %-22s  %s\n", at.Format(output.Clock), sign, output.Printable(result),
		answer.Took.Milliseconds(), d.Kind, output.Printable(strings.TrimSpace(d.Room+"  "+d.Who+"  "+d.Details)))
	return err
}
