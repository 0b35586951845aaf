// Package backoff says how long to wait before trying again.
package backoff

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// MaxFloor is the longest wait that a server can ask for.
const MaxFloor = 2 * time.Minute

// Delay returns a random wait between nothing and a ceiling ("full jitter"),
// which is base doubled that many times, but no more than limit.
func Delay(base, limit time.Duration, doublings int) time.Duration {
	return rand.N(ceiling(base, limit, doublings))
}

// DelayAfter returns a wait of at least floor, which a server asked for, and
// counts only up to [MaxFloor]. The random wait of [Delay] comes on top, and is
// up to a quarter of the floor where that is more, so that all clients to whom a
// server said the same don't come back together.
func DelayAfter(floor, base, limit time.Duration, doublings int) time.Duration {
	floor = min(max(floor, 0), MaxFloor)
	return floor + rand.N(max(ceiling(base, limit, doublings), floor/4))
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

// RetryAfter returns how long an answer with status 429 or 503 asks to wait (RFC
// 9110, section 10.2.3): a number of seconds, or until a date. It is 0 where the
// answer has another status, or says nothing that makes sense.
func RetryAfter(status int, header http.Header) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 63); err == nil {
		return time.Duration(min(seconds, math.MaxInt64/uint64(time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
