package main

import (
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	three := bar{ratio: 3}
	costs := func(cpu, allocs float64) []round {
		r := rates(400, 100, 1000)
		r.library.cpu, r.library.allocs, r.plain.cpu = cpu, allocs, 1000
		return []round{r}
	}
	cheap := bar{ratio: 3, cpu: 0.25, allocs: 2}
	for _, test := range []struct {
		name   string
		bar    bar
		rounds []round
		want   string // In the error; empty for none.
	}{
		{"above", three, []round{rates(310, 100, 1000)}, ""},
		{"at the bar", three, []round{rates(300, 100, 1000)}, ""},
		{"below", three, []round{rates(290, 100, 1000)}, "2.90 times"},
		{"no bar", bar{}, []round{rates(10, 100, 1000)}, ""},
		{"slow sender", three, []round{rates(400, 100, 500)}, "sender is the limit"},
		{"missed in one of three", three, []round{withMissed(rates(400, 100, 1000), 1), rates(400, 100, 1000), rates(400, 100, 1000)}, ""},
		{"missed in one of two", three, []round{withMissed(rates(400, 100, 1000), 1), rates(400, 100, 1000)}, "missed in 1 of 2"},
		{"cheap", cheap, costs(250, 2.04), ""},
		{"much CPU", cheap, costs(500, 2), "1/2.00 of the plain loop's CPU time"},
		{"many allocations", cheap, costs(200, 3), "3.00 allocations"},
	} {
		o := outcome{comparison: comparison{name: "X", bar: test.bar}, rounds: test.rounds}
		expectError(t, test.name, check([]result{o}), test.want)
	}
}

// A bar may be met by a share of another comparison's rate.
func TestVerdictByShare(t *testing.T) {
	share := bar{ratio: 6, share: 0.7, of: "One"}
	one := outcome{comparison: comparison{name: "One"}, rounds: []round{rates(400, 100, 1000)}}
	for _, test := range []struct {
		name  string
		rates round
		with  []result
		want  string
	}{
		{"ratio", rates(600, 100, 1000), []result{one}, ""},
		{"share", rates(280, 100, 1000), []result{one}, ""},
		{"neither", rates(276, 100, 1000), []result{one}, "69 % of One"},
		{"not measured", rates(280, 100, 1000), nil, "2.80 times"},
	} {
		o := outcome{comparison: comparison{name: "X", bar: share}, rounds: []round{test.rates}}
		expectError(t, test.name, check(append(test.with, o)), test.want)
	}
}

func TestBarString(t *testing.T) {
	for want, b := range map[string]bar{
		"–":                        {},
		"3.2":                      {ratio: 3.2},
		"3.8, CPU 1/3.8, allocs 2": {ratio: 3.8, cpu: 1 / 3.8, allocs: 2},
		"6.0, or 70 % of One":      {ratio: 6, share: 0.7, of: "One"},
	} {
		if got := b.String(); got != want {
			t.Errorf("bar is %q, want %q", got, want)
		}
	}
}

// expectError checks that an error says what is wanted, or that there is none.
func expectError(t *testing.T, name string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: error %v, want %q in it", name, err, want)
	}
}
