package wsconn

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
)

// Backoff says how long to wait before an attempt to reconnect: a random time
// between nothing and a ceiling ("full jitter"). The ceiling starts at Base and
// doubles after each round of attempts, in which every address had its turn, up
// to Cap. It starts anew once a connection has been live for Healthy, so that a
// server that accepts and then drops is never asked in a tight loop.
type Backoff struct {
	// Base is the first ceiling; 0 means 100 ms.
	Base time.Duration
	// Cap is the highest ceiling; 0 means 30 s.
	Cap time.Duration
	// Healthy is how long a connection must have been live to count as a success;
	// 0 means 5 s.
	Healthy time.Duration
}

func (b Backoff) withDefaults() Backoff {
	if b.Base == 0 {
		b.Base = 100 * time.Millisecond
	}
	if b.Cap == 0 {
		b.Cap = 30 * time.Second
	}
	if b.Healthy == 0 {
		b.Healthy = 5 * time.Second
	}
	return b
}

func (b Backoff) delay(rounds int) time.Duration {
	return backoff.Delay(b.Base, b.Cap, rounds)
}
