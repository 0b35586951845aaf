package main

// pace tells the sender how far a receiver has come, where a comparison has a
// window.
type pace struct {
	window  int
	tell    func(received int) error
	pending int // Received and not told yet.
}

// step is how many messages are acknowledged at once: half a window, so that the
// sender need not wait.
func (p *pace) step() int { return max(1, p.window/2) }

// received notes that n more messages were received.
func (p *pace) received(n int) error {
	if p.window == 0 {
		return nil
	}
	p.pending += n
	if p.pending < p.step() {
		return nil
	}
	told := p.pending
	p.pending = 0
	return p.tell(told)
}
