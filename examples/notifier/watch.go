package main

import (
	"context"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// subscribe returns when the server has confirmed that it sends notifications;
// from then on nothing is missed. The context is the subscription's lifetime.
func subscribe(ctx context.Context, cfg stream.Config, metrics bool) (*stream.Subscription, error) {
	if metrics {
		return stream.Subscribe(ctx, cfg, stream.WithMetrics())
	}
	return stream.Subscribe(ctx, cfg)
}

// watch prints what the channels deliver until the subscription ends, and
// returns why it did. Without metrics their channel is nil, and never chosen.
func watch(sub *stream.Subscription, to *table) error {
	for {
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				return sub.Err()
			}
			to.print(n)
		case m, ok := <-sub.Metrics():
			if ok {
				to.print(m)
			}
		}
	}
}
