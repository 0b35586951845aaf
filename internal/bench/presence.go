package main

import (
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// presence is a program that is told of changes without a view.
type presence struct {
	sub *stream.Subscription
}

func (p presence) follow(n int) error {
	for n > 0 {
		notification, ok := <-p.sub.Notifications()
		if !ok {
			return fmt.Errorf("the subscription ended: %w", p.sub.Err())
		}
		switch notification := notification.(type) {
		case decode.PeerConnected, decode.PeerDisconnected:
			n--
		case decode.PeerMetadataUpdated: // Follows each connect.
		default:
			return fmt.Errorf("received %T", notification)
		}
	}
	return nil
}
