package main

import (
	"context"
	"sync"
	"time"
)

// flow is changes of peers that a server makes, and who receives them.
type flow struct {
	server *jellyfish
	to     follower
}

// follower is a program that is told of changes.
type follower interface {
	// follow receives n changes, and nothing else.
	follow(n int) error
}

// changeCost is what one change takes: of many as fast as can be, and of those
// that come one by one.
type changeCost struct {
	each  cost
	alone percentiles
}

func (f flow) measure(l liveView) (c changeCost, err error) {
	if c.each, err = f.each(l.changes); err != nil {
		return c, err
	}
	c.alone, err = f.alone(l.alone)
	return c, err
}

// each returns the cost of one of n changes. The server is never so far ahead
// that one is missed.
func (f flow) each(n int) (cost, error) {
	c, err := costOf(func() error {
		for left := n; left > 0; left -= notificationWindow {
			if err := f.send(min(left, notificationWindow)); err != nil {
				return err
			}
		}
		return nil
	})
	return c.each(n), err
}

// send has n changes made, and receives them.
func (f flow) send(n int) error {
	if err := f.server.change(n); err != nil {
		return err
	}
	return f.to.follow(n)
}

// alone returns how long each of n changes takes, from the command to the server
// until it is received.
func (f flow) alone(n int) (percentiles, error) {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		if err := f.send(1); err != nil {
			return nil, err
		}
		took[i] = time.Since(start)
	}
	return newPercentiles(took), nil
}

// beside is each while something else is done, which ends with its context.
func (f flow) beside(n int, do func(ctx context.Context)) (cost, error) {
	ctx, cancel := context.WithCancel(context.Background())
	var doing sync.WaitGroup
	doing.Go(func() { do(ctx) })
	c, err := f.each(n)
	cancel()
	doing.Wait()
	return c, err
}
