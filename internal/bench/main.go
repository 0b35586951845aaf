// Command bench measures the library end to end, next to programs that do the same job
// without it, and prints tables in Markdown:
//
//	go -C internal/bench run .
//
// With -check the exit status reports whether every bar was met. README.md says
// what is measured, how, and what isn't like for like.
//
// For profiles, run the benchmarks of the package's test:
//
//	go -C internal/bench test -run '^$' -bench 'EndToEnd/PeerConnected.*/library' -benchtime 2000000x -cpuprofile cpu.out .
//	go -C internal/bench test -run '^$' -bench Latency/library -benchtime 200000x -blockprofile block.out .
//	go -C internal/bench test -run '^$' -bench LiveView/change -benchtime 200000x -cpuprofile cpu.out .
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
)

func main() {
	if status, played := runChild(); played {
		os.Exit(status)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the command's flags.
type options struct {
	rounds   int
	messages int // 0 means each experiment's own number.
	run      *regexp.Regexp
	check    bool
	large    bool
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 9, "`rounds` in which the programs of an experiment take turns")
	flags.IntVar(&o.messages, "messages", 0, "`messages` in each round (default depends on their size)")
	only := flags.String("run", "", "only experiments whose name matches the `regexp`")
	flags.BoolVar(&o.check, "check", false, "fail if a bar is missed")
	flags.BoolVar(&o.large, "large", false, "a live view of 100,000 rooms too, which takes minutes and gigabytes")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.rounds < 1 || o.messages < 0 {
		return o, errors.New("-rounds must be at least 1, and -messages not negative")
	}
	var err error
	if o.run, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("-run: %w", err)
	}
	return o, nil
}

// experiment produces one table.
type experiment interface {
	title() string
	run(ctx context.Context, s *sender, o options) (table, error)
}

// experiments returns all experiments in the order of the output.
func experiments() []experiment {
	var all []experiment
	for _, w := range workloads() {
		all = append(all, w)
	}
	for _, c := range latencies() {
		all = append(all, c)
	}
	return append(all,
		listOf(10_000, 10),
		parseMetrics(10_000),
		idleNotifiers(1000),
		reconnecting(200, 10_000),
		liveViews(10, 1_000, 10_000),
	)
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	s, err := startSender()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d cores, %s, %s/%s, medians of %d rounds if not said otherwise\n",
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, o.rounds)
	tables, err := runAll(ctx, s, o, out)
	if err := errors.Join(err, s.stop()); err != nil {
		return err
	}
	if o.check {
		return check(tables)
	}
	return nil
}

// runAll prints each table as soon as it is complete.
func runAll(ctx context.Context, s *sender, o options, out io.Writer) ([]table, error) {
	var tables []table
	for _, e := range experiments() {
		if !o.run.MatchString(e.title()) {
			continue
		}
		t, err := e.run(ctx, s, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.title(), err)
		}
		t.print(out)
		tables = append(tables, t)
	}
	if len(tables) == 0 {
		return nil, fmt.Errorf("-run: no experiment matches %q", o.run)
	}
	return tables, nil
}

// check returns an error that names the bars that were missed.
func check(tables []table) error {
	var missed []error
	for _, t := range tables {
		missed = append(missed, t.verdict())
	}
	return errors.Join(missed...)
}
