package jellyfishtest

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// faults is how the server misbehaves at the moment, beside the token that it
// accepts.
type faults struct {
	mu           sync.Mutex // guards the following; no other lock is taken under it
	token        string
	silence      chan struct{} // closed when it ends, nil without
	delay        time.Duration
	interleave   []message
	drops        int // how many connections are dropped after the handshake
	answer       int // the HTTP status in place of an upgrade, 0 for none
	answerHeader http.Header
	calls        []CallFault // with Times counted down, negative once used up
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
// connections but writes nothing: no notification, no pong, no answer and no
// close frame. It accepts connections, whose requests, and with TLS handshakes,
// it doesn't answer before the silence ends.
//
// What was sent before is still delivered. What falls into a silence is lost to
// the connections that live through it, as no real server loses it: a client is
// expected to have given up by then. [Server.Cut], [Server.CloseConnections],
// [Server.Stop] and [Server.Close] end connections nevertheless.
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

// Delay makes every frame leave that much later than it was sent, like a long
// line; it doesn't lessen how many can be sent a second. It holds for what is
// sent from now on; 0 ends it. A cut waits for no delay.
func (s *Server) Delay(d time.Duration) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// Interleave makes the server send ns in each handshake from now on, directly
// before it confirms a subscription to a client that has another one confirmed
// already, as happens when a notification falls into that moment. The client
// gets of ns what it is subscribed to then. Without arguments it ends. The
// errors are those of [Server.Send].
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
// n stands for all until further notice, 0 ends it.
func (s *Server) DropAfterHandshake(n int) {
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drops = n
}

// AnswerUpgrade makes the server answer requests for its notification socket
// with an HTTP status and an empty body in place of an upgrade: 401 or 503, say,
// or 302 with a Location in header, which may be nil. Status 0 ends it.
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

// takeDrop tells whether the connection that asks is to be dropped, and counts
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
