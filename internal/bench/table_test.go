package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	whole := round{
		library: sample{rate: 1_523_000, cpu: 680.4, allocs: 2},
		plain:   sample{rate: 390_500, cpu: 2801, allocs: 6.04},
		bare:    sample{rate: 24_000_000},
	}
	lossy := withMissed(rates(1, 1, 1), 17)
	untimed := rates(150, 100, 160)
	var out strings.Builder
	printTable(&out, []outcome{
		{comparison{name: "Short", bar: 3}, []round{whole, lossy}},
		{comparison{name: "Long"}, []round{untimed}},
		{comparison{name: "Lossy"}, []round{lossy}},
	})
	want := `
| message | library, msg/s | plain loop, msg/s | ratio (min–max)  | bar | CPU ns/msg, library : plain | allocs/msg, library : plain | missed | rounds counted | sender alone, msg/s |
|---------|----------------|-------------------|------------------|-----|-----------------------------|-----------------------------|--------|----------------|---------------------|
| Short   | 1.52 M         | 390 k             | 3.90 (3.90–3.90) | 3.0 | 680 : 2801                  | 2.0 : 6.0                   | 17     | 1 of 2         | 24 M                |
| Long    | 150            | 100               | 1.50 (1.50–1.50) | –   | –                           | –                           | 0      | 1 of 1         | 160 (the limit)     |
| Lossy   | –              | –                 | –                | –   | –                           | –                           | 17     | 0 of 1         | –                   |
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("table is%s\nwant%s", got, want)
	}
}

func TestFormatRate(t *testing.T) {
	for rate, want := range map[float64]string{
		0:          "–",
		58.26:      "58.3",
		999:        "999",
		4_452:      "4.45 k",
		999_400:    "999 k",
		1_523_000:  "1.52 M",
		23_600_000: "23.6 M",
	} {
		if got := formatRate(rate); got != want {
			t.Errorf("formatRate(%v) is %q, want %q", rate, got, want)
		}
	}
}
