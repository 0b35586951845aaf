// Package conference is a short scripted conference on a test server: rooms open,
// peers come and go, and things break.
package conference

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const (
	// beat is the pause before each scene, so that a reader can follow.
	beat = 150 * time.Millisecond
	// rest is the pause at the end, for the last scene to arrive everywhere.
	rest = 500 * time.Millisecond
	// patience is how long clients may take to reconnect after the cut.
	patience = 30 * time.Second
)

// Play plays the conference on a server that accepts token, which takes about four
// seconds. It is held in the rooms standup, webinar and lobby, which are all gone in
// the end; existing rooms with these names are deleted first. In the middle it cuts the
// connections of all clients, ends the lobby meanwhile, and continues when they are
// back. The error is the context's, or says what failed.
func Play(ctx context.Context, server *jellyfishtest.Server, token string) error {
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(token),
		HTTPClient:     server.HTTPClient(),
	})
	if err != nil {
		return fmt.Errorf("conference: %w", err)
	}
	c := &conference{server: server, client: client, ids: make(map[string]string)}
	err = c.play(ctx)
	client.CloseIdleConnections()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("conference: %w", err)
	}
	return err
}

// conference is the state that the server doesn't keep.
type conference struct {
	server *jellyfishtest.Server
	client *rooms.Client
	ids    map[string]string // The ids that the server generated, by name.
}

func (c *conference) play(ctx context.Context) error {
	if err := perform(ctx, c.opening()); err != nil {
		return err
	}
	if err := c.cut(ctx); err != nil {
		return err
	}
	if err := perform(ctx, c.ending()); err != nil {
		return err
	}
	return pause(ctx, rest)
}

// perform plays scenes, each after a beat.
func perform(ctx context.Context, scenes []scene) error {
	for _, play := range scenes {
		if err := pause(ctx, beat); err != nil {
			return err
		}
		if err := play(ctx); err != nil {
			return err
		}
	}
	return nil
}

// cut cuts all connections. The clients miss what happens before they are back, as with
// a real server: nothing is sent again.
func (c *conference) cut(ctx context.Context) error {
	if err := pause(ctx, beat); err != nil {
		return err
	}
	before := c.server.Connections()
	c.server.AnswerUpgrade(http.StatusServiceUnavailable, nil) // So that no client reconnects too soon.
	c.server.Cut(jellyfishtest.CutClean)
	err := c.missed()
	c.server.AnswerUpgrade(0, nil)
	if err != nil {
		return err
	}
	c.client.CloseIdleConnections() // Its connections were cut too.
	deadline := time.Now().Add(patience)
	for c.server.Connections() < before && time.Now().Before(deadline) {
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
