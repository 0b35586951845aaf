package main

import "sync/atomic"

// pace tells the sender how far a receiver has come. Several consumers may share
// one.
type pace struct {
	window int // 0 is any number, and the sender is told nothing.
	tell   func(received int) error
	total  atomic.Int64 // Received so far.
}

// step is how many messages are acknowledged at once: half a window, so that the
// sender need not wait, and being told costs next to nothing.
func (p *pace) step() int { return max(1, p.window/2) }

// received notes that n more messages were received.
func (p *pace) received(n int) error {
	if p.window == 0 {
		return nil
	}
	total := int(p.total.Add(int64(n)))
	steps := total/p.step() - (total-n)/p.step()
	if steps == 0 {
		return nil
	}
	return p.tell(steps * p.step())
}
