package wsconn

import (
	"context"
	"fmt"
	"time"
)

func (c *Conn) dial() error {
	err := c.firstRound()
	if err == nil || c.ctx.Err() != nil || isRejected(err) || !c.cfg.WaitForServer {
		return err
	}
	c.cfg.Logger.Warn("failed to connect", "error", err)
	return c.reconnect(err)
}

// firstRound tries each endpoint once; those left share the time left.
func (c *Conn) firstRound() error {
	deadline := time.Now().Add(c.cfg.ConnectTimeout)
	var failures error
	for left := len(c.cfg.Endpoints); left > 0; left-- {
		err := c.try(time.Until(deadline) / time.Duration(left))
		switch {
		case err == nil:
			return nil
		case c.ctx.Err() != nil, isRejected(err):
			return err
		case failures == nil:
			failures = err
		default:
			failures = fmt.Errorf("%w; %w", failures, err)
		}
	}
	return failures
}

// Reconnect makes the connection live again after Receive returned an error. It
// waits as Config.Backoff says, tries the endpoints in turn and gives up only
// when the context ends, after Close, or when the token was rejected twice in a
// row, whatever the endpoint; the error says which. On a connection that is live
// it does nothing.
func (c *Conn) Reconnect() error { return c.reconnect(nil) }

// reconnect is told of the last failure, if there was one.
func (c *Conn) reconnect(last error) error {
	for {
		again, err := c.Retry()
		switch {
		case err == nil:
			return nil
		case c.ctx.Err() != nil:
			return c.ended(last)
		case !again:
			return err
		}
		last = err
	}
}

// Retry is one step of [Conn.Reconnect], for a caller who wants to know of each:
// it waits as Config.Backoff says and makes one attempt. An error says why the
// connection isn't live, and again whether Retry may be called once more, which
// is so unless the connection has ended. It does nothing on a live connection.
func (c *Conn) Retry() (again bool, err error) {
	if c.link.Load() != nil {
		return false, nil
	}
	if !c.pause() {
		return false, context.Cause(c.ctx)
	}
	c.retries++
	err = c.try(c.cfg.ConnectTimeout)
	switch {
	case err == nil:
		c.cfg.Logger.Info("connected", "address", c.Endpoint(), "attempts", c.retries)
		return false, nil
	case c.ctx.Err() != nil:
		return false, context.Cause(c.ctx)
	case isRejected(err) && (c.rejected > 1 || !c.everLive):
		return false, err
	}
	c.cfg.Logger.Warn("failed to connect", "error", err, "attempts", c.retries)
	return true, err
}

// ended is why the context ended. The last failure is told as well, but not
// wrapped: it isn't why the connection has ended.
func (c *Conn) ended(last error) error {
	cause := context.Cause(c.ctx)
	if last == nil {
		return cause
	}
	return fmt.Errorf("%w (last failure: %v)", cause, last)
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

// pause waits before the next attempt. It reports whether there is to be one.
func (c *Conn) pause() bool {
	timer := time.NewTimer(c.cfg.Backoff.delay(c.retries / len(c.cfg.Endpoints)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}
