package main

import (
	"context"
	"fmt"
)

// comparison is one row of the table.
type comparison struct {
	name     string
	messages int     // In each round.
	window   int     // How many may be on the way unacknowledged; 0 is any number.
	bar      float64 // The least ratio of the rates; 0 is any.

	payloads       func() [][]byte // The messages, sent in turn.
	library, plain connect
}

// connect makes a receiver that is ready for the first message. The context is
// its lifetime.
type connect func(ctx context.Context, address string) (receiver, error)

// receiver is one of the programs that are compared.
type receiver interface {
	// receive receives a round of n messages.
	receive(n int, p *pace) (tally, error)
	close()
}

// tally is what a receiver saw of a round.
type tally struct{ received, missed int }

// complete tells whether all n messages are accounted for.
func (t tally) complete(n int) error {
	if t.received+t.missed != n {
		return fmt.Errorf("received %d messages and missed %d of %d", t.received, t.missed, n)
	}
	return nil
}

// comparisons returns the rows in the table's order.
func comparisons() []comparison {
	return []comparison{
		peerConnected(),
		trackAdded(),
		fanOut(1),
		fanOut(10),
		fanOut(100),
		fanOut(1000),
		metrics("Metrics 10 kB", 10_000, 3_000),
		metrics("Metrics 500 kB", 500_000, 60),
	}
}

// comparisonNamed finds a comparison for the sender.
func comparisonNamed(name string) (comparison, error) {
	for _, c := range comparisons() {
		if c.name == name {
			return c, nil
		}
	}
	return comparison{}, fmt.Errorf("no comparison %q", name)
}
