package wsconn

// BufferSizes returns how much memory the connection keeps to read messages
// into: those that the intake takes, and those that the library reads.
func (c *Conn) BufferSizes() (intake, library int) {
	socket := c.socket.Load()
	return cap(socket.intake.buf), cap(socket.buf)
}
