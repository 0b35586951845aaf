package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// beat is the pause before each step, so that a reader can follow.
const beat = 200 * time.Millisecond

// party is what happens in the room.
type party struct {
	client *rooms.Client
	server *jellyfishtest.Server // Nil unless the peers' clients are pretended.
}

// hold makes a room that posts to url, lets peers come and go, and deletes the
// room, also after the context's end.
func (p party) hold(ctx context.Context, url string) (err error) {
	// Ctrl-C doesn't end this call: it must be known whether there is a room.
	created, err := p.client.Create(context.WithoutCancel(ctx), rooms.RoomConfig{
		MaxPeers:             rooms.Ptr(10),
		WebhookURL:           rooms.NewSecret(url),
		PeerlessPurgeTimeout: 10 * time.Minute, // In case that nobody deletes it.
	})
	if err != nil {
		return err
	}
	room := created.Room.ID
	if p.client, err = p.client.At(created.Address); err != nil { // In a cluster another node may have it.
		return err
	}
	err = p.comeAndGo(ctx, room)
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, p.client.Delete(context.WithoutCancel(ctx), room))
}

func (p party) comeAndGo(ctx context.Context, room string) error {
	var ids []string
	for _, name := range []string{"Ada", "Bob"} {
		id, err := p.come(ctx, room, name)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if err := pause(ctx); err != nil {
			return err
		}
		if err := p.client.DeletePeer(ctx, room, id); err != nil {
			return err
		}
	}
	return pause(ctx)
}

// come adds a peer, and has it connect where its client is pretended.
func (p party) come(ctx context.Context, room, name string) (id string, err error) {
	if err := pause(ctx); err != nil {
		return "", err
	}
	added, err := p.client.AddPeer(ctx, room, rooms.PeerOptions{})
	if err != nil || p.server == nil {
		return added.Peer.ID, err
	}
	if err := pause(ctx); err != nil {
		return "", err
	}
	metadata := decode.Metadata(fmt.Sprintf(`{"name":%q}`, name))
	return added.Peer.ID, p.server.ConnectPeer(room, added.Peer.ID, metadata)
}

// pause waits for a beat, but not beyond the context's end.
func pause(ctx context.Context) error {
	timer := time.NewTimer(beat)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
