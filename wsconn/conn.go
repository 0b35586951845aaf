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

	link      atomic.Pointer[Link] // Nil while there is none.
	next      int                  // The endpoint to try next.
	retries   int                  // Attempts to reconnect since the connection was last healthy.
	rejected  int                  // Rejections since the connection was last live.
	everLive  bool
	liveAt    time.Time
	lastFrame atomic.Pointer[time.Time] // Of the link that was lost.
}

// Dial makes the first connection; ctx is the lifetime of the connection and of
// every later one. Each endpoint is tried once, all within ConnectTimeout, or,
// with WaitForServer, again and again until ctx ends. A rejected token is never
// tried again: the error then is a [*RejectedError]. Otherwise it holds a
// [*ConnectError] for each endpoint, or why ctx ended.
//
// [Conn.Close] frees what the connection holds; the end of ctx does as well.
func Dial(ctx context.Context, cfg Config) (*Conn, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Conn{cfg: cfg}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	if err := c.dial(); err != nil {
		c.cancel(err)
		return nil, err
	}
	return c, nil
}

// Receive returns the next message. An error means that the connection was
// lost, and why: [Conn.Reconnect] makes it live again. Once the context has
// ended or Close was called, the error is the context's cause or [ErrClosed].
//
// Pings are answered, and a dead connection is told from a live one, only while
// Receive is called: whoever handles the messages must not take long.
func (c *Conn) Receive() (Message, error) {
	link := c.link.Load()
	if link == nil {
		return Message{}, c.notConnected()
	}
	message, err := link.Receive()
	if err == nil {
		return message, nil
	}
	c.lose(link)
	if c.ctx.Err() != nil {
		return Message{}, context.Cause(c.ctx)
	}
	err = fmt.Errorf("connection to %s: %w", link.Endpoint(), err)
	c.cfg.Logger.Warn("connection lost", "error", err)
	return Message{}, err
}

func (c *Conn) notConnected() error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	return ErrNotConnected
}

func (c *Conn) lose(link *Link) {
	last := link.lastFrameAt()
	c.lastFrame.Store(&last)
	c.link.Store(nil)
	link.close()
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
	link := c.link.Load()
	if link == nil {
		return ErrNotConnected
	}
	return link.queue(message)
}

// Endpoint returns the name of the endpoint that is connected, empty while none
// is.
func (c *Conn) Endpoint() string {
	if link := c.link.Load(); link != nil {
		return link.Endpoint()
	}
	return ""
}

// LastFrame returns when the last frame arrived on the connection, or on the one
// that was lost.
func (c *Conn) LastFrame() time.Time {
	if link := c.link.Load(); link != nil {
		return link.transport.pulse.lastFrameAt()
	}
	return *c.lastFrame.Load()
}

// Close ends the connection at once. Receive and Reconnect then return
// [ErrClosed]. It may be called more than once.
func (c *Conn) Close() { c.cancel(ErrClosed) }

// Format prints the endpoint that is connected, and nothing that may be secret,
// whatever the verb.
func (c *Conn) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "wsconn.Conn{Endpoint: %q}", c.Endpoint())
}
