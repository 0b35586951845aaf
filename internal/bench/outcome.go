package main

import (
	"errors"
	"fmt"
	"slices"
)

// senderMargin is how many times the library's rate the sender must reach with a
// bare reader, so as not to be what is measured.
const senderMargin = 1.5

// outcome is what the rounds of a comparison gave.
type outcome struct {
	comparison comparison
	rounds     []round
}

// counted returns the rounds that count.
func (o outcome) counted() []round {
	var counted []round
	for _, r := range o.rounds {
		if r.counts() {
			counted = append(counted, r)
		}
	}
	return counted
}

// missed counts the messages that the library's consumer was told it missed.
func (o outcome) missed() int {
	var total int
	for _, r := range o.rounds {
		total += r.library.missed
	}
	return total
}

// each returns a number of each round that counts.
func (o outcome) each(of func(round) float64) []float64 {
	var values []float64
	for _, r := range o.counted() {
		values = append(values, of(r))
	}
	return values
}

// ratio returns the median of the ratio of the two rates.
func (o outcome) ratio() float64 { return median(o.each(ratio)) }

// library returns the median of a number of the library's.
func (o outcome) library(of func(sample) float64) float64 {
	return median(o.each(func(r round) float64 { return of(r.library) }))
}

// plain returns the median of a number of the plain loop's.
func (o outcome) plain(of func(sample) float64) float64 {
	return median(o.each(func(r round) float64 { return of(r.plain) }))
}

// bare returns the median of a number of the bare reader's.
func (o outcome) bare(of func(sample) float64) float64 {
	return median(o.each(func(r round) float64 { return of(r.bare) }))
}

func rateOf(s sample) float64   { return s.rate }
func cpuOf(s sample) float64    { return s.cpu }
func allocsOf(s sample) float64 { return s.allocs }

// ratio of the library's rate to the plain loop's, taken within a round.
func ratio(r round) float64 { return r.library.rate / r.plain.rate }

// spread returns the least and the greatest ratio.
func (o outcome) spread() (least, greatest float64) {
	ratios := o.each(ratio)
	if len(ratios) == 0 {
		return 0, 0
	}
	return slices.Min(ratios), slices.Max(ratios)
}

// senderIsLimit, where any round counts, tells whether the rates may be
// the sender's.
func (o outcome) senderIsLimit() bool {
	return o.bare(rateOf) < senderMargin*o.library(rateOf)
}

// verdict is nil where the comparison met its bar.
func (o outcome) verdict() error {
	c := o.comparison
	uncounted := len(o.rounds) - len(o.counted())
	switch {
	case c.bar == 0:
		return nil
	case 2*uncounted >= len(o.rounds):
		return fmt.Errorf("%s: messages were missed in %d of %d rounds", c.name, uncounted, len(o.rounds))
	case o.senderIsLimit():
		return fmt.Errorf("%s: the sender is the limit", c.name)
	case o.ratio() < c.bar:
		return fmt.Errorf("%s: %.2f times the plain loop's rate, the bar is %.1f", c.name, o.ratio(), c.bar)
	}
	return nil
}

// check returns what missed its bar.
func check(outcomes []outcome) error {
	var missed []error
	for _, o := range outcomes {
		missed = append(missed, o.verdict())
	}
	return errors.Join(missed...)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
