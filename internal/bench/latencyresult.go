package main

import (
	"fmt"
	"slices"
	"time"
)

// leastReached is the share of its rate that the sender must reach.
const leastReached = 0.95

// latencyResult is what the rounds gave.
type latencyResult struct {
	latency latency
	rounds  []delaysRound
}

func (r latencyResult) columns() []string {
	return []string{
		"latency, median of rounds", "library p50", "p99", "p99.9",
		"plain loop p50", "p99", "p99.9",
		"ratio of p99 (min–max)", "bar", "sent a second, library : plain",
	}
}

func (r latencyResult) cells() []string {
	ratios := r.each(p99Ratio)
	cells := []string{r.latency.title()}
	for _, side := range []func(delaysRound) delays{ofLibrary, ofPlain} {
		for _, percentile := range []func(delays) time.Duration{p50Of, p99Of, p999Of} {
			cells = append(cells, formatDuration(r.median(side, percentile)))
		}
	}
	return append(cells,
		formatSpread(median(ratios), slices.Min(ratios), slices.Max(ratios)),
		formatBar(r.latency.bar),
		formatPair("%.0f", r.reached(ofLibrary), r.reached(ofPlain)),
	)
}

// verdict compares the medians over the rounds.
func (r latencyResult) verdict([]result) error {
	if r.latency.bar == 0 {
		return nil
	}
	reached := min(r.reached(ofLibrary), r.reached(ofPlain))
	if reached < leastReached*float64(r.latency.perSecond) {
		return fmt.Errorf("%s: only %.0f a second were sent", r.latency.title(), reached)
	}
	library, plain := r.median(ofLibrary, p99Of), r.median(ofPlain, p99Of)
	if float64(library) > r.latency.bar*float64(plain) {
		return fmt.Errorf("%s: p99 is %v, the plain loop's %v", r.latency.title(), library, plain)
	}
	return nil
}

func ofLibrary(r delaysRound) delays { return r.library }
func ofPlain(r delaysRound) delays   { return r.plain }

func p50Of(d delays) time.Duration  { return d.p50 }
func p99Of(d delays) time.Duration  { return d.p99 }
func p999Of(d delays) time.Duration { return d.p999 }

func p99Ratio(r delaysRound) float64 { return float64(r.library.p99) / float64(r.plain.p99) }

// each returns a number of each round.
func (r latencyResult) each(of func(delaysRound) float64) []float64 {
	var values []float64
	for _, round := range r.rounds {
		values = append(values, of(round))
	}
	return values
}

func (r latencyResult) median(side func(delaysRound) delays, of func(delays) time.Duration) time.Duration {
	return time.Duration(median(r.each(func(round delaysRound) float64 { return float64(of(side(round))) })))
}

// reached returns the rate at which the messages were sent.
func (r latencyResult) reached(side func(delaysRound) delays) float64 {
	return median(r.each(func(round delaysRound) float64 { return side(round).rate }))
}
