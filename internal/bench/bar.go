package main

import (
	"errors"
	"fmt"
	"strings"
)

// bar is what a comparison must reach; a zero asks nothing.
type bar struct {
	ratio  float64 // The least ratio of the rates.
	cpu    float64 // The greatest share of the plain loop's CPU time.
	allocs float64 // The most allocations a message.

	// Where the ratio is missed, this share of the library's rate in another
	// comparison will do.
	share float64
	of    string
}

// allocationSlack is what a bar leaves for allocations that no message causes.
const allocationSlack = 0.05

func (b bar) String() string {
	var parts []string
	if b.ratio > 0 {
		parts = append(parts, fmt.Sprintf("%.1f", b.ratio))
	}
	if b.share > 0 {
		parts = append(parts, fmt.Sprintf("or %.0f %% of %s", 100*b.share, b.of))
	}
	if b.cpu > 0 {
		parts = append(parts, fmt.Sprintf("CPU 1/%.1f", 1/b.cpu))
	}
	if b.allocs > 0 {
		parts = append(parts, fmt.Sprintf("allocs %.0f", b.allocs))
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
}

// verdict is nil where the comparison met its bar.
func (o outcome) verdict(all []result) error {
	c := o.comparison
	uncounted := len(o.rounds) - len(o.counted())
	switch {
	case c.bar == bar{}:
		return nil
	case 2*uncounted >= len(o.rounds):
		return fmt.Errorf("%s: messages were missed in %d of %d rounds", c.name, uncounted, len(o.rounds))
	case o.senderIsLimit():
		return fmt.Errorf("%s: the sender is the limit", c.name)
	}
	return errors.Join(o.rateVerdict(all), o.costVerdict())
}

func (o outcome) rateVerdict(all []result) error {
	c := o.comparison
	if o.ratio() >= c.bar.ratio {
		return nil
	}
	missed := fmt.Errorf("%s: %.2f times the plain loop's rate, the bar is %.1f", c.name, o.ratio(), c.bar.ratio)
	for _, r := range all {
		other, ok := r.(outcome)
		if !ok || other.comparison.name != c.bar.of {
			continue
		}
		share := o.library(rateOf) / other.library(rateOf)
		if share >= c.bar.share {
			return nil
		}
		missed = fmt.Errorf("%w, and %.0f %% of %s, the bar is %.0f %%", missed, 100*share, c.bar.of, 100*c.bar.share)
	}
	return missed
}

func (o outcome) costVerdict() error {
	c := o.comparison
	var missed []error
	if cpu := o.cpuShare(); c.bar.cpu > 0 && cpu > c.bar.cpu {
		missed = append(missed, fmt.Errorf("%s: 1/%.2f of the plain loop's CPU time, the bar is 1/%.1f", c.name, 1/cpu, 1/c.bar.cpu))
	}
	if allocs := o.library(allocsOf); c.bar.allocs > 0 && allocs > c.bar.allocs+allocationSlack {
		missed = append(missed, fmt.Errorf("%s: %.2f allocations a message, the bar is %.0f", c.name, allocs, c.bar.allocs))
	}
	return errors.Join(missed...)
}
