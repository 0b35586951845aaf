package main

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// If a room of the conference is deleted, it starts again.
func TestDemoIsDisturbed(t *testing.T) {
	t.Parallel()
	address := serve(t, "-demo")
	sub, err := stream.Subscribe(t.Context(), stream.Config{ServerAddress: address, ServerAPIToken: stream.NewSecret(jellyfishtest.Token)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Await(t.Context(), sub, func(decode.PeerConnected) bool { return true }); err != nil {
		t.Fatal(err)
	}
	client, err := rooms.New(rooms.Config{ServerAddress: address, ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Delete(t.Context(), "standup"); err != nil {
		t.Fatal(err)
	}
	isStandup := func(n decode.RoomCreated) bool { return n.RoomID == "standup" }
	if _, err := stream.Await(t.Context(), sub, isStandup); err != nil {
		t.Error(err)
	}
}
