package main

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// resultsOf has a program "ours" and a program "theirs", with a round for each pair.
func resultsOf(pairs ...[2]sample) results {
	r := results{names: []string{"ours", "theirs"}}
	for _, p := range pairs {
		r.rounds = append(r.rounds, p[:])
	}
	return r
}

// rates returns a pair that differs only in the rates.
func rates(ours, theirs float64) [2]sample {
	return [2]sample{{elapsed: 1e9 / ours}, {elapsed: 1e9 / theirs}}
}

func missing(p [2]sample, missed int) [2]sample {
	p[0].missed = missed
	return p
}

func TestProgramsTakeTurns(t *testing.T) {
	var order []int
	r, err := takeRounds([]string{"a", "b", "c"}, 2, func(program int) (sample, error) {
		order = append(order, program)
		return sample{cpu: float64(program)}, nil
	})
	if want := []int{0, 1, 2, 1, 2, 0}; err != nil || !slices.Equal(order, want) {
		t.Errorf("order %v, error %v; want %v", order, err, want)
	}
	if got := r.each("b", cpuOf); !slices.Equal(got, []float64{1, 1}) {
		t.Errorf("b has %v, want its own samples", got)
	}
	_, err = takeRounds([]string{"a", "b"}, 1, func(program int) (sample, error) {
		return sample{}, []error{nil, errors.New("broken")}[program]
	})
	expectError(t, "a program that fails", err, "b: broken")
}

func TestRoundsThatMissedAreRepeated(t *testing.T) {
	for _, test := range []struct {
		missed []int // In each round; 0 from then on.
		rounds int
		fault  string
	}{
		{nil, 3, ""},
		{[]int{5}, 4, ""},
		{[]int{0, 1, 2}, 5, ""},
		{[]int{1, 1, 1, 1, 1, 1, 1}, 6, "messages were missed in 6 of 6 rounds"},
		{[]int{1, 1, 1}, 6, "messages were missed in 3 of 6 rounds"},
	} {
		taken := 0
		r, err := takeRounds([]string{"ours"}, 3, func(int) (s sample, _ error) {
			if taken++; taken <= len(test.missed) {
				s.missed = test.missed[taken-1]
			}
			return s, nil
		})
		if err != nil || len(r.rounds) != test.rounds {
			t.Errorf("missed %v: %d rounds, error %v; want %d rounds", test.missed, len(r.rounds), err, test.rounds)
		}
		expectError(t, "fault", r.fault(), test.fault)
	}
}

func TestOnlyCompleteRoundsCount(t *testing.T) {
	r := resultsOf(rates(300, 100), missing(rates(900, 100), 5), rates(500, 100), rates(400, 200))
	ratios := r.ratios("ours", "theirs", rateOf)
	if got := spread(ratios, formatRatio); got != "3.00 (2.00–5.00)" {
		t.Errorf("ratios are %s", got)
	}
	if got := r.median("ours", rateOf); got != 400 {
		t.Errorf("the median rate is %v, want 400", got)
	}
	if got := r.missed("ours"); got != 5 {
		t.Errorf("missed %d, want 5", got)
	}
}

func TestBars(t *testing.T) {
	ours := sample{elapsed: 1e7, cpu: 250, allocs: 2.04, p99: 10, bytes: 48_000}
	r := resultsOf([2]sample{ours, {elapsed: 3e7, cpu: 1000, p99: 9, bytes: 1}})
	for _, test := range []struct {
		bar  bar
		want string // In the error; empty for none.
	}{
		{faster(3, "theirs"), ""},
		{faster(3.1, "theirs"), "3 × theirs, the bar is ≥ 3.1 × theirs"},
		{atMost("CPU", cpuOf, 0.25, "theirs"), ""},
		{atMost("CPU", cpuOf, 0.2, "theirs"), "CPU 0.25 × theirs, the bar is CPU ≤ 0.2 × theirs"},
		{atMost("p99", p99Of, 1, "theirs"), "p99 1.11 × theirs"},
		{allocsAtMost(2), ""},
		{allocsAtMost(1), "allocs 2.04, the bar is allocs ≤ 1"},
		{under("memory", 48_000, bytesOf, formatBytes), ""},
		{under("memory", 47_900, bytesOf, formatBytes), "memory 48.0 kB, the bar is memory ≤ 47.9 kB"},
		{either(faster(9, "theirs"), allocsAtMost(2)), ""},
		{either(faster(9, "theirs"), allocsAtMost(1)), "3 × theirs and allocs 2.04, the bar is ≥ 9 × theirs or allocs ≤ 1"},
		{atRate(105), ""},
		{atRate(1000), "sent 100 a second, the bar is sent 1,000 a second"},
	} {
		made := table{title: "X", rows: []row{newRow(r, "ours", nil, []bar{test.bar})}}
		expectError(t, "bar", made.verdict(), test.want)
	}
}

