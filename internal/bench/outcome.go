package main

import (
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

func (o outcome) columns() []string {
	return []string{
		"message", "library, msg/s", "plain loop, msg/s", "ratio (min–max)", "bar",
		"CPU ns/msg, library : plain", "allocs/msg, library : plain",
		"missed", "rounds counted", "sender alone, msg/s",
	}
}

func (o outcome) cells() []string {
	least, greatest := o.spread()
	sender := formatRate(o.bare(rateOf))
	if len(o.counted()) > 0 && o.senderIsLimit() {
		sender += " (the limit)"
	}
	return []string{
		o.comparison.name,
		formatRate(o.library(rateOf)),
		formatRate(o.plain(rateOf)),
		formatSpread(o.ratio(), least, greatest),
		o.comparison.bar.String(),
		formatPair("%.0f", o.library(cpuOf), o.plain(cpuOf)),
		formatPair("%.1f", o.library(allocsOf), o.plain(allocsOf)),
		fmt.Sprint(o.missed()),
		fmt.Sprintf("%d of %d", len(o.counted()), len(o.rounds)),
		sender,
	}
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

// cpuShare returns the median of the library's share of the plain loop's CPU
// time, 0 where that isn't known.
func (o outcome) cpuShare() float64 {
	return median(o.each(func(r round) float64 {
		if r.plain.cpu == 0 {
			return 0
		}
		return r.library.cpu / r.plain.cpu
	}))
}

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
