package backoff_test

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
)

func TestDelayStaysBelowACeilingThatDoubles(t *testing.T) {
	const base, limit = 100 * time.Millisecond, 30 * time.Second
	for doublings, ceiling := range []time.Duration{
		base, 2 * base, 4 * base, 8 * base, 16 * base, 32 * base, 64 * base, 128 * base, 256 * base, limit, limit,
	} {
		highest := time.Duration(0)
		for range 1000 {
			d := backoff.Delay(base, limit, doublings)
			if d < 0 || d >= ceiling {
				t.Fatalf("after %d doublings: %v, the ceiling is %v", doublings, d, ceiling)
			}
			highest = max(highest, d)
		}
		if highest < ceiling*9/10 {
			t.Errorf("after %d doublings the longest of 1,000 is %v, the ceiling is %v", doublings, highest, ceiling)
		}
	}
	if d := backoff.Delay(base, limit, 1_000_000); d >= limit {
		t.Errorf("after a million doublings: %v", d)
	}
	if d := backoff.Delay(time.Minute, limit, 0); d >= limit {
		t.Errorf("a base over the limit: %v", d)
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			status int
			text   string
			want   time.Duration
		}{
			{503, "7", 7 * time.Second},
			{429, "0", 0},
			{429, time.Now().UTC().Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
			{503, time.Now().UTC().Add(-time.Hour).Format(http.TimeFormat), 0},
			{503, "18446744073709551615", math.MaxInt64 / time.Second * time.Second},
			{503, "9223372036854775807", math.MaxInt64 / time.Second * time.Second},
			{503, "-1", 0},
			{503, "soon", 0},
			{503, "", 0},
			{500, "7", 0},
			{302, "7", 0},
		} {
			header := http.Header{"Retry-After": {test.text}}
			if got := backoff.RetryAfter(test.status, header); got != test.want {
				t.Errorf("%d, %q: %v, want %v", test.status, test.text, got, test.want)
			}
		}
	})
}

func TestDelayAfterAFloor(t *testing.T) {
	for _, test := range []struct{ floor, base, limit, lowest, highest time.Duration }{
		{0, 8, 8, 0, 8},
		{-time.Hour, 8, 8, 0, 8},
		{100 * time.Second, 8, 8, 100 * time.Second, 125 * time.Second},
		{time.Second, time.Minute, time.Hour, time.Second, 61 * time.Second},
		{time.Hour, 8, 8, 2 * time.Minute, 150 * time.Second},
	} {
		lowest, highest := time.Duration(math.MaxInt64), time.Duration(0)
		for range 1000 {
			wait := backoff.DelayAfter(test.floor, test.base, test.limit, 0)
			lowest, highest = min(lowest, wait), max(highest, wait)
		}
		if spread := test.highest - test.lowest; lowest < test.lowest || highest >= test.highest || highest-lowest < spread/2 {
			t.Errorf("after %v: %v to %v, want all from %v to %v", test.floor, lowest, highest, test.lowest, test.highest)
		}
	}
}