// A system that doesn't report CPU time misses no bar for it.
func TestBarOfWhatIsUnknown(t *testing.T) {
	made := table{rows: []row{newRow(resultsOf([2]sample{}), "ours", nil, []bar{atMost("CPU", cpuOf, 1, "theirs")})}}
	expectError(t, "no CPU time", made.verdict(), "")
}

// A single slow round doesn't decide, since medians count.
func TestBarsAreHeldByMedians(t *testing.T) {
	r := resultsOf(rates(300, 100), rates(10, 100), rates(310, 100))
	made := table{rows: []row{newRow(r, "ours", nil, []bar{faster(3, "theirs")})}}
	expectError(t, "one slow round", made.verdict(), "")
}

func TestVerdictOfManyTables(t *testing.T) {
	missed := row{name: "ours", limits: []limit{{false, "2", "3"}}}
	tables := []table{
		{title: "A", rows: []row{missed}},
		{title: "B", rows: []row{{limits: []limit{{met: true}}}}, fault: errors.New("lost")},
		{title: "C", rows: []row{{}}, fault: errors.New("no matter")},
		{title: "D", rows: []row{missed}},
	}
	expectError(t, "verdict", check(tables), "A, ours: 2, the bar is 3\nB: lost\nD, ours: 2, the bar is 3")
}

func TestTables(t *testing.T) {
	lossy := resultsOf(missing(rates(1, 1), 17))
	columns := []column{
		spreadColumn("msg/s", rateOf, formatRate),
		ratioColumn("rate", "theirs", rateOf),
		numberColumn("CPU", cpuOf, formatTime),
	}
	c := contest{name: "Short", columns: columns, programs: []program{
		{name: "ours", bars: []bar{faster(3, "theirs"), allocsAtMost(2)}}, {name: "theirs"},
	}}
	var out strings.Builder
	c.table(resultsOf(rates(1_523_000, 390_500))).print(&out)
	c.programs[0].bars = nil
	c.table(lossy).print(&out)
	want := `
| Short  | msg/s (min–max)        | rate ÷ theirs (min–max) | CPU | bar                      |
|--------|------------------------|-------------------------|-----|--------------------------|
| ours   | 1.52 M (1.52 M–1.52 M) | 3.90 (3.90–3.90)        | –   | ≥ 3 × theirs, allocs ≤ 2 |
| theirs | 390 k (390 k–390 k)    | –                       | –   | –                        |

| Short  | msg/s (min–max) | rate ÷ theirs (min–max) | CPU |
|--------|-----------------|-------------------------|-----|
| ours   | –               | –                       | –   |
| theirs | –               | –                       | –   |
`
	if got := out.String(); got != want {
		t.Errorf("tables are%s\nwant%s", got, want)
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

func TestPercentiles(t *testing.T) {
	var values []float64
	for i := range 1000 {
		values = append(values, float64(1000-i))
	}
	p := newPercentiles(values)
	for share, want := range map[float64]float64{0: 1, 0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := p.at(share); got != want {
			t.Errorf("at %v: %v, want %v", share, got, want)
		}
	}
	if got := newPercentiles([]float64{7}).at(0.99); got != 7 {
		t.Errorf("of one value: %v, want 7", got)
	}
}

func TestFormats(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{formatRate(0), "–"},
		{formatRate(58.26), "58.3"},
		{formatRate(999), "999"},
		{formatRate(4_452), "4.45 k"},
		{formatRate(1_523_000), "1.52 M"},
		{formatRate(23_600_000), "23.6 M"},
		{formatTime(0), "–"},
		{formatTime(5.81), "5.81 ns"},
		{formatTime(900), "900 ns"},
		{formatTime(34_561), "34.6 µs"},
		{formatTime(2_346_000), "2.35 ms"},
		{formatTime(float64(1500 * time.Millisecond)), "1.5 s"},
		{formatBytes(256), "256 B"},
		{formatBytes(33_100), "33.1 kB"},
		{formatBytes(15_620_000), "15.6 MB"},
		{formatThousands(0), "0"},
		{formatThousands(999), "999"},
		{formatThousands(1000), "1,000"},
		{formatThousands(50_007), "50,007"},
	} {
		if test.got != test.want {
			t.Errorf("formatted %q, want %q", test.got, test.want)
		}
	}
}

func TestMeter(t *testing.T) {
	var kept [][]byte
	used, err := measure(10, func() error {
		for range 1000 {
			kept = append(kept, make([]byte, 64))
		}
		return nil
	})
	runtime.KeepAlive(kept)
	if err != nil || used.allocs < 100 || used.elapsed <= 0 {
		t.Errorf("measured %+v, error %v; want at least 100 allocations each", used, err)
	}
	if runtime.GOOS == "linux" && cpuTime() <= 0 {
		t.Error("no CPU time on Linux")
	}
}
