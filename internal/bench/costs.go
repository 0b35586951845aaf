package main

import (
	"fmt"
	"slices"
	"time"
)

// costs are what the same thing took in each of the rounds.
type costs []cost

func elapsedOf(c cost) float64 { return float64(c.elapsed) }
func cpuTimeOf(c cost) float64 { return float64(c.cpu) }
func mallocsOf(c cost) float64 { return c.allocs }

func (cs costs) each(of func(cost) float64) []float64 {
	var values []float64
	for _, c := range cs {
		values = append(values, of(c))
	}
	return values
}

func (cs costs) median(of func(cost) float64) float64 { return median(cs.each(of)) }

// cells returns the time with its extremes, the CPU time and the allocations.
func (cs costs) cells() []string {
	times := cs.each(elapsedOf)
	cpu := none
	if used := time.Duration(cs.median(cpuTimeOf)); used > 0 {
		cpu = formatDuration(used)
	}
	return []string{
		fmt.Sprintf("%s (%s–%s)", formatTime(median(times)), formatTime(slices.Min(times)), formatTime(slices.Max(times))),
		cpu,
		formatRate(cs.median(mallocsOf)),
	}
}

func formatTime(nanoseconds float64) string { return formatDuration(time.Duration(nanoseconds)) }
