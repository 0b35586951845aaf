package rooms_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// start starts a server inside the example, and returns a client for it.
func start() (*jellyfishtest.Server, *rooms.Client) {
	server, err := jellyfishtest.New(jellyfishtest.Config{SequentialIDs: true})
	if err != nil {
		log.Fatal(err)
	}
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	return server, client
}

// Create a room, add a peer, and delete both.
func Example() {
	server, client := start()
	defer server.Close()
	ctx := context.Background()

	created, err := client.Create(ctx, rooms.RoomConfig{
		RoomID:               "standup",
		MaxPeers:             rooms.Ptr(10),
		PeerlessPurgeTimeout: 10 * time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	node, err := client.At(created.Address) // The node that holds the room.
	if err != nil {
		log.Fatal(err)
	}
	added, err := node.AddPeer(ctx, "standup", rooms.PeerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	// The peer's own client connects to added.WebSocketURL with added.Token.
	room, err := node.Get(ctx, "standup")
	if err != nil {
		log.Fatal(err)
	}
	for _, peer := range room.Peers {
		fmt.Println("peer", peer.Type, peer.Status)
	}
	if err := node.DeletePeer(ctx, "standup", added.Peer.ID); err != nil {
		log.Fatal(err)
	}
	if err := node.Delete(ctx, "standup"); err != nil {
		log.Fatal(err)
	}
	_, err = node.Get(ctx, "standup")
	fmt.Println("gone:", errors.Is(err, rooms.ErrRoomNotFound))
	// Output:
	// peer webrtc disconnected
	// gone: true
}

// Branch on errors with errors.Is; the details are in the Error.
func ExampleError() {
	server, client := start()
	defer server.Close()
	ctx := context.Background()
	if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: "duo", MaxPeers: rooms.Ptr(0)}); err != nil {
		log.Fatal(err)
	}

	_, err := client.AddPeer(ctx, "duo", rooms.PeerOptions{})
	if errors.Is(err, rooms.ErrLimitReached) {
		fmt.Println("the room is full")
	}
	var failure *rooms.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Method, failure.Path, failure.Status, failure.Message)
	}
	// Output:
	// the room is full
	// POST /room/duo/peer 503 Reached peer limit in room duo
}

// Rooms are listed by the node that holds them.
func ExampleClient_List() {
	server, client := start()
	defer server.Close()
	ctx := context.Background()
	for _, id := range []string{"one", "two"} {
		if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: id}); err != nil {
			log.Fatal(err)
		}
	}
	list, err := client.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, room := range list {
		fmt.Println(room.ID, len(room.Peers), "peers")
	}
	// Unordered output:
	// one 0 peers
	// two 0 peers
}

