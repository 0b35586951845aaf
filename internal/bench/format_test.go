package main

import (
	"testing"
	"time"
)

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

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                        "0 µs",
		13:                       "13 ns",
		100:                      "0.1 µs",
		34_561:                   "34.6 µs",
		2_346 * time.Microsecond: "2.35 ms",
		1500 * time.Millisecond:  "1.5 s",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("formatDuration(%d) is %q, want %q", d, got, want)
		}
	}
}

func TestFormatThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 50_007: "50,007"} {
		if got := formatThousands(n); got != want {
			t.Errorf("formatThousands(%d) is %q, want %q", n, got, want)
		}
	}
}
