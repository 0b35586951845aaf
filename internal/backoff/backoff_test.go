package backoff_test

import (
	"testing"
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
