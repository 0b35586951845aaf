// Package backoff says how long to wait before trying again.
package backoff

import (
	"math/rand/v2"
	"time"
)

// Delay returns a random wait between nothing and a ceiling ("full jitter"),
// which is base doubled that many times, but no more than limit.
func Delay(base, limit time.Duration, doublings int) time.Duration {
	return rand.N(ceiling(base, limit, doublings))
}

func ceiling(base, limit time.Duration, doublings int) time.Duration {
	for ; doublings > 0; doublings-- {
		if base > limit/2 {
			return limit
		}
		base *= 2
	}
	return min(base, limit)
}
