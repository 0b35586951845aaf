package wsconn

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// maxRefusals is how often an endpoint must have refused the token to count as
// rejecting it.
const maxRefusals = 2

// endpoint is the state of one of Config.Endpoints.
type endpoint struct {
	// refusals counts how often it refused the token since the connection was last
	// live anywhere, with no other response from it in between.
	refusals int
	refusal  error     // The latest.
	notUntil time.Time // When it may be tried again, as it asked.
}

// note records how an attempt at the endpoint failed. Being unreachable is no response.
func (e *endpoint) note(failure *ConnectError) {
	switch {
	case isRejected(failure):
		e.refusals++
		e.refusal = failure
	case failure.answered:
		e.refusals, e.refusal = 0, nil
	}
	if wait := retryAfter(failure); wait > 0 {
		e.notUntil = time.Now().Add(min(wait, backoff.MaxFloor))
	}
}

// dial connects for the first time.
func (c *Conn) dial() error {
	err := c.firstRound()
	if err == nil || c.ctx.Err() != nil || isRejected(err) || !c.cfg.WaitForServer {
		return err
	}
	c.cfg.Logger.Warn("failed to connect", "error", err)
	for {
		again, next := c.Retry()
		switch {
		case next == nil:
			c.cfg.Logger.Info("connected", "address", c.Endpoint(), "attempts", c.retries)
			return nil
		case c.ctx.Err() != nil:
			// The last failure isn't the reason for the end, so it isn't wrapped.
			return fmt.Errorf("%w (last failure: %v)", context.Cause(c.ctx), err)
		case !again:
			return next
		}
		err = next
		c.cfg.Logger.Warn("failed to connect", "error", err, "attempts", c.retries)
	}
}

// firstRound tries each endpoint once; the remaining ones share the remaining time.
func (c *Conn) firstRound() error {
	deadline := time.Now().Add(c.cfg.ConnectTimeout)
	var failures error
	for i := range c.cfg.Endpoints {
		left := len(c.cfg.Endpoints) - i
		err := c.try(i, time.Until(deadline)/time.Duration(left))
		switch {
		case err == nil:
			return nil
		case c.ctx.Err() != nil:
			return err
		}
		failures = joinErrors(failures, err)
	}
	return failures
}

// joinErrors returns an error that wraps both, either of which may be nil.
func joinErrors(first, second error) error {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return fmt.Errorf("%w; %w", first, second)
}

// Retry makes one attempt to reconnect after Receive returned an error: it waits as
// Config.Backoff says and dials the next endpoint, or another one first if that one
// asked for a longer wait. The error says why the attempt failed, and again whether
// Retry may be called once more: that is so unless the context has ended, Close was
// called, or every endpoint has refused the token twice since the connection was
// live, with no other response from it in between. An endpoint that has refused the
// token is part of the error until it responds differently. On a live connection
// Retry does nothing.
func (c *Conn) Retry() (again bool, err error) {
	if c.socket.Load() != nil {
		return false, nil
	}
	i, floor := c.turn()
	b := c.cfg.Backoff
	if !c.sleep(backoff.DelayAfter(floor, b.Base, b.Cap, c.retries/len(c.endpoints))) {
		return false, context.Cause(c.ctx)
	}
	c.retries++
	err = c.try(i, c.cfg.ConnectTimeout)
	switch {
	case err == nil:
		return false, nil
	case c.ctx.Err() != nil:
		return false, context.Cause(c.ctx)
	}
	failures := err
	for _, e := range c.endpoints {
		if e.refusal != err { // It may be this attempt's.
			failures = joinErrors(failures, e.refusal)
		}
	}
	return !c.rejected(), failures
}

// turn returns the endpoint to try next, and how long it asked to wait: the next one
// that doesn't have to wait or, if all do, the one with the shortest wait.
func (c *Conn) turn() (i int, wait time.Duration) {
	for k := range c.endpoints {
		j := (c.next + k) % len(c.endpoints)
		left := max(0, time.Until(c.endpoints[j].notUntil))
		if k == 0 || left < wait {
			i, wait = j, left
		}
	}
	return i, wait
}

// rejected reports whether the token was refused for good. Until the connection has
// been live, that is so after each round in which an endpoint refused it.
func (c *Conn) rejected() bool {
	rejecting, refused := 0, 0
	for _, e := range c.endpoints {
		if e.refusals > 0 {
			refused++
		}
		if e.refusals >= maxRefusals {
			rejecting++
		}
	}
	if !c.everLive && c.retries%len(c.endpoints) == 0 {
		return refused > 0
	}
	return rejecting == len(c.endpoints)
}

// try makes one attempt.
func (c *Conn) try(i int, limit time.Duration) error {
	c.next = (i + 1) % len(c.endpoints)
	socket, failure := c.attempt(c.cfg.Endpoints[i], limit)
	if failure != nil {
		c.endpoints[i].note(failure)
		return failure
	}
	for j := range c.endpoints {
		c.endpoints[j].refusals, c.endpoints[j].refusal = 0, nil
	}
	c.everLive = true
	c.liveAt = time.Now()
	c.socket.Store(socket)
	return nil
}

// sleep waits, and reports whether the context is still alive.
func (c *Conn) sleep(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// attempt dials one endpoint and shakes hands, within limit.
func (c *Conn) attempt(endpoint Endpoint, limit time.Duration) (*Socket, *ConnectError) {
	ctx, cancel := context.WithTimeoutCause(c.ctx, limit,
		fmt.Errorf("no response within %v: %w", limit.Round(time.Millisecond), context.DeadlineExceeded))
	defer cancel()

	token, err := askToken(ctx, c.cfg.Token)
	if err != nil {
		return nil, &ConnectError{endpoint.Name, "token", err, false}
	}
	up := newUpgrade(ctx, c.cfg, token)
	socket, err := openSocket(ctx, endpoint, up)
	if err != nil {
		return nil, &ConnectError{endpoint.Name, *up.step.Load(), err, up.answered.Load()}
	}
	if err := socket.shakeHands(ctx, c.cfg.Handshake, token); err != nil {
		socket.close()
		var closed *CloseError
		return nil, &ConnectError{endpoint.Name, "handshake", err, errors.As(err, &closed)}
	}
	socket.live(c.ctx)
	return socket, nil
}

// askToken calls the source, which is the user's code, in its own goroutine, so that
// one that ignores its context delays nothing.
func askToken(ctx context.Context, source func(context.Context) (string, error)) (string, error) {
	type answer struct {
		token string
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		token, err := source(ctx)
		answers <- answer{token, err}
	}()
	select {
	case a := <-answers:
		// The source's error often comes from outside, too.
		return a.token, redact.New(a.token).Error(a.err)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
