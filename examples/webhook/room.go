package main

import (
	"context"
	"errors"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// hold creates a room that posts to url, lets peers come and go, and deletes the
// room. If the context ends it deletes the room at once, and that is no error.
func hold(ctx context.Context, client *rooms.Client, url rooms.Secret) (err error) {
	// Ctrl-C doesn't end this call: we must know whether the room was created.
	created, err := client.Create(context.WithoutCancel(ctx), rooms.RoomConfig{
		MaxPeers:             rooms.Ptr(10),
		WebhookURL:           url,
		PeerlessPurgeTimeout: 10 * time.Minute, // In case it is never deleted.
	})
	if err != nil {
		return err
	}
	room := created.Room.ID
	node, err := client.At(created.Address) // In a cluster another node may hold it.
	if err != nil {
		return err
	}
	err = comeAndGo(ctx, node, room)
	left := node.Delete(context.WithoutCancel(ctx), room)
	if left != nil && !errors.Is(left, rooms.ErrRoomNotFound) { // Someone else may have deleted it.
		return left
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// comeAndGo adds two peers to a room and removes them again.
func comeAndGo(ctx context.Context, node *rooms.Client, room string) error {
	var ids []string
	for range 2 {
		pause(ctx)
		added, err := node.AddPeer(ctx, room, rooms.PeerOptions{})
		if err != nil {
			return err
		}
		ids = append(ids, added.Peer.ID)
	}
	for _, id := range ids {
		pause(ctx)
		if err := node.DeletePeer(ctx, room, id); err != nil {
			return err
		}
	}
	return nil
}

// pause waits for a beat, but not beyond the context's end.
func pause(ctx context.Context) {
	select {
	case <-time.After(beat):
	case <-ctx.Done():
	}
}
