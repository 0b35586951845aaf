package watch_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// open starts a server with a room, and returns a client of it and a notifier.
func open(ctx context.Context, room rooms.RoomConfig) (*jellyfishtest.Server, *rooms.Client, *stream.Notifier) {
	server, err := jellyfishtest.New(jellyfishtest.Config{SequentialIDs: true})
	if err != nil {
		log.Fatal(err)
	}
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Create(ctx, room); err != nil {
		log.Fatal(err)
	}
	notifier, err := stream.Open(ctx, stream.Config{ServerAddress: server.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token)})
	if err != nil {
		log.Fatal(err)
	}
	return server, client, notifier
}

func ExampleStart() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server, client, notifier := open(ctx, rooms.RoomConfig{RoomID: "lobby", MaxPeers: rooms.Ptr(10)})
	defer server.Close()

	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		log.Fatal(err)
	}
	<-view.Synced()
	for room := range view.Rooms().All() {
		fmt.Printf("room %s has %d of %d peers\n", room.ID, len(room.Peers), *room.Config.MaxPeers)
	}
	// Output:
	// room lobby has 0 of 10 peers
}

// A peer leaves while the connection is lost. No notification tells of it, and
// yet the change comes.
func ExampleView_Changes() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server, client, notifier := open(ctx, rooms.RoomConfig{RoomID: "lobby"})
	defer server.Close()
	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		log.Fatal(err)
	}
	changes := view.Changes(ctx)
	fmt.Println(<-changes) // It begins with what there is.

	added, err := client.AddPeer(ctx, "lobby", rooms.PeerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-changes)
	server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
	server.Cut(jellyfishtest.CutClean)
	client.CloseIdleConnections() // They were cut too.
	if err := client.DeletePeer(ctx, "lobby", added.Peer.ID); err != nil {
		log.Fatal(err)
	}
	server.AnswerUpgrade(0, nil)
	switch c := (<-changes).(type) {
	case watch.PeerChange:
		fmt.Println(c)
		fmt.Println("inferred:", c.Inferred(), "- before:", c.Before.Status, "- after:", c.After)
	}
	// Output:
	// room lobby (inferred): appeared
	// room lobby: peer 00000000-0000-4000-8000-000000000001 appeared, disconnected
	// room lobby (inferred): peer 00000000-0000-4000-8000-000000000001 is gone
	// inferred: true - before: disconnected - after: <nil>
}

// In a cluster each node has rooms of its own. One notifier hears of all of them,
// and the view asks each node.
func ExampleView_Nodes() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cluster := &jellyfishtest.Cluster{}
	var nodes []*jellyfishtest.Server
	for range 2 {
		node, err := jellyfishtest.New(jellyfishtest.Config{Cluster: cluster})
		if err != nil {
			log.Fatal(err)
		}
		defer node.Close()
		nodes = append(nodes, node)
	}
	client, err := rooms.New(rooms.Config{ServerAddress: nodes[0].Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		log.Fatal(err)
	}
	for range 10 {
		if _, err := client.Create(ctx, rooms.RoomConfig{}); err != nil {
			log.Fatal(err)
		}
	}
	notifier, err := stream.Open(ctx, stream.Config{ServerAddress: nodes[0].Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token)})
	if err != nil {
		log.Fatal(err)
	}

	view, err := watch.Start(ctx, client, notifier, watch.Config{Nodes: []string{nodes[1].Address()}})
	if err != nil {
		log.Fatal(err)
	}
	<-view.Synced()
	on := make(map[string]int)
	for room := range view.Rooms().All() {
		on[room.Node]++
	}
	for _, node := range view.Nodes() {
		fmt.Println(on[node.Address], "rooms, stale:", !node.StaleSince.IsZero())
	}
	// Output:
	// 5 rooms, stale: false
	// 5 rooms, stale: false
}
