package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// check returns an error if the server lacks what the tour needs. Servers from 0.5.0
// on report their version.
func check(ctx context.Context, client *rooms.Client) error {
	health, err := client.Health(ctx)
	var refused *rooms.Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
	case err != nil:
		return err
	case health.Version != "":
		return nil
	}
	return fmt.Errorf("%s is no Jellyfish server 0.5.0 or later, which this needs: earlier ones don't notify of peers that are added and deleted", client.Address())
}

// tour creates a room, and deletes it before it returns.
func tour(ctx context.Context, client *rooms.Client, notifier *stream.Notifier, out io.Writer) (err error) {
	// Subscribe first, then act, so that notifications sent before a request returns
	// aren't missed. One node sends the notifications of all nodes.
	id := "tour-" + rand.Text()[:8]
	sub, err := notifier.Subscribe(ctx, stream.InRooms(id))
	if err != nil {
		return err
	}
	// Ctrl-C doesn't end this call: we must know whether the room was created.
	created, err := client.Create(context.WithoutCancel(ctx), rooms.RoomConfig{
		RoomID:               id,
		VideoCodec:           rooms.VideoCodecH264, // HLS needs it.
		PeerlessPurgeTimeout: 10 * time.Minute,     // In case it is never deleted.
	})
	if err != nil {
		return err
	}
	node, err := client.At(created.Address) // The node that holds the room.
	if err != nil {
		return err
	}
	defer func() {
		if left := end(ctx, node, id, sub, out); left != nil {
			err = left
		}
	}()
	if _, err := stream.Await[decode.RoomCreated](ctx, sub, nil); err != nil {
		return err
	}
	fmt.Fprintf(out, "room %s was created on %s\n", id, created.Address)

	if err := addPeer(ctx, node, id, sub, out); err != nil {
		return err
	}
	return addComponent(ctx, node, id, out)
}

// addPeer adds a peer, waits for the notification, and removes the peer again.
func addPeer(ctx context.Context, node *rooms.Client, room string, sub *stream.Subscription, out io.Writer) error {
	added, err := node.AddPeer(ctx, room, rooms.PeerOptions{})
	if err != nil {
		return err
	}
	isAdded := func(n decode.PeerAdded) bool { return n.PeerID == added.Peer.ID }
	if _, err := stream.Await(ctx, sub, isAdded); err != nil {
		return err
	}
	// The peer's client connects to added.WebSocketURL with added.Token.
	fmt.Fprintf(out, "peer %s was added, its client connects to %s\n", added.Peer.ID, added.WebSocketURL)

	if err := node.DeletePeer(ctx, room, added.Peer.ID); err != nil {
		return err
	}
	isDeleted := func(n decode.PeerDeleted) bool { return n.PeerID == added.Peer.ID }
	if _, err := stream.Await(ctx, sub, isDeleted); err != nil {
		return err
	}
	fmt.Fprintf(out, "peer %s was deleted\n", added.Peer.ID)
	return nil
}

// addComponent adds an HLS component and removes it again. The server sends no
// notification of either.
func addComponent(ctx context.Context, node *rooms.Client, room string, out io.Writer) error {
	component, err := node.AddComponent(ctx, room, rooms.HLSOptions{LowLatency: true})
	if errors.Is(err, rooms.ErrInvalid) {
		fmt.Fprintln(out, "no HLS here:", err) // From 0.6.0 on, components must be enabled.
		return nil
	}
	if err != nil {
		return err
	}
	url, err := node.HLSURL(room, rooms.MasterPlaylist)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "component %s was added, to be played at %s\n", component.ID, url)
	if err := node.DeleteComponent(ctx, room, component.ID); err != nil {
		return err
	}
	fmt.Fprintf(out, "component %s was deleted\n", component.ID)
	return nil
}

// end deletes the room, even after Ctrl-C, and waits for the notification unless the
// context has ended.
func end(ctx context.Context, node *rooms.Client, room string, sub *stream.Subscription, out io.Writer) error {
	if err := node.Delete(context.WithoutCancel(ctx), room); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	if _, err := stream.Await[decode.RoomDeleted](ctx, sub, nil); err != nil {
		return err
	}
	fmt.Fprintf(out, "room %s was deleted\n", room)
	return nil
}
