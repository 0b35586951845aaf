package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// roundTimeout is far longer than any round takes.
const roundTimeout = 2 * time.Minute

// sample is what one receiver achieved in one round.
type sample struct {
	rate   float64 // Messages a second.
	cpu    float64 // Nanoseconds a message, user and system.
	allocs float64 // Allocations a message.
	missed int
}

// round is one turn of all three receivers.
type round struct{ library, plain, bare sample }

// counts tells whether nothing was missed.
func (r round) counts() bool { return r.library.missed == 0 }

// compare runs interleaved rounds until the wanted number of them counts.
func (c comparison) compare(ctx context.Context, s *sender, wanted int) (outcome, error) {
	if err := s.prepare(c.name); err != nil {
		return outcome{}, err
	}
	bare := connectBare(encodeFrames(c.payloads()))
	rounds, err := untilCounted(wanted, func(i int) (round, error) {
		return c.round(ctx, s, bare, i%2 == 0)
	})
	return outcome{comparison: c, rounds: rounds}, err
}

// untilCounted takes rounds until the wanted number of them counts, and at most
// twice as many.
func untilCounted(wanted int, take func(i int) (round, error)) ([]round, error) {
	var rounds []round
	for counted := 0; counted < wanted && len(rounds) < 2*wanted; {
		r, err := take(len(rounds))
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, r)
		if r.counts() {
			counted++
		}
	}
	return rounds, nil
}

// turn is one receiver's part of a round.
type turn struct {
	name    string
	connect connect
	sample  *sample
}

// round gives each receiver its turn.
func (c comparison) round(ctx context.Context, s *sender, bare connect, libraryFirst bool) (round, error) {
	var r round
	turns := []turn{
		{"library", c.library, &r.library},
		{"plain loop", c.plain, &r.plain},
		{"bare reader", bare, &r.bare},
	}
	if !libraryFirst { // Who follows whom must not matter.
		turns[0], turns[1] = turns[1], turns[0]
	}
	for _, t := range turns {
		if err := c.take(ctx, s, t); err != nil {
			return round{}, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return r, nil
}

// take connects a receiver and measures a round with it.
func (c comparison) take(ctx context.Context, s *sender, t turn) error {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	r, err := t.connect(ctx, s.address)
	if err != nil {
		return err
	}
	defer r.close()
	*t.sample, err = c.measure(s, r)
	return err
}

// measure lets the sender go and waits until the round is received.
func (c comparison) measure(s *sender, r receiver) (sample, error) {
	runtime.GC()
	before, start := usageNow(), time.Now()
	if err := s.send(c.messages, c.window); err != nil {
		return sample{}, err
	}
	seen, err := r.receive(c.messages, &pace{window: c.window, tell: s.acknowledge})
	elapsed, used := time.Since(start), usageNow().since(before)
	if err != nil {
		return sample{}, err
	}
	n := float64(c.messages)
	return sample{
		rate:   n / elapsed.Seconds(),
		cpu:    float64(used.cpu) / n,
		allocs: float64(used.mallocs) / n,
		missed: seen.missed,
	}, seen.complete(c.messages)
}
