package fishjam_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// open returns a client for a hosted Fishjam in memory.
func open() (*jellyfishtest.Server, *fishjam.Client) {
	server, err := jellyfishtest.New(jellyfishtest.Config{FishjamID: account, InMemory: true, SequentialIDs: true})
	if err != nil {
		log.Fatal(err)
	}
	client, err := fishjam.New(fishjam.Config{
		FishjamID:       account,
		ManagementToken: fishjam.NewSecret(jellyfishtest.Token),
		HTTPClient:      server.HTTPClient(), // In production: nil.
	})
	if err != nil {
		log.Fatal(err)
	}
	return server, client
}

func Example() {
	server, client := open()
	defer server.Close()
	defer client.CloseIdleConnections()
	ctx := context.Background()

	room, err := client.CreateRoom(ctx, fishjam.RoomConfig{MaxPeers: 1})
	if err != nil {
		log.Fatal(err)
	}
	added, err := client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{Metadata: map[string]string{"name": "Ada"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(added.Peer.Type, added.Peer.Status, added.Peer.Metadata)
	_, err = client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{})
	if errors.Is(err, fishjam.ErrLimitReached) {
		fmt.Println("the room is full")
	}
	// Output:
	// webrtc disconnected {"peer":{},"server":{"name":"Ada"}}
	// the room is full
}

func ExampleClient_CreateLivestream() {
	server, client := open()
	defer server.Close()
	defer client.CloseIdleConnections()
	ctx := context.Background()

	stream, err := client.CreateLivestream(ctx, fishjam.LivestreamConfig{Public: true})
	if err != nil {
		log.Fatal(err)
	}
	streamer, err := client.AddStreamer(ctx, stream.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(streamer.Status, streamer.Token) // Reveal returns the text.
	// Output: disconnected [secret]
}

func ExampleClient_ListRecordings() {
	server, client := open()
	defer server.Close()
	defer client.CloseIdleConnections()
	ctx := context.Background()

	_, err := client.CreateRecording(ctx, fishjam.RecordingConfig{
		Source:   fishjam.CompositionSource{CompositionURL: "https://rtc.fishjam.io/api/composition/1", OutputID: "main"},
		Metadata: map[string]string{"show": "weekly"},
	})
	if err != nil {
		log.Fatal(err)
	}
	list, err := client.ListRecordings(ctx, fishjam.RecordingFilter{
		Status:   fishjam.RecordingActive,
		Metadata: map[string]any{"show": "weekly"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(list), list[0].Metadata)
	// Output: 1 {"show":"weekly"}
}

func ExampleClient_Validate() {
	server, client := open()
	defer server.Close()
	defer client.CloseIdleConnections()

	server.SetToken("another")
	err := client.Validate(context.Background())
	fmt.Println(errors.Is(err, fishjam.ErrInvalidCredentials))
	// Output: true
}
