package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// roundTimeout is far longer than any program's turn takes.
const roundTimeout = 2 * time.Minute

// contest is programs that do the same thing, one after the other, in each of several
// rounds.
type contest struct {
	name     string
	programs []program
	columns  []column
	rounds   func(asked int) int // Nil means as many as asked for.
	prepare  func(s *sender) error
}

// program is one program of a contest.
type program struct {
	name string
	turn func(ctx context.Context, s *sender) (sample, error)
	bars []bar
}

// sample is the result of one turn of a program: per message or call, and times in
// nanoseconds. What an experiment doesn't measure is 0.
type sample struct {
	elapsed float64
	cpu     float64 // User and system, of this process.
	allocs  float64

	p50, p99, p999 float64 // Of the individual times.

	bytes, goroutines float64
	missed            int
}

func elapsedOf(s sample) float64 { return s.elapsed }
func cpuOf(s sample) float64     { return s.cpu }
func allocsOf(s sample) float64  { return s.allocs }
func p50Of(s sample) float64     { return s.p50 }
func p99Of(s sample) float64     { return s.p99 }

// rateOf returns messages per second.
func rateOf(s sample) float64 { return 1e9 / s.elapsed }

func (c contest) title() string { return c.name }

func (c contest) run(ctx context.Context, s *sender, o options) (table, error) {
	if c.prepare != nil {
		if err := c.prepare(s); err != nil {
			return table{}, err
		}
	}
	wanted := o.rounds
	if c.rounds != nil {
		wanted = c.rounds(wanted)
	}
	r, err := takeRounds(c.names(), wanted, func(program int) (sample, error) {
		ctx, cancel := context.WithTimeout(ctx, roundTimeout)
		defer cancel()
		return c.programs[program].turn(ctx, s)
	})
	return c.table(r), err
}

func (c contest) names() []string {
	var names []string
	for _, p := range c.programs {
		names = append(names, p.name)
	}
	return names
}

func (c contest) table(r results) table {
	t := newTable(c.name, c.columns)
	for _, p := range c.programs {
		t.rows = append(t.rows, newRow(r, p.name, c.columns, p.bars))
	}
	t.fault = r.fault()
	return t
}

// results are the samples of all rounds.
type results struct {
	names  []string
	rounds [][]sample // In the order of names.
}

// takeRounds gives each program its turn, round by round, starting each round with
// another program, so that their order doesn't matter. A round in which messages were
// missed doesn't count and is repeated, but there are at most twice as many rounds as
// wanted.
func takeRounds(names []string, wanted int, take func(program int) (sample, error)) (results, error) {
	r := results{names: names}
	for len(r.counted()) < wanted && len(r.rounds) < 2*wanted {
		round := make([]sample, len(names))
		for i := range round {
			program := (len(r.rounds) + i) % len(names)
			var err error
			if round[program], err = take(program); err != nil {
				return r, fmt.Errorf("%s: %w", names[program], err)
			}
		}
		r.rounds = append(r.rounds, round)
	}
	return r, nil
}

// counted returns the rounds in which nothing was missed.
func (r results) counted() [][]sample {
	var counted [][]sample
	for _, round := range r.rounds {
		if !slices.ContainsFunc(round, func(s sample) bool { return s.missed > 0 }) {
			counted = append(counted, round)
		}
	}
	return counted
}

// fault reports that too many rounds were missed for the bars to be meaningful.
func (r results) fault() error {
	if uncounted := len(r.rounds) - len(r.counted()); uncounted > 0 && 2*uncounted >= len(r.rounds) {
		return fmt.Errorf("messages were missed in %d of %d rounds", uncounted, len(r.rounds))
	}
	return nil
}

// missed counts the messages that a program missed, according to its Gaps.
func (r results) missed(name string) int {
	var total int
	for _, round := range r.rounds {
		total += round[slices.Index(r.names, name)].missed
	}
	return total
}

// each returns a value of a program for each round that counts.
func (r results) each(name string, of func(sample) float64) []float64 {
	i := slices.Index(r.names, name)
	var values []float64
	for _, round := range r.counted() {
		values = append(values, of(round[i]))
	}
	return values
}

func (r results) median(name string, of func(sample) float64) float64 {
	return median(r.each(name, of))
}

// ratios returns a program's value divided by another program's, for each round.
func (r results) ratios(name, other string, of func(sample) float64) []float64 {
	ratios := r.each(name, of)
	for i, value := range r.each(other, of) {
		if value == 0 { // The system doesn't report it.
			return nil
		}
		ratios[i] /= value
	}
	return ratios
}

// bar is a requirement for a program.
type bar func(r results, name string) limit

// limit is a bar, and the value reached.
type limit struct {
	met       bool
	got, want string
}

// faster requires at least the given multiple of another program's rate.
func faster(times float64, other string) bar {
	return func(r results, name string) limit {
		got := median(r.ratios(name, other, rateOf))
		text := func(times float64) string { return fmt.Sprintf("%.3g × %s", times, other) }
		return limit{got >= times, text(got), "≥ " + text(times)}
	}
}

// atMost requires at most the given multiple of another program's value.
func atMost(what string, of func(sample) float64, times float64, other string) bar {
	return func(r results, name string) limit {
		got := median(r.ratios(name, other, of))
		text := func(times float64) string { return fmt.Sprintf("%.3g × %s", times, other) }
		return limit{got <= times, what + " " + text(got), what + " ≤ " + text(times)}
	}
}

// under requires at most a fixed value.
func under(what string, most float64, of func(sample) float64, text func(float64) string) bar {
	return func(r results, name string) limit {
		got := r.median(name, of)
		return limit{got <= most, what + " " + text(got), what + " ≤ " + text(most)}
	}
}

// allocationSlack is what a bar allows for allocations that no message causes.
const allocationSlack = 0.05

// allocsAtMost requires at most the given number of allocations per message.
func allocsAtMost(most float64) bar {
	return func(r results, name string) limit {
		got := r.median(name, allocsOf)
		return limit{got <= most+allocationSlack, fmt.Sprintf("allocs %.2f", got), fmt.Sprintf("allocs ≤ %.0f", most)}
	}
}

// atRate requires almost the rate at which messages were to be sent: at a lower rate
// the times mean something else.
func atRate(perSecond int) bar {
	return func(r results, name string) limit {
		got := r.median(name, rateOf)
		return limit{got >= 0.95*float64(perSecond), fmt.Sprintf("sent %.0f a second", got), "sent " + formatThousands(perSecond) + " a second"}
	}
}

// either requires one of two bars.
func either(one, other bar) bar {
	return func(r results, name string) limit {
		a, b := one(r, name), other(r, name)
		return limit{a.met || b.met, a.got + " and " + b.got, a.want + " or " + b.want}
	}
}
