package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// limit is the most that something may be, in the words of its bar.
type limit struct {
	got, most float64
	text      func(float64) string
}

// limits are what a row is held to.
type limits []limit

func (ls limits) String() string {
	if len(ls) == 0 {
		return none
	}
	var bars []string
	for _, l := range ls {
		bars = append(bars, l.text(l.most))
	}
	return strings.Join(bars, ", ")
}

// verdict is nil where none is exceeded. It begins with what is held to them.
func (ls limits) verdict(what string) error {
	var missed []error
	for _, l := range ls {
		if l.got > l.most {
			missed = append(missed, fmt.Errorf("%s: %s, the bar is %s", what, l.text(l.got), l.text(l.most)))
		}
	}
	return errors.Join(missed...)
}

// atMost limits the median time.
func (cs costs) atMost(most time.Duration) limit {
	return limit{cs.median(elapsedOf), float64(most), func(got float64) string {
		return formatTime(got)
	}}
}

// cpuAtMost limits the median CPU time.
func (cs costs) cpuAtMost(most time.Duration) limit {
	return limit{cs.median(cpuTimeOf), float64(most), func(got float64) string {
		return "CPU " + formatTime(got)
	}}
}

// allocsAtMost limits the median number of allocations.
func (cs costs) allocsAtMost(most float64) limit {
	return limit{cs.median(mallocsOf), most, func(got float64) string {
		return fmt.Sprintf("allocs %.0f", got)
	}}
}

// timesAtMost limits how many times as long something takes as another thing, by
// the median over the rounds.
func (cs costs) timesAtMost(most float64, other costs, name string) limit {
	var ratios []float64
	for i := range cs {
		ratios = append(ratios, float64(cs[i].elapsed)/float64(other[i].elapsed))
	}
	return limit{median(ratios), most, func(got float64) string {
		return fmt.Sprintf("%.1f × %s", got, name)
	}}
}
