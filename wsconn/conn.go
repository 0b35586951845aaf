package wsconn

import (
	"context"
	"errors"
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
	lastFrame time.Time // Of the link that was lost.
}

// Dial makes the first connection; ctx is the lifetime of the connection and of
// every later one. Each endpoint is tried once, all within ConnectTimeout, or,
// with WaitForServer, again and again until ctx ends. A rejected token is never
// tried again: the error then is a [*RejectedError]. Otherwise it holds a
// [*ConnectError] for each endpoint.
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

func (c *Conn) dial() error {
	failures := c.firstRound()
	switch {
	case failures == nil:
		return nil
	case c.ctx.Err() != nil, isRejected(failures), !c.cfg.WaitForServer:
		return failures
	}
	return c.Reconnect()
}

// firstRound tries each endpoint once; those left share the time left.
func (c *Conn) firstRound() error {
	deadline := time.Now().Add(c.cfg.ConnectTimeout)
	var failures []error
	for left := len(c.cfg.Endpoints); left > 0; left-- {
		err := c.try(time.Until(deadline) / time.Duration(left))
		if err == nil {
			return nil
		}
		failures = append(failures, err)
		if c.ctx.Err() != nil || isRejected(err) {
			return err
		}
	}
	return errors.Join(failures...)
}

// Reconnect makes the connection live again after Receive returned an error. It
// waits as Config.Backoff says, tries the endpoints in turn and gives up only
// when the context ends, after Close, or when the token was rejected twice in a
// row, whatever the endpoint; the error says which.
func (c *Conn) Reconnect() error {
	for {
		if err := c.pause(); err != nil {
			return err
		}
		c.retries++
		err := c.try(c.cfg.ConnectTimeout)
		switch {
		case err == nil:
			c.cfg.Logger.Info("connected again", "address", c.Endpoint(), "attempts", c.retries)
			return nil
		case c.ctx.Err() != nil:
			return context.Cause(c.ctx)
		case isRejected(err) && (c.rejected > 1 || !c.everLive):
			return err
		}
		c.cfg.Logger.Warn("failed to connect", "error", err, "attempts", c.retries)
	}
}

// try makes one attempt at the endpoint whose turn it is.
func (c *Conn) try(limit time.Duration) error {
	endpoint := c.cfg.Endpoints[c.next]
	c.next = (c.next + 1) % len(c.cfg.Endpoints)
	link, err := c.attempt(endpoint, limit)
	if err != nil {
		if isRejected(err) {
			c.rejected++
		}
		return err
	}
	c.rejected = 0
	c.everLive = true
	c.liveAt = time.Now()
	c.link.Store(link)
	return nil
}

// pause waits before the next attempt.
func (c *Conn) pause() error {
	timer := time.NewTimer(c.cfg.Backoff.delay(c.retries / len(c.cfg.Endpoints)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// Receive returns the next message. An error means that the connection was
// lost, and why: [Conn.Reconnect] makes it live again, unless the context has
// ended or Close was called, which it reports.
func (c *Conn) Receive() (Message, error) {
	link := c.link.Load()
	if link == nil {
		return Message{}, ErrNotConnected
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

func (c *Conn) lose(link *Link) {
	c.link.Store(nil)
	c.lastFrame = link.lastFrameAt()
	link.close()
	if time.Since(c.liveAt) >= c.cfg.Backoff.Healthy {
		c.retries = 0
	}
}

// Send queues one binary message to be written on the live connection, and
// doesn't wait for it. It returns [ErrNotConnected] while there is none; a
// message that is queued when the connection is lost is lost with it.
func (c *Conn) Send(message []byte) error {
	link := c.link.Load()
	if link == nil {
		return ErrNotConnected
	}
	select {
	case link.outgoing <- message:
		return nil
	case <-link.ended:
		return ErrNotConnected
	default:
		return fmt.Errorf("connection to %s: too many messages wait to be written", link.Endpoint())
	}
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
// that was lost. Only the receiving goroutine may call it.
func (c *Conn) LastFrame() time.Time {
	if link := c.link.Load(); link != nil {
		return link.lastFrameAt()
	}
	return c.lastFrame
}

// Close ends the connection at once. Receive and Reconnect then return
// [ErrClosed]. It may be called more than once.
func (c *Conn) Close() { c.cancel(ErrClosed) }
