package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// watching is what is wanted of the notifications, and until when.
type watching struct {
	settings server.Settings
	filter   filter
	metrics  bool
	count    int
	until    []string
	timeout  time.Duration
	format   output.Format
}

func newWatch() *cobra.Command {
	w := &watching{format: output.Table}
	c := &cobra.Command{
		Use:   "watch",
		Short: "Print notifications as they come",
		Long: `Print the server's notifications as they come, one a line, until Ctrl-C.

Gaps, where something is or may be missing, are always printed. With --until or
--count it ends when that has come, so that a script can wait for something;
with --timeout it gives up after that time, with status 1 if it was waiting.`,
		Example: examples(
			"jellyfish watch --room standup --kind peer_connected,peer_disconnected",
			"jellyfish watch --room standup --until hls_playable --timeout 30s -o json"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return w.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	w.settings.AddTo(flags)
	w.filter.addTo(c)
	flags.BoolVar(&w.metrics, "metrics", false, "print metrics reports too, those of all rooms")
	flags.IntVarP(&w.count, "count", "n", 0, "end after `N` notifications")
	flags.StringSliceVar(&w.until, "until", nil, "end when a notification of this `KIND` has come")
	flags.DurationVar(&w.timeout, "timeout", 0, "end after this time, with status 1 if --until or --count has not come")
	flags.VarP(&w.format, "output", "o", "how to print: table or json")
	completeKinds(c, "until")
	return c
}

func (w *watching) run(ctx context.Context, out, log io.Writer) error {
	options, err := w.filter.options()
	if err != nil {
		return err
	}
	until, err := parseKinds("--until", w.until)
	if err != nil {
		return err
	}
	if w.count < 0 || w.timeout < 0 {
		return failure.Usagef("--count and --timeout must not be negative")
	}
	if w.metrics {
		options = append(options, stream.WithMetrics())
	}
	server, err := w.settings.Server()
	if err != nil {
		return err
	}
	var timeout <-chan time.Time
	if w.timeout > 0 {
		timeout = time.After(w.timeout)
	}
	notifier, err := server.Open(ctx)
	if err != nil {
		return err
	}
	sub, err := notifier.Subscribe(ctx, options...)
	if err != nil {
		return failure.Connecting(err)
	}
	fmt.Fprintf(log, "connected to %s, Ctrl-C ends it\n", notifier.State().Address)
	go tellStates(notifier, log)
	return w.follow(sub, until, timeout, output.NewEvents(out, w.format))
}

// tellStates tells when the connection is lost, and when it is there again. It ends
// with the notifier.
func tellStates(notifier *stream.Notifier, log io.Writer) {
	live := true
	for state := range notifier.States() {
		if now := state.Phase == stream.Live; now != live && state.Phase != stream.Ended {
			live = now
			fmt.Fprintln(log, time.Now().Format(output.Clock), output.Printable(state.String()))
		}
	}
}

// follow prints until there is no more to wait for.
func (w *watching) follow(sub *stream.Subscription, until []decode.Kind, timeout <-chan time.Time, to *output.Events) error {
	seen := 0
	for {
		var n decode.Notification
		select {
		case next, ok := <-sub.Notifications():
			if !ok {
				return failure.Connecting(sub.Err())
			}
			n = next
		case report, ok := <-sub.Metrics():
			if !ok {
				continue
			}
			n = report
		case <-timeout:
			return w.timedOut(seen)
		}
		gap := n.Kind() == decode.KindGap
		if !gap && !w.filter.accepts(n) {
			continue
		}
		if err := to.Print(time.Now(), n); err != nil {
			return err
		}
		if !gap {
			seen++
		}
		if slices.Contains(until, n.Kind()) || w.count > 0 && seen >= w.count {
			return nil
		}
	}
}

func (w *watching) timedOut(seen int) error {
	switch {
	case len(w.until) > 0:
		return fmt.Errorf("no %s within %v", strings.Join(w.until, " or "), w.timeout)
	case w.count > 0:
		return fmt.Errorf("%d of %s within %v", seen, output.Count(w.count, "notification"), w.timeout)
	}
	return nil
}

// filter says which notifications are wanted; none of a sort stands for all.
type filter struct {
	rooms, peers, kinds []string
}

func (f *filter) addTo(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.rooms, "room", nil, "only what is about this room; `ID[,ID…]`, may be given again")
	c.Flags().StringSliceVar(&f.peers, "peer", nil, "only what is about this peer; `ID[,ID…]`, may be given again")
	c.Flags().StringSliceVar(&f.kinds, "kind", nil, "only this kind, as in peer_connected; `KIND[,KIND…]`, may be given again")
	completeKinds(c, "kind")
}

// options returns what the server's connection can sort out.
func (f *filter) options() ([]stream.Option, error) {
	kinds, err := parseKinds("--kind", f.kinds)
	if err != nil {
		return nil, err
	}
	var options []stream.Option
	if len(kinds) > 0 {
		options = append(options, stream.OfKinds(kinds...))
	}
	if len(f.rooms) > 0 {
		if slices.Contains(f.rooms, "") {
			return nil, failure.Usagef("--room: empty room id")
		}
		options = append(options, stream.InRooms(f.rooms...))
	}
	return options, nil
}

// accepts tells whether a notification is about one of the peers.
func (f *filter) accepts(n decode.Notification) bool {
	if len(f.peers) == 0 || n.Kind() == decode.KindMetricsReport {
		return true
	}
	d := output.Describe(n)
	return d.WhoType == "peer" && slices.Contains(f.peers, d.Who)
}

func parseKinds(flag string, names []string) ([]decode.Kind, error) {
	var kinds []decode.Kind
	for _, name := range names {
		kind, ok := decode.ParseKind(name)
		switch {
		case !ok:
			return nil, failure.Usagef("%s: no notification has the kind %q; there are %s", flag, name, strings.Join(kindNames(), ", "))
		case kind == decode.KindMetricsReport:
			return nil, failure.Usagef("%s: metrics reports are asked for with --metrics", flag)
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

// kindNames returns the names of all kinds but that of metrics.
func kindNames() []string {
	var names []string
	for _, kind := range decode.Kinds() {
		if kind != decode.KindMetricsReport {
			names = append(names, kind.String())
		}
	}
	return names
}

// completeKinds has a shell complete the names of kinds.
func completeKinds(c *cobra.Command, flag string) {
	complete := cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp)
	if err := c.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(errors.New("no flag " + flag)) // A mistake in this program.
	}
}
