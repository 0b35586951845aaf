package stream

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// Notifier is one connection to a server, shared by any number of subscriptions.
// [Open] makes one: the zero value is of no use. Its methods may be called from
// any goroutine.
type Notifier struct {
	conn    *wsconn.Conn
	hub     hub
	log     *slog.Logger
	timeout time.Duration
	single  bool          // It ends with its one subscription.
	done    chan struct{} // Closed when the reader has ended.

	// The reader's own.
	address     string    // That is, or was, connected.
	latest      handshake // That succeeded.
	withMetrics bool      // It asked for metrics.
	first       filter    // Of the subscription that begins with the first one.
	scratch     []decode.Notification

	unsolicited atomic.Uint64

	// The connection as others see it, and wait for.
	mu      sync.Mutex
	state   State
	states  chan State    // Holds the latest state that was not received yet.
	changed chan struct{} // Closed, and made anew, when the state or metrics change.
	metrics metricsState
	wanted  int // Subscriptions that want metrics.
}

// metricsState tells whether the connection carries metrics.
type metricsState int

const (
	metricsOff metricsState = iota
	metricsAsked
	metricsOn
)

// left is called when a subscription has ended, whatever ended it.
func (n *Notifier) left(m *member) {
	if m.reports != nil {
		n.mu.Lock()
		n.wanted--
		n.mu.Unlock()
	}
	if n.single {
		n.conn.Close()
	}
}

// Close ends the connection and, once they have delivered what was received, all
// subscriptions, with [ErrClosed]. It returns when the connection is gone and
// doesn't wait for the subscriptions' consumers. It may be called more than
// once, and beside Subscribe.
func (n *Notifier) Close() {
	n.conn.Close()
	<-n.done
}

// end ends all subscriptions, and lets no new one begin.
func (n *Notifier) end(cause error, deliver bool) {
	n.mu.Lock()
	n.enter(State{Phase: Ended, Since: time.Now(), Address: n.state.Address, Err: cause})
	n.mu.Unlock()
	n.hub.end(cause, deliver)
}

// String describes the connection's state.
func (n *Notifier) String() string { return "notifier: " + n.State().String() }
