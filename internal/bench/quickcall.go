package main

import (
	"context"
	"time"
)

const (
	// callsTogether is how many calls are timed together: one is too short.
	callsTogether = 100
	// atRest is for how long calls are timed while nothing else goes on.
	atRest = 100 * time.Millisecond
)

// callCost is how long a quick call takes that is made again and again, while
// nothing else goes on and while changes flow, and what one of those then takes.
type callCost struct {
	rest, busy percentiles
	change     cost
}

func (f flow) measureCall(n int, call func()) (c callCost, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), atRest)
	defer cancel()
	c.rest = timeCalls(ctx, call)
	c.change, err = f.beside(n, func(ctx context.Context) { c.busy = timeCalls(ctx, call) })
	return c, err
}

// timeCalls makes calls until the context ends.
func timeCalls(ctx context.Context, call func()) percentiles {
	var took []time.Duration
	for len(took) == 0 || ctx.Err() == nil {
		start := time.Now()
		for range callsTogether {
			call()
		}
		took = append(took, time.Since(start)/callsTogether)
	}
	return newPercentiles(took)
}

// callEvery makes a call at an interval until the context ends.
func callEvery(ctx context.Context, interval time.Duration, call func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			call()
		case <-ctx.Done():
			return
		}
	}
}
