package wsconn

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Conn is a connection that can be re-established. Use [Dial] to create one. See the
// package documentation for its concurrency rules.
type Conn struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelCauseFunc

	socket    atomic.Pointer[Socket] // Nil while there is none.
	endpoints []endpoint
	next      int // The endpoint to dial next.
	retries   int // Attempts to reconnect since the connection was last healthy.
	everLive  bool
	liveAt    time.Time
	lastFrame atomic.Pointer[time.Time] // Of the socket that was lost.
}

// Dial makes the first connection; ctx is the lifetime of this connection and of
// every later one. Each endpoint is tried once, all within ConnectTimeout, or, with
// WaitForServer, repeatedly until ctx ends. If none connects and any refused the
// token, there are no retries, and the error wraps a [*RejectedError]. The error
// wraps a [*ConnectError] for each endpoint, or the cause of the end of ctx.
//
// [Conn.Close] releases the connection's resources, as does the end of ctx.
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

// Receive returns the next message. An error means that the connection was lost, and
// says why; use [Conn.Retry] to reconnect. Once the context has ended or Close was
// called, the error is the context's cause or [ErrClosed].
//
// Pings are answered and dead connections are detected only while Receive is running,
// so call it again without delay.
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

// Send queues one binary message for the live connection and returns without waiting
// for the write; the caller must not modify the message afterwards. It returns
// [ErrNotConnected] while there is no connection, and an error if too many messages
// are queued. A message that is queued when the connection is lost is lost with it.
func (c *Conn) Send(message []byte) error {
	socket := c.socket.Load()
	if socket == nil {
		return ErrNotConnected
	}
	return socket.queue(message)
}

// Endpoint returns the name of the connected endpoint, or an empty string while there
// is none.
func (c *Conn) Endpoint() string {
	if socket := c.socket.Load(); socket != nil {
		return socket.Endpoint()
	}
	return ""
}

// LastFrame returns, by the wall clock, when the last frame arrived on the connection,
// or on the one that was lost. It is never too late, even if the process or the machine
// was suspended: only what the server sent after it can be missing. After a suspension
// it doesn't advance until a ping that was sent afterwards is answered.
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
