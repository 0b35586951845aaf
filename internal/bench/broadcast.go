package main

import (
	"context"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const broadcastConsumers = 100

// broadcast compares one connection with 100 subscriptions to everything with a
// plain loop that sends into 100 channels. A message counts once, though it is
// delivered 100 times.
func broadcast() comparison {
	return comparison{
		name:     "Broadcast to 100",
		messages: 20_000,
		window:   notificationWindow,
		payloads: peerConnectedPayloads,
		library:  subscribeCrowd,
		plain:    dialPlainCrowd,
	}
}

func subscribeCrowd(ctx context.Context, address string) (receiver, error) {
	n, err := stream.Open(ctx, stream.Config{ServerAddress: address, ServerAPIToken: stream.NewSecret(token)})
	if err != nil {
		return nil, err
	}
	c := &crowd{leave: n.Close}
	for range broadcastConsumers {
		sub, err := n.Subscribe(ctx)
		if err != nil {
			n.Close()
			return nil, err
		}
		c.consumers = append(c.consumers, &librarySide{sub: sub})
	}
	return c, nil
}

func dialPlainCrowd(ctx context.Context, address string) (receiver, error) {
	loop, err := dialPlain(ctx, address, broadcastConsumers, pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION)
	if err != nil {
		return nil, err
	}
	c := &crowd{leave: loop.close}
	for i := range broadcastConsumers {
		c.consumers = append(c.consumers, loop.consumer(i))
	}
	return c, nil
}
