package wsconn

// BufferSize returns how much memory the connection keeps to read messages into.
func (c *Conn) BufferSize() int { return cap(c.link.Load().socket.buf) }
