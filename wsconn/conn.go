package wsconn

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Conn is a connection that can be made again. See the package documentation
// for what may be called from where.
type Conn struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelCauseFunc

	socket    atomic.Pointer[Socket] // Nil while there is none.
	endpoints []endpoint
	next      int // The endpoint whose turn it is.
	retries   int // Attempts to reconnect since the connection was last healthy.
	everLive  bool
	liveAt    time.Time
	lastFrame atomic.Pointer[time.Time] // Of the socket that was lost.
}

// Dial makes the first connection; ctx is the lifetime of the connection and of
// every later one. Each endpoint is tried once, all within ConnectTimeout, or,
// with WaitForServer, again and again until ctx ends. If none connects and any
// refused the token, nothing is tried again, and the error holds a
// [*RejectedError]. It holds a [*ConnectError] for each endpoint, or why ctx ended.
//
// [Conn.Close] frees what the connection holds; the end of ctx does as well.
func Dial(ctx context.Context, cfg Config) (*Conn, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Conn{cfg: cfg, endpoints: make([]endpoint, len(cfg.Endpoints))}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	if err := c.dial(); err != nil {
		c.cancel(err)
		return nil, err
	}
	return c, nil
}

// Receive returns the next message. An error means that the connection was
// lost, and why: [Conn.Retry] makes it live again. Once the context has
// ended or Close was called, the error is the context's cause or [ErrClosed].
//
// Pings are answered, and a dead connection is told from a live one, only while
// Receive is called: whoever handles the messages must not take long.
func (c *Conn) Receive() (Message, error) {
	socket := c.socket.Load()
	if socket == nil {
		return Message{}, c.notConnected()
	}
	message, err := socket.Receive()
	if err == nil {
		return message, nil
	}
	c.lose(socket)
	if c.ctx.Err() != nil {
		return Message{}, context.Cause(c.ctx)
	}
	return Message{}, fmt.Errorf("connection to %s: %w", socket.Endpoint(), err)
}

func (c *Conn) notConnected() error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	return ErrNotConnected
}

func (c *Conn) lose(socket *Socket) {
	last := socket.activity.lost()
	c.lastFrame.Store(&last)
	c.socket.Store(nil)
	socket.close()
	if time.Since(c.liveAt) >= c.cfg.Backoff.Healthy {
		c.retries = 0
	}
}

// Send queues one binary message to be written on the live connection, and
// doesn't wait for it; the message must not be changed any more. It returns
// [ErrNotConnected] while there is no connection, and an error when too many
// messages wait. A message that is queued when the connection is lost is lost
// with it.
func (c *Conn) Send(message []byte) error {
	socket := c.socket.Load()
	if socket == nil {
		return ErrNotConnected
	}
	return socket.queue(message)
}

// Endpoint returns the name of the endpoint that is connected, empty while none
// is.
func (c *Conn) Endpoint() string {
	if socket := c.socket.Load(); socket != nil {
		return socket.Endpoint()
	}
	return ""
}

// LastFrame returns, by the wall clock, when the last frame arrived on the
// connection, or on the one that was lost. It is never later, even if the process
// or the machine stood still: what the server sent since is all that can be
// missing. After such a pause it stays what it was until a ping that was sent
// since is answered.
func (c *Conn) LastFrame() time.Time {
	if socket := c.socket.Load(); socket != nil {
		return socket.activity.lastFrameAt()
	}
	return *c.lastFrame.Load()
}

// Close ends the connection at once. Receive and Retry then return
// [ErrClosed]. It may be called more than once.
func (c *Conn) Close() { c.cancel(ErrClosed) }

// Format prints the endpoint that is connected, and nothing that may be secret,
// whatever the verb.
func (c *Conn) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "wsconn.Conn{Endpoint: %q}", c.Endpoint())
}
