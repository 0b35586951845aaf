package jellyfishtest

// Cut is a way to lose a connection.
type Cut int

// The ways to lose a connection.
const (
	// CutClean ends the TCP stream without a WebSocket close frame, as a server
	// that is stopped does.
	CutClean Cut = iota
	// CutReset resets the TCP connection. What was sent just before may be lost
	// with it: TCP promises nothing then. In memory it is the same as CutClean.
	CutReset
	// CutMidFrame writes the first half of a frame and ends the TCP stream.
	CutMidFrame
)

// Cut ends every present connection, also those that aren't authenticated or
// upgraded yet, and returns when they are gone. What was sent before is
// delivered first; a client that stops reading for a second loses the rest.
func (s *Server) Cut(how Cut) {
	last := outgoing{then: endsClean}
	switch how {
	case CutReset:
		last.then = endsReset
	case CutMidFrame:
		whole := frame(opBinary, []byte(cutMessage))
		last.frames = whole[:len(whole)/2]
	}
	s.endAll(last)
}

// CloseConnections ends every present connection with a close frame, and cuts
// it at once without waiting for the client's: this is how a Jellyfish server
// closes. Code 1005 sends a close frame without a code. Otherwise it is like
// [Server.Cut].
func (s *Server) CloseConnections(code int, reason string) {
	s.endAll(outgoing{frames: closeFrame(code, reason), then: endsClean})
}

// endAll ends all connections and waits until they are gone. Those that have no
// WebSocket on them just end.
func (s *Server) endAll(last outgoing) {
	conns := s.connections()
	for c, socket := range conns {
		switch {
		case socket != nil:
			socket.end(last)
			socket.flush()
		case last.then == endsReset:
			c.reset()
		default:
			c.Close()
		}
	}
	for c := range conns {
		<-c.closed
	}
}

// connections returns the present connections and their sockets, nil for those
// that aren't upgraded.
func (s *Server) connections() map[*conn]*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make(map[*conn]*socket, len(s.conns))
	for c := range s.conns {
		conns[c] = c.socket
	}
	return conns
}
