package main

import (
	"context"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// connect prints what a server tells. The context is the subscription's lifetime.
func connect(ctx context.Context, cfg stream.Config, to output, options ...stream.Option) error {
	sub, err := stream.Subscribe(ctx, cfg, options...)
	if err != nil {
		return err
	}
	to.say("subscribed to %s, Ctrl-C ends it", cfg.ServerAddress)
	return watch(sub, to)
}

// watch prints until the subscription ends, and returns why. Without metrics
// their channel is nil, and never chosen.
func watch(sub *stream.Subscription, to output) (err error) {
	for err == nil {
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				return sub.Err()
			}
			err = to.print(n)
		case m, ok := <-sub.Metrics():
			if ok {
				err = to.print(m)
			}
		}
	}
	return err
}
