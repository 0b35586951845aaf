package main

import (
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// crowd is a program with many consumers of every message.
type crowd struct {
	consumers []consumer
	leave     func()
}

// consumer is one of them.
type consumer interface {
	receive(n int, p *pace) (tally, error)
}

// receive returns what the consumer saw that missed the most.
func (c *crowd) receive(n int, p *pace) (tally, error) {
	together := &slowest{reached: make([]int, len(c.consumers)), tell: p.tell}
	seen := make([]tally, len(c.consumers))
	var all errgroup.Group
	for i, one := range c.consumers {
		own := &pace{window: p.window, tell: func(received int) error { return together.received(i, received) }}
		all.Go(func() (err error) {
			seen[i], err = one.receive(n, own)
			if err != nil {
				return err
			}
			return seen[i].complete(n)
		})
	}
	err := all.Wait()
	return slices.MaxFunc(seen, func(a, b tally) int { return a.missed - b.missed }), err
}

func (c *crowd) close() { c.leave() }

// slowest acknowledges what all consumers have received.
type slowest struct {
	tell func(received int) error

	mu      sync.Mutex
	reached []int // By each consumer.
	told    int
}

func (s *slowest) received(consumer, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached[consumer] += n
	least := slices.Min(s.reached)
	further := least - s.told
	if further == 0 {
		return nil
	}
	s.told = least
	return s.tell(further)
}
