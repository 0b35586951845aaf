package main

import (
	"testing"
	"time"
)

func TestLatencyIsMeasuredOnBothSides(t *testing.T) {
	s := runSender(t)
	l := latency{perSecond: 2000, messages: 100}
	got, err := l.run(t.Context(), s, options{rounds: 2})
	if err != nil {
		t.Fatal(err)
	}
	rounds := got[0].(latencyResult).rounds
	if len(rounds) != 2 {
		t.Fatalf("%d rounds, want 2", len(rounds))
	}
	for i, r := range rounds {
		for name, d := range map[string]delays{"library": r.library, "plain": r.plain} {
			if d.p50 <= 0 || d.p99 < d.p50 || d.p999 < d.p99 || d.rate <= 0 || d.rate > 2500 {
				t.Errorf("round %d, %s: %+v", i, name, d)
			}
		}
	}
}

func TestLatencyVerdict(t *testing.T) {
	round := func(library, plain time.Duration, rate float64) delaysRound {
		return delaysRound{delays{p99: library, rate: rate}, delays{p99: plain, rate: 1000}}
	}
	for _, test := range []struct {
		name   string
		bar    float64
		rounds []delaysRound
		want   string
	}{
		{"as good", 1, []delaysRound{round(9, 9, 1000)}, ""},
		{"worse", 1, []delaysRound{round(10, 9, 1000)}, "p99 is 10ns, the plain loop's 9ns"},
		{"worse in one of three", 1, []delaysRound{round(10, 9, 1000), round(8, 9, 1000), round(7, 8, 1000)}, ""},
		{"slow sender", 1, []delaysRound{round(8, 9, 949)}, "only 949 a second"},
		{"no bar", 0, []delaysRound{round(10, 9, 10)}, ""},
	} {
		r := latencyResult{latencyAt(1000, test.bar), test.rounds}
		expectError(t, test.name, r.verdict(nil), test.want)
	}
}

func TestPercentiles(t *testing.T) {
	var values []time.Duration
	for i := range 1000 {
		values = append(values, time.Duration(1000-i))
	}
	p := newPercentiles(values)
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := p.at(share); got != want {
			t.Errorf("at %v: %d, want %d", share, got, want)
		}
	}
	if got := newPercentiles([]time.Duration{7}).at(0.99); got != 7 {
		t.Errorf("of one value: %d, want 7", got)
	}
}

// BenchmarkLatency receives b.N messages in one round at 50,000 a second, for
// profiles of one side.
func BenchmarkLatency(b *testing.B) {
	s := runSender(b)
	for _, side := range []struct {
		name    string
		connect connectStamped
	}{
		{"library", connectLibraryStamped},
		{"plain", connectPlainStamped},
	} {
		b.Run(side.name, func(b *testing.B) {
			measured, err := latency{perSecond: 50_000, messages: b.N}.take(b.Context(), s, side.connect)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(measured.p50), "p50-ns")
			b.ReportMetric(float64(measured.p99), "p99-ns")
		})
	}
}
