package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// latency is how long messages take from the sender to the consumer at a given
// rate, with the library and with the plain loop.
type latency struct {
	perSecond int
	messages  int     // In each round.
	bar       float64 // The greatest ratio of the 99th percentiles; 0 is any.
}

// latencyRound is how long a round takes.
const latencyRound = 1200 * time.Millisecond

func latencyAt(perSecond int, bar float64) latency {
	return latency{
		perSecond: perSecond,
		messages:  int(latencyRound.Seconds() * float64(perSecond)),
		bar:       bar,
	}
}

func (l latency) title() string {
	return fmt.Sprintf("Latency at %s a second", formatThousands(l.perSecond))
}

func (l latency) run(ctx context.Context, s *sender, o options) ([]result, error) {
	if o.messages > 0 {
		l.messages = o.messages
	}
	r := latencyResult{latency: l}
	for i := range o.rounds {
		round, err := l.round(ctx, s, i%2 == 0)
		if err != nil {
			return nil, err
		}
		r.rounds = append(r.rounds, round)
	}
	return []result{r}, nil
}

// stamped is one of the programs that are compared.
type stamped interface {
	// next returns the stamp of the next message.
	next() (string, error)
	close()
}

// delays is what one of them saw of a round.
type delays struct {
	p50, p99, p999 time.Duration
	rate           float64 // At which the messages were sent.
}

// delaysRound is one turn of both.
type delaysRound struct{ library, plain delays }

func (l latency) round(ctx context.Context, s *sender, libraryFirst bool) (delaysRound, error) {
	var r delaysRound
	turns := []struct {
		connect connectStamped
		seen    *delays
	}{
		{connectLibraryStamped, &r.library},
		{connectPlainStamped, &r.plain},
	}
	if !libraryFirst { // Who follows whom must not matter.
		turns[0], turns[1] = turns[1], turns[0]
	}
	for _, t := range turns {
		var err error
		if *t.seen, err = l.take(ctx, s, t.connect); err != nil {
			return r, err
		}
	}
	return r, nil
}

// take connects a program and measures a round with it.
func (l latency) take(ctx context.Context, s *sender, connect connectStamped) (delays, error) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	program, err := connect(ctx, s.address)
	if err != nil {
		return delays{}, err
	}
	defer program.close()
	return l.measure(s, program)
}

func (l latency) measure(s *sender, program stamped) (delays, error) {
	took := make([]time.Duration, l.messages)
	runtime.GC()
	if err := s.trickle(l.messages, l.perSecond); err != nil {
		return delays{}, err
	}
	var first, last time.Time
	for i := range took {
		stamp, err := program.next()
		if err != nil {
			return delays{}, err
		}
		now := time.Now()
		if last, err = parseStamp(stamp); err != nil {
			return delays{}, err
		}
		took[i] = now.Sub(last)
		if i == 0 {
			first = last
		}
	}
	p := newPercentiles(took)
	return delays{
		p50: p.at(0.5), p99: p.at(0.99), p999: p.at(0.999),
		rate: float64(l.messages-1) / last.Sub(first).Seconds(),
	}, nil
}
