package wsconn

import "time"

// BufferSizes returns how much memory the connection keeps for reading messages: for
// those that the frameReader reads, and those that the library reads.
func (c *Conn) BufferSizes() (frames, library int) {
	socket := c.socket.Load()
	return cap(socket.frames.buf), cap(socket.buf)
}

// WithStep returns a configuration whose wall clock is ahead by what step returns.
func (c Config) WithStep(step func() time.Duration) Config {
	now := systemClock()
	c.now = func() moment {
		m := now()
		m.wall = m.wall.Add(step())
		return m
	}
	return c
}
