package main

import (
	"math"
	"slices"
	"time"
)

// percentiles are durations in the order of their length; there is at least one.
type percentiles []time.Duration

func newPercentiles(values []time.Duration) percentiles {
	return slices.Sorted(slices.Values(values))
}

// at returns the least value that is no shorter than the given share of all.
func (p percentiles) at(share float64) time.Duration {
	rank := int(math.Ceil(share * float64(len(p))))
	return p[max(rank, 1)-1]
}
