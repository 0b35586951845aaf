package main

import (
	"context"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// librarySide is a program that uses the library.
type librarySide struct {
	sub    *stream.Subscription
	cancel context.CancelFunc
}

func connectLibrary(ctx context.Context, address string) (receiver, error) {
	return subscribe(ctx, address)
}

func subscribe(ctx context.Context, address string, options ...stream.Option) (*librarySide, error) {
	ctx, cancel := context.WithCancel(ctx)
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  address,
		ServerAPIToken: stream.NewSecret(token),
	}, options...)
	if err != nil {
		cancel()
		return nil, err
	}
	return &librarySide{sub, cancel}, nil
}

func (l *librarySide) receive(_ int, p *pace) (tally, error) {
	var seen tally
	for n := range l.sub.Notifications() {
		passed := 0
		switch n := n.(type) {
		case decode.PeerConnected, decode.TrackAdded:
			passed = 1
			seen.received++
		case stream.Gap:
			if !n.Exact() {
				return seen, fmt.Errorf("%v", n)
			}
			passed = int(n.Dropped)
			seen.missed += passed
		case decode.RoomDeleted:
			if n.RoomID == endRoom {
				return seen, nil
			}
		}
		if err := p.received(passed); err != nil {
			return seen, err
		}
	}
	return seen, fmt.Errorf("the subscription ended: %w", l.sub.Err())
}

// close ends the subscription and returns when it has.
func (l *librarySide) close() {
	l.cancel()
	for range l.sub.Notifications() {
	}
}
