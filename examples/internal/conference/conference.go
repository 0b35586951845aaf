// Package conference is a short scripted conference: what a Jellyfish server
// would tell while rooms open, peers come and go, and things break.
package conference

import (
	"context"
	"fmt"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

const (
	// beat is the pause before each scene, so that a reader can follow.
	beat = 150 * time.Millisecond
	// rest is the pause at the end, in which the last scene arrives everywhere.
	rest = 500 * time.Millisecond
	// patience is how long clients have to come back after the cut.
	patience = 3 * time.Second
)

// Play plays the conference on server, which takes about four seconds. In the
// middle it cuts the connections of all clients, and goes on when they are back.
// The error is the context's, or names what could not be sent.
func Play(ctx context.Context, server *jellyfishtest.Server) error {
	if err := play(ctx, server, opening()); err != nil {
		return err
	}
	if err := cut(ctx, server); err != nil {
		return err
	}
	if err := play(ctx, server, ending()); err != nil {
		return err
	}
	return pause(ctx, rest)
}

func play(ctx context.Context, server *jellyfishtest.Server, scenes []scene) error {
	for _, s := range scenes {
		if err := pause(ctx, beat); err != nil {
			return err
		}
		if err := server.Send(s...); err != nil {
			return fmt.Errorf("conference: send %v: %w", s, err)
		}
	}
	return nil
}

// cut cuts all connections. What happens before the clients are back is lost to
// them, as it is with a real server: nothing is sent again.
func cut(ctx context.Context, server *jellyfishtest.Server) error {
	if err := pause(ctx, beat); err != nil {
		return err
	}
	before := server.Connections()
	server.Cut(jellyfishtest.CutClean)
	if err := server.Send(missed()...); err != nil {
		return fmt.Errorf("conference: send what is missed: %w", err)
	}
	deadline := time.Now().Add(patience)
	for server.Connections() < before && time.Now().Before(deadline) {
		if err := pause(ctx, beat); err != nil {
			return err
		}
	}
	return nil
}

// pause waits, but not beyond the context's end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
