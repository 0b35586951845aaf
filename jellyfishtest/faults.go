package jellyfishtest

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// faults is what is wrong with the server at the moment, and the token that it
// accepts.
type faults struct {
	mu           sync.Mutex // Guards the following; no other lock is taken under it.
	token        string
	silence      chan struct{} // Closed when it ends, nil without.
	delay        time.Duration
	interleave   []message
	drops        int // How many connections are dropped after the handshake.
	answer       int // The HTTP status in place of an upgrade, 0 for none.
	answerHeader http.Header
	calls        []CallFault // With Times counted down, negative once used up.
}

// SetToken makes token the only one that the server accepts from now on.
// Connections that are authenticated stay.
func (s *Server) SetToken(token string) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.token = token
}

// Silence makes the server hang, or ends that. A silent server keeps its
// connections but writes nothing: no notification, no pong, no response and no
// close frame. It accepts connections, but answers requests and TLS handshakes
// only after the silence.
//
// What was sent before is still delivered. What is sent during the silence is
// lost to connections that survive it, which no real server does: clients are
// expected to have given up by then. [Server.Cut], [Server.CloseConnections],
// [Server.Stop] and [Server.Close] still end connections.
func (s *Server) Silence(on bool) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case on && f.silence == nil:
		f.silence = make(chan struct{})
	case !on && f.silence != nil:
		close(f.silence)
		f.silence = nil
	}
}

// Delay delays every frame that is sent from now on by d, as a network with latency
// does; it doesn't limit throughput. 0 ends this. A cut isn't delayed.
func (s *Server) Delay(d time.Duration) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// Interleave makes the server send ns during each handshake from now on, directly
// before it confirms a client's second subscription, as happens to notifications
// that occur in that moment. The client gets those of ns that it is subscribed to
// by then. Without arguments Interleave ends that. The errors are those of
// [Server.Send].
func (s *Server) Interleave(ns ...decode.Notification) error {
	messages, err := newMessages(ns)
	if err != nil {
		return err
	}
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.interleave = messages
	return nil
}

// DropAfterHandshake makes the server cut the next n connections, as by [Server.Cut]
// with [CutClean], right after their first subscription is confirmed. A negative
// n means all of them, 0 ends it.
func (s *Server) DropAfterHandshake(n int) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drops = n
}

// AnswerUpgrade makes the server answer requests for its notification socket with an
// HTTP status and an empty body in place of an upgrade: 401 or 503, say, or 302 with
// a Location in header, which may be nil. Status 0 ends this.
func (s *Server) AnswerUpgrade(status int, header http.Header) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer, f.answerHeader = status, header.Clone()
}

func (f *faults) acceptedToken() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token
}

// silenced returns a channel that is closed when the present silence ends, or
// nil if there is none.
func (f *faults) silenced() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.silence
}

// sending returns how long what is sent now is delayed, and whether it is
// swallowed.
func (f *faults) sending() (delay time.Duration, silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.delay, f.silence != nil
}

func (f *faults) interleaved() []message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.interleave)
}

// takeDrop reports whether the connection that asks is to be dropped, and counts
// it.
func (f *faults) takeDrop() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.drops == 0 || f.silence != nil {
		return false
	}
	if f.drops > 0 {
		f.drops--
	}
	return true
}

func (f *faults) upgradeAnswer() (status int, header http.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answer, f.answerHeader
}

// Cut is a way in which a connection is lost.
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

// Cut ends all current connections, even those that aren't authenticated or upgraded
// yet, and returns when they are gone. What was sent before is delivered first; a
// client that stops reading for a second loses the rest.
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

// CloseConnections ends all current connections with a close frame, without waiting
// for the client's, as a Jellyfish server does. Code 1005 sends a close frame without
// a code. Otherwise it is like [Server.Cut].
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
