package main

import (
	"context"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// connectStamped makes a program that is ready for the first message. The
// context is its lifetime.
type connectStamped func(ctx context.Context, address string) (stamped, error)

type libraryStamped struct{ *librarySide }

func connectLibraryStamped(ctx context.Context, address string) (stamped, error) {
	side, err := subscribe(ctx, address)
	if err != nil {
		return nil, err
	}
	return libraryStamped{side}, nil
}

func (l libraryStamped) next() (string, error) {
	n := <-l.sub.Notifications()
	peer, ok := n.(decode.PeerConnected)
	if !ok {
		return "", fmt.Errorf("received %v, subscription: %v", n, l.sub.Err())
	}
	return peer.PeerID, nil
}

type plainStamped struct{ plainSide }

func connectPlainStamped(ctx context.Context, address string) (stamped, error) {
	side, err := connectPlainSide(ctx, address)
	if err != nil {
		return nil, err
	}
	return plainStamped{side}, nil
}

func (p plainStamped) next() (string, error) {
	e, ok := <-p.events
	if !ok {
		return "", fmt.Errorf("the loop ended: %w", p.err)
	}
	return e.peerID, nil
}
