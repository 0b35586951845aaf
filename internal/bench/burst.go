package main

// burst is one round, as the sender sees it.
type burst struct {
	frames   frames
	messages int
	window   int // How many may be unacknowledged; 0 is any number.
	received <-chan int
}

// sendTo sends the messages and the end of the round, many in one write. It gives
// up when the client leaves, which the parent notices by itself.
func (b burst) sendTo(c *client) {
	sent, acknowledged := 0, 0
	for sent < b.messages {
		allowed := b.messages - sent
		if b.window > 0 {
			for sent-acknowledged >= b.window {
				acknowledged += <-b.received
			}
			allowed = min(allowed, b.window-(sent-acknowledged))
		}
		piece, count := b.frames.next(sent, allowed)
		if c.write(piece) != nil {
			return
		}
		sent += count
	}
	_ = c.write(endFrame())
}