// In a cluster any node creates rooms, and one of them holds the new one.
func ExampleClient_At() {
	cluster := new(jellyfishtest.Cluster)
	first, err := jellyfishtest.New(jellyfishtest.Config{Cluster: cluster})
	if err != nil {
		log.Fatal(err)
	}
	defer first.Close()
	second, err := jellyfishtest.New(jellyfishtest.Config{Cluster: cluster})
	if err != nil {
		log.Fatal(err)
	}
	defer second.Close()
	client, err := rooms.New(rooms.Config{ServerAddress: first.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	for range 2 {
		created, err := client.Create(ctx, rooms.RoomConfig{})
		if err != nil {
			log.Fatal(err)
		}
		node, err := client.At(created.Address)
		if err != nil {
			log.Fatal(err)
		}
		_, err = node.AddPeer(ctx, created.Room.ID, rooms.PeerOptions{})
		fmt.Println("peer added:", err == nil)
	}
	// Output:
	// peer added: true
	// peer added: true
}

// An HLS stream of selected peers.
func ExampleClient_Subscribe() {
	server, client := start()
	defer server.Close()
	ctx := context.Background()
	if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: "show", VideoCodec: rooms.VideoCodecH264}); err != nil {
		log.Fatal(err)
	}
	host, err := client.AddPeer(ctx, "show", rooms.PeerOptions{})
	if err != nil {
		log.Fatal(err)
	}

	stream, err := client.AddComponent(ctx, "show", rooms.HLSOptions{
		LowLatency:    true,
		SubscribeMode: rooms.SubscribeManual,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Subscribe(ctx, "show", stream.ID, host.Peer.ID); err != nil {
		log.Fatal(err)
	}
	url, err := client.HLSURL("show", rooms.MasterPlaylist)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.TrimPrefix(url, "http://"+client.Address()))
	// Output:
	// /hls/show/index.m3u8
}

// The properties of a component depend on its type.
func ExampleClient_AddComponent() {
	server, client := start()
	defer server.Close()
	ctx := context.Background()
	if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: "yard", VideoCodec: rooms.VideoCodecH264}); err != nil {
		log.Fatal(err)
	}
	for _, options := range []rooms.ComponentOptions{
		rooms.RTSPOptions{SourceURI: rooms.NewSecret("rtsp://me:hunter2@camera:554/stream"), ReconnectDelay: rooms.Ptr(5 * time.Second)},
		rooms.FileOptions{FilePath: "video.h264", Framerate: 25},
		rooms.RecordingOptions{
			Credentials: rooms.S3Credentials{AccessKeyID: rooms.NewSecret("id"), SecretAccessKey: rooms.NewSecret("key"), Region: "eu-1", Bucket: "films"},
		},
	} {
		added, err := client.AddComponent(ctx, "yard", options)
		if err != nil {
			log.Fatal(err)
		}
		switch p := added.Properties.(type) {
		case rooms.RTSPProperties:
			fmt.Println(added.Type, "every", p.ReconnectDelay, p.SourceURI) // Printed without the password.
		case rooms.FileProperties:
			fmt.Println(added.Type, p.FilePath, p.Framerate)
		case rooms.RecordingProperties:
			fmt.Println(added.Type, p.SubscribeMode)
		}
	}
	// Output:
	// rtsp every 5s [secret]
	// file video.h264 25
	// recording auto
}

// A phone call into a room.
func ExampleClient_Dial() {
	server, client := start()
	defer server.Close()
	ctx := context.Background()
	if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: "hotline"}); err != nil {
		log.Fatal(err)
	}

	phone, err := client.AddComponent(ctx, "hotline", rooms.SIPOptions{
		RegistrarCredentials: rooms.SIPCredentials{Address: "sip.example.org", Username: "hotline", Password: rooms.NewSecret("hunter2")},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Dial(ctx, "hotline", phone.ID, "+48123456789"); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("calling: %+v\n", phone.Properties)
	if err := client.HangUp(ctx, "hotline", phone.ID); err != nil {
		log.Fatal(err)
	}
	// Output:
	// calling: {RegistrarCredentials:{Address:sip.example.org Username:hotline Password:[secret]}}
}

// Streams that are kept after they ended.
func ExampleClient_Recordings() {
	server, client := start()
	defer server.Close()
	ctx := context.Background()
	if err := server.AddRecording("standup", map[string]string{rooms.MasterPlaylist: "#EXTM3U\n"}); err != nil {
		log.Fatal(err)
	}

	ids, err := client.Recordings(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, id := range ids {
		url, err := client.RecordingURL(id, rooms.MasterPlaylist)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(strings.TrimPrefix(url, "http://"+client.Address()))
		if err := client.DeleteRecording(ctx, id); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("again:", errors.Is(client.DeleteRecording(ctx, "standup"), rooms.ErrRecordingNotFound))
	// Output:
	// /recording/standup/index.m3u8
	// again: true
}

// The health of a node.
func ExampleClient_Health() {
	server, client := start()
	defer server.Close()
	health, err := client.Health(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(health.Status, health.Distribution.Enabled)
	// Output:
	// UP false
}
