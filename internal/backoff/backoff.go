// Package backoff says how long to wait before trying again.
package backoff

import (
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
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
// 9110, section 10.2.3): a number of seconds, or until a date, by the server's own
// clock if the answer tells the time. It is 0 where the answer has another status,
// or says nothing that makes sense.
func RetryAfter(status int, header http.Header) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, math.MaxInt64/uint64(time.Second))) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, until.Sub(now))
}
