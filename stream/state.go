package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Phase is the phase of a notifier's connection.
type Phase int

// The phases.
const (
	// Connecting means that an attempt to connect is in progress.
	Connecting Phase = iota
	// Live means that the server has accepted the token and confirmed every
	// subscription.
	Live
	// Down means that the connection is lost, or that an attempt to reconnect has
	// failed; another attempt follows.
	Down
	// Ended means that the notifier has ended permanently.
	Ended
)

// String returns the phase's name.
func (p Phase) String() string {
	switch p {
	case Connecting:
		return "connecting"
	case Live:
		return "live"
	case Down:
		return "down"
	case Ended:
		return "ended"
	}
	return fmt.Sprintf("phase(%d)", int(p))
}

// State is the state of a notifier's connection.
type State struct {
	Phase Phase
	// Since is when the connection became live, was lost, or ended. While it is down
	// or connecting, Since is the time of the loss.
	Since time.Time
	// Address is the address that is connected, or was last.
	Address string
	// Err is why it isn't live: the loss of the connection, the failure of the latest
	// attempt, or what ended the notifier. It wraps [ErrUnauthorized] while the last
	// response of any address was a refusal of the token: a warning that the token
	// may be wrong, which is final only if Phase is Ended. It is nil while live.
	Err error
}

// String describes the state on one line, such as "live on localhost:5002".
func (s State) String() string {
	text := s.Phase.String()
	if s.Phase == Live {
		text += " on " + s.Address
	}
	if s.Err != nil {
		text += ": " + redact.Line(s.Err.Error())
	}
	return text
}

// State returns the connection's state, for a health check.
func (n *Notifier) State() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state
}

// States returns a channel that delivers the state when it has changed. A slow reader
// may miss intermediate states but always gets the latest. All calls return the same
// channel, which is for one reader; others can call [Notifier.State]. It is closed
// after the state in which the notifier ended.
func (n *Notifier) States() <-chan State { return n.states }

// enter changes the state and wakes everyone who waits for a change. The caller holds
// n.mu.
func (n *Notifier) enter(s State) {
	if n.state.Phase == Ended {
		return
	}
	n.state = s
	select {
	case <-n.states: // Not received yet.
	default:
	}
	n.states <- s
	if s.Phase == Ended {
		close(n.states)
	}
	n.announce()
}

// announce wakes everyone who waits for a change. The caller holds n.mu.
func (n *Notifier) announce() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// connecting enters that phase when an attempt begins, which is when it asks for the
// token.
func (n *Notifier) connecting(token func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		n.mu.Lock()
		if s := n.state; s.Phase == Down {
			s.Phase = Connecting
			n.enter(s)
		}
		n.mu.Unlock()
		return token(ctx)
	}
}

func (n *Notifier) goDown(why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.state
	if s.Phase == Live {
		s.Since = time.Now()
	}
	s.Phase, s.Err = Down, withUnauthorized(why)
	if n.metrics == metricsAsked && closedDeliberately(why) {
		n.without[s.Address] = true
	}
	n.metrics = metricsOff
	n.enter(s)
}
