package main

import (
	"context"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// events prints what a server tells, as it comes.
type events struct {
	to      printer
	options []stream.Option
	sub     *stream.Subscription
}

// open subscribes. The context is the subscription's lifetime.
func (e *events) open(ctx context.Context, cfg stream.Config) (err error) {
	e.sub, err = stream.Subscribe(ctx, cfg, e.options...)
	return err
}

// follow prints until the subscription ends, and returns why. Without metrics
// their channel is nil, and never chosen.
func (e *events) follow() (err error) {
	for err == nil {
		select {
		case n, ok := <-e.sub.Notifications():
			if !ok {
				return e.sub.Err()
			}
			err = e.to.print(n)
		case m, ok := <-e.sub.Metrics():
			if ok {
				err = e.to.print(m)
			}
		}
	}
	return err
}
