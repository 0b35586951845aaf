package wsconn

// BufferSizes returns how much memory the connection keeps to read messages
// into: those that the frameReader takes, and those that the library reads.
func (c *Conn) BufferSizes() (frames, library int) {
	socket := c.socket.Load()
	return cap(socket.frames.buf), cap(socket.buf)
}
