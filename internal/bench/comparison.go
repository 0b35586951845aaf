package main

import (
	"context"
	"fmt"
)

// notificationWindow is how far the sender may be ahead of a consumer of
// notifications: half of what the library keeps for a consumer, so that being
// scheduled late is no loss.
const notificationWindow = 8192

// comparison is how fast the library and the plain loop take messages of one
// kind.
type comparison struct {
	name     string
	messages int // In each round.
	window   int // How many may be on the way unacknowledged.
	bar      bar

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

func (c comparison) title() string { return c.name }

func (c comparison) run(ctx context.Context, s *sender, o options) ([]result, error) {
	if o.messages > 0 {
		c.messages = o.messages
	}
	compared, err := c.compare(ctx, s, o.rounds)
	return []result{compared}, err
}

// comparisons returns those of the rows that are one.
func comparisons() []comparison {
	one, thousand := fanOut("Fan-out to 1 room", 1), fanOut("Fan-out to 1,000 rooms", 1000)
	thousand.bar = bar{ratio: 6, share: 0.7, of: one.name}
	short, long := metrics("Metrics 10 kB", 10_000, 3_000), metrics("Metrics 500 kB", 500_000, 250)
	long.bar = bar{ratio: 5}
	return []comparison{
		peerConnected(),
		trackAdded(),
		one,
		fanOut("Fan-out to 10 rooms", 10),
		fanOut("Fan-out to 100 rooms", 100),
		thousand,
		broadcast(),
		short,
		long,
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
