package main

import "testing"

// rates makes a round in which only rates differ.
func rates(library, plain, bare float64) round {
	return round{library: sample{rate: library}, plain: sample{rate: plain}, bare: sample{rate: bare}}
}

func withMissed(r round, missed int) round {
	r.library.missed = missed
	return r
}

func TestOutcomeCountsOnlyCompleteRounds(t *testing.T) {
	o := outcome{rounds: []round{
		rates(300, 100, 1000),
		withMissed(rates(900, 100, 1000), 5),
		rates(500, 100, 1000),
		rates(400, 200, 1000),
	}}
	if got := o.ratio(); got != 3 {
		t.Errorf("ratio is %v, want 3", got)
	}
	if least, greatest := o.spread(); least != 2 || greatest != 5 {
		t.Errorf("spread is %v to %v, want 2 to 5", least, greatest)
	}
	if got := o.library(rateOf); got != 400 {
		t.Errorf("the library's rate is %v, want 400", got)
	}
	if len(o.counted()) != 3 || o.missed() != 5 || len(o.rounds) != 4 {
		t.Errorf("%d of %d rounds count, %d missed; want 3 of 4, 5", len(o.counted()), len(o.rounds), o.missed())
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{4}, 4},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 2, 9}, 3},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.values, got, test.want)
		}
	}
}
