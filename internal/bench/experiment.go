package main

import (
	"context"
	"errors"
)

// experiment is one or more rows of the output.
type experiment interface {
	title() string
	run(ctx context.Context, s *sender, o options) ([]result, error)
}

// result is a row that an experiment gave. Neighbours with the same columns share
// a table.
type result interface {
	columns() []string
	cells() []string
	// verdict is nil where the experiment met its bar. It is told of all results.
	verdict(all []result) error
}

// experiments returns all of them in the order of the output.
func experiments() []experiment {
	var all []experiment
	for _, c := range comparisons() {
		all = append(all, c)
	}
	return append(all,
		latencyAt(1_000, 0),
		latencyAt(50_000, 1),
		idleNotifiers(false),
		idleNotifiers(true),
		reconnecting(),
		liveViewOf(10_000, 10),
	)
}

// check returns what missed its bar.
func check(all []result) error {
	var missed []error
	for _, r := range all {
		missed = append(missed, r.verdict(all))
	}
	return errors.Join(missed...)
}
