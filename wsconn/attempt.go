package wsconn

import (
	"context"
	"fmt"
	"time"
)

// attempt dials one endpoint and shakes hands, within limit.
func (c *Conn) attempt(endpoint Endpoint, limit time.Duration) (*Link, error) {
	ctx, cancel := context.WithTimeoutCause(c.ctx, limit,
		fmt.Errorf("no answer within %v: %w", limit.Round(time.Millisecond), context.DeadlineExceeded))
	defer cancel()

	token, err := askToken(ctx, c.cfg.Token)
	if err != nil {
		return nil, &ConnectError{Endpoint: endpoint.Name, Step: "token", Err: err}
	}
	link := newLink(endpoint, token, newTappedTransport(ctx, c.cfg.HTTPClient, c.cfg.ReadLimit))
	step, err := c.establish(ctx, link)
	if err == nil {
		return link, nil
	}
	link.close()
	return nil, &ConnectError{Endpoint: endpoint.Name, Step: step, Err: err}
}

// establish opens the link's socket, runs the handshake and sets the link live.
// It returns the step at which it failed.
func (c *Conn) establish(ctx context.Context, link *Link) (step string, err error) {
	release := link.boundBy(ctx)
	defer release()
	link.socket, err = openSocket(ctx, link.endpoint.URL, link.transport, c.cfg)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return *link.transport.step.Load(), err
	}
	if err := c.cfg.Handshake(link, link.token); err != nil {
		return "handshake", err
	}
	if !release() {
		// The time limit struck while the last answer was being read.
		return "handshake", context.Cause(ctx)
	}
	link.live(c.ctx)
	return "", nil
}

// askToken keeps the source, which is a user's code, off this goroutine, so that
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
		return a.token, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
