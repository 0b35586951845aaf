package main

import (
	"context"
	"fmt"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// plainSide is a consumer of the plain loop.
type plainSide struct {
	*plainLoop
	events <-chan event
}

func connectPlain(ctx context.Context, address string) (receiver, error) {
	return connectPlainSide(ctx, address)
}

func connectPlainSide(ctx context.Context, address string) (plainSide, error) {
	loop, err := dialPlain(ctx, address, 1, pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION)
	if err != nil {
		return plainSide{}, err
	}
	return loop.consumer(0), nil
}

func (p *plainLoop) consumer(i int) plainSide { return plainSide{p, p.consumers[i]} }

func (p plainSide) receive(_ int, to *pace) (tally, error) {
	var seen tally
	for e := range p.events {
		switch e.kind {
		case peerConnectedEvent, trackAddedEvent:
			seen.received++
			if err := to.received(1); err != nil {
				return seen, err
			}
		case endEvent:
			return seen, nil
		}
	}
	return seen, fmt.Errorf("the loop ended: %w", p.err)
}
