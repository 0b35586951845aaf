package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// tour creates a room, adds a peer, and deletes the room before it returns.
func tour(ctx context.Context, client *fishjam.Client, notifier *stream.Notifier, out io.Writer) (err error) {
	// Subscribe first, then act, so that notifications sent before a request returns
	// aren't missed. The room's id isn't known yet, so this is a subscription to all
	// rooms.
	sub, err := notifier.Subscribe(ctx)
	if err != nil {
		return err
	}
	// Ctrl-C doesn't end this call: we must know whether the room was created.
	room, err := client.CreateRoom(context.WithoutCancel(ctx), fishjam.RoomConfig{MaxPeers: 10})
	if err != nil {
		return err
	}
	defer func() {
		if left := end(ctx, client, room.ID, sub, out); left != nil {
			err = left
		}
	}()
	created := func(n decode.RoomCreated) bool { return n.RoomID == room.ID }
	if _, err := stream.Await(ctx, sub, created); err != nil {
		return err
	}
	fmt.Fprintf(out, "room %s was created\n", room.ID)

	added, err := client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{Metadata: map[string]string{"name": "Ada"}})
	if err != nil {
		return err // errors.Is(err, fishjam.ErrLimitReached) if the room is full
	}
	isAdded := func(n decode.PeerAdded) bool { return n.PeerID == added.Peer.ID }
	if _, err := stream.Await(ctx, sub, isAdded); err != nil {
		return err
	}
	// The peer's client connects with added.Token.
	fmt.Fprintf(out, "peer %s was added\n", added.Peer.ID)
	return nil
}

// end deletes the room, even after Ctrl-C, and waits for the notification unless the
// context has ended.
func end(ctx context.Context, client *fishjam.Client, room string, sub *stream.Subscription, out io.Writer) error {
	if err := client.DeleteRoom(context.WithoutCancel(ctx), room); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	deleted := func(n decode.RoomDeleted) bool { return n.RoomID == room }
	if _, err := stream.Await(ctx, sub, deleted); err != nil {
		return err
	}
	fmt.Fprintf(out, "room %s was deleted\n", room)
	return nil
}
