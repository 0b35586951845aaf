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
	if status, played := playRole(); played {
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
	messages int // 0 stands for each experiment's own.
	run      *regexp.Regexp
	check    bool
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 9, "interleaved `rounds` of each experiment that compares")
	flags.IntVar(&o.messages, "messages", 0, "`messages` in each round (default depends on their size)")
	only := flags.String("run", "", "only experiments whose name matches the `regexp`")
	flags.BoolVar(&o.check, "check", false, "fail if a bar is missed")
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

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	s, err := startSender()
	if err != nil {
		return err
	}
	results, err := runAll(ctx, s, o)
	if err := errors.Join(err, s.stop()); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d cores, %s, %s/%s, medians of %d interleaved rounds\n",
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, o.rounds)
	printTables(out, results)
	if o.check {
		return check(results)
	}
	return nil
}

func runAll(ctx context.Context, s *sender, o options) ([]result, error) {
	var results []result
	for _, e := range experiments() {
		if !o.run.MatchString(e.title()) {
			continue
		}
		r, err := e.run(ctx, s, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.title(), err)
		}
		results = append(results, r...)
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("-run: no experiment matches %q", o.run)
	}
	return results, nil
}
