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

// check says what the tour needs if the server doesn't have it. Servers from 0.5.0
// on tell their version.
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

// tour makes a room, and ends it before it returns.
func tour(ctx context.Context, client *rooms.Client, notifier *stream.Notifier, out io.Writer) (err error) {
	// Subscribe first, then act: what is notified before a request returns isn't
	// missed. One node notifies of the rooms of all.
	id := "tour-" + rand.Text()[:8]
	sub, err := notifier.Subscribe(ctx, stream.InRooms(id))
	if err != nil {
		return err
	}
	// Ctrl-C doesn't end this call: it must be known whether there is a room.
	created, err := client.Create(context.WithoutCancel(ctx), rooms.RoomConfig{
		RoomID:               id,
		VideoCodec:           rooms.VideoCodecH264, // HLS needs it.
		PeerlessPurgeTimeout: 10 * time.Minute,     // In case that nobody deletes it.
	})
	if err != nil {
		return err
	}
	node, err := client.At(created.Address) // Where the room is from now on.
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

// addPeer adds a peer, waits until that is notified, and removes it again.
func addPeer(ctx context.Context, node *rooms.Client, room string, sub *stream.Subscription, out io.Writer) error {
	added, err := node.AddPeer(ctx, room, rooms.PeerOptions{})
	if err != nil {
		return err
	}
	isAdded := func(n decode.PeerAdded) bool { return n.PeerID == added.Peer.ID }
	if _, err := stream.Await(ctx, sub, isAdded); err != nil {
		return err
	}
	// added.Token and added.WebSocketURL are what its client connects with.
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

// addComponent adds an HLS component and removes it again. The server notifies
// of neither.
func addComponent(ctx context.Context, node *rooms.Client, room string, out io.Writer) error {
	component, err := node.AddComponent(ctx, room, rooms.HLSOptions{LowLatency: true})
	if errors.Is(err, rooms.ErrInvalid) {
		fmt.Fprintln(out, "no HLS here:", err) // From 0.6.0 on components have to be enabled.
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

// end deletes the room, also after Ctrl-C, and waits until that is notified unless
// the context has ended.
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
