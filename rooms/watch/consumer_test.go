package watch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// consumer reads changes in its own goroutine and applies them to a replica. It can be
// made to stall, and some consumers are slow.
type consumer struct {
	name    int
	cancel  context.CancelFunc
	changes <-chan Change
	done    chan struct{}

	mu      sync.Mutex
	stall   chan struct{} // Closed when the stall ends; nil without one.
	random  *rand.Rand    // Nil for one that reads at once.
	replica *replica
	count   int
	err     error // The first change that doesn't fit.
}

func consume(ctx context.Context, v *View, name int, random *rand.Rand) *consumer {
	ctx, cancel := context.WithCancel(ctx)
	c := &consumer{
		name: name, cancel: cancel, changes: v.Changes(ctx), random: random,
		done: make(chan struct{}), replica: newReplica(),
	}
	go c.run()
	return c
}

func (c *consumer) run() {
	defer close(c.done)
	for {
		if stall := c.stalled(); stall != nil {
			<-stall
		}
		change, ok := <-c.changes
		if !ok {
			return
		}
		time.Sleep(c.take(change))
	}
}

// take applies a change and returns how long the consumer is busy with it.
func (c *consumer) take(change Change) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	if err := c.replica.apply(change); err != nil && c.err == nil {
		c.err = fmt.Errorf("change %d, %v, doesn't fit: %w", c.count, change, err)
	}
	if c.random == nil {
		return 0
	}
	return time.Duration(c.random.IntN(200)) * time.Millisecond
}

func (c *consumer) stalled() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stall
}

// setStalled makes the consumer stop after the next change, or go on.
func (c *consumer) setStalled(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case on && c.stall == nil:
		c.stall = make(chan struct{})
	case !on && c.stall != nil:
		close(c.stall)
		c.stall = nil
	}
}

// prompt reports whether the consumer has received everything once everything has
// settled.
func (c *consumer) prompt() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random == nil && c.stall == nil
}

// hurry makes the consumer read everything, and without delay from now on.
func (c *consumer) hurry() {
	c.setStalled(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.random = nil
}

func (c *consumer) known() (state []Room, count int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replica.state(), c.count, c.err
}

func (p *program) beginConsumer() string {
	if len(p.consumers) >= 4 {
		return ""
	}
	p.consume()
	return fmt.Sprintf("begin consumer %d", p.made)
}

func (p *program) consume() {
	var random *rand.Rand
	if p.random.IntN(4) == 0 {
		random = rand.New(rand.NewPCG(p.random.Uint64(), 2))
	}
	p.made++
	p.consumers = append(p.consumers, consume(p.Context(), p.view, p.made, random))
}

func (p *program) stallConsumer() string {
	c, ok := one(p, p.consumers)
	if !ok {
		return ""
	}
	c.setStalled(true)
	return fmt.Sprintf("stall consumer %d", c.name)
}

func (p *program) resumeConsumer() string {
	c, ok := one(p, p.consumers)
	if !ok || c.stalled() == nil {
		return ""
	}
	c.setStalled(false)
	return fmt.Sprintf("resume consumer %d", c.name)
}

// cancelConsumer cancels a consumer's changes: what it reads after that must fit too.
func (p *program) cancelConsumer() string {
	if len(p.consumers) == 0 {
		return ""
	}
	i := p.random.IntN(len(p.consumers))
	c := p.consumers[i]
	p.consumers = append(p.consumers[:i:i], p.consumers[i+1:]...)
	c.cancel()
	c.setStalled(false)
	<-c.done
	if _, _, err := c.known(); err != nil {
		p.Errorf("consumer %d: %v", c.name, err)
	}
	return fmt.Sprintf("cancel consumer %d", c.name)
}
