package watch_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// open starts a server with a room, and returns a client and a notifier for it.
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
	if err := view.WaitSynced(ctx); err != nil {
		log.Fatal(err)
	}
	for room := range view.Rooms().All() {
		fmt.Printf("room %s has %d of %d peers\n", room.ID, len(room.Peers), *room.Config.MaxPeers)
	}
	// Output:
	// room lobby has 0 of 10 peers
}

// A peer leaves while the connection is lost. There is no notification of that, and yet
// the change is delivered.
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
	fmt.Println(<-changes) // The existing room comes first.

	added, err := client.AddPeer(ctx, "lobby", rooms.PeerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-changes)
	server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
	server.Cut(jellyfishtest.CutClean)
	client.CloseIdleConnections() // Its connections were cut too.
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

// In a cluster each node has its own rooms. One notifier receives the notifications
// of all of them, and the view asks each node.
//
// The pods behind a headless Kubernetes service are found by its DNS name. Look it
// up again every few seconds, and name what is there now.
func ExampleView_SetNodes() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pods, client, notifier := openCluster(ctx, "10.1.0.1:5002", "10.1.0.2:5002")
	defer pods[0].Close()
	defer pods[1].Close()
	for range 10 {
		if _, err := client.Create(ctx, rooms.RoomConfig{}); err != nil {
			log.Fatal(err)
		}
	}
	lookUp := func(ctx context.Context, host string) ([]string, error) { // net.DefaultResolver.LookupHost
		return []string{"10.1.0.2", "10.1.0.1"}, nil
	}

	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		log.Fatal(err)
	}
	nameNodes := func() error {
		hosts, err := lookUp(ctx, "jellyfish.media.svc.cluster.local")
		if err != nil {
			return err // The nodes stay as they are.
		}
		for i, host := range hosts {
			hosts[i] = net.JoinHostPort(host, "5002")
		}
		return view.SetNodes(hosts)
	}
	if err := nameNodes(); err != nil {
		log.Fatal(err)
	}
	if err := view.WaitSynced(ctx); err != nil {
		log.Fatal(err)
	}
	on := make(map[string]int)
	for room := range view.Rooms().All() {
		on[room.Node]++
	}
	for _, node := range view.Nodes() {
		fmt.Println(node.Address, "has", on[node.Address], "rooms, stale:", !node.StaleSince.IsZero())
	}
	// Output:
	// 10.1.0.2:5002 has 5 rooms, stale: false
	// 10.1.0.1:5002 has 5 rooms, stale: false
}

// openCluster starts nodes in memory, and returns a client and a notifier for the first
// one.
func openCluster(ctx context.Context, addresses ...string) ([]*jellyfishtest.Server, *rooms.Client, *stream.Notifier) {
	cluster := &jellyfishtest.Cluster{}
	var nodes []*jellyfishtest.Server
	for _, address := range addresses {
		node, err := jellyfishtest.New(jellyfishtest.Config{InMemory: true, Address: address, Cluster: cluster})
		if err != nil {
			log.Fatal(err)
		}
		nodes = append(nodes, node)
	}
	through := nodes[0].HTTPClient()
	client, err := rooms.New(rooms.Config{ServerAddress: addresses[0], ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), HTTPClient: through})
	if err != nil {
		log.Fatal(err)
	}
	notifier, err := stream.Open(ctx, stream.Config{ServerAddress: addresses[0], ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: through})
	if err != nil {
		log.Fatal(err)
	}
	return nodes, client, notifier
}

// A worker for each room ends with the room, however its end is detected.
func ExampleView_EachRoom() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server, client, notifier := open(ctx, rooms.RoomConfig{RoomID: "lobby"})
	defer server.Close()
	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		log.Fatal(err)
	}
	var group sync.WaitGroup
	work := func(room *watch.RoomChanges) {
		for change := range room.Changes() {
			fmt.Println(change)
		}
		fmt.Println(room.ID+":", room.Err())
	}
	room := <-view.EachRoom(ctx)
	group.Go(func() { work(room) })
	if err := client.Delete(ctx, "lobby"); err != nil {
		log.Fatal(err)
	}
	group.Wait()
	// Output:
	// room lobby (inferred): appeared
	// room lobby: is gone
	// lobby: watch: the room has ended
}

// livestreams is the response of a hosted Fishjam with one livestream.
func livestreams() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /room", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"show","config":{"roomType":"livestream","maxPeers":0,"public":true},"peers":[]}]}`)
	})
	mux.HandleFunc("GET /livestream", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"show","public":true,"streamers":[{"id":"camera","status":"disconnected","token":"t"}],"viewers":[]}]}`)
	})
	return mux
}

// A view of hosted Fishjam follows a livestream. The notifications come from a Relay
// here; in a program, from a [stream.Notifier] with the same FishjamID.
func ExampleStartFishjam() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := httptest.NewServer(livestreams())
	defer server.Close()
	client, err := fishjam.New(fishjam.Config{FishjamID: server.URL, ManagementToken: fishjam.NewSecret("token")})
	if err != nil {
		log.Fatal(err)
	}
	source := stream.NewRelay(ctx)
	view, err := watch.StartFishjam(ctx, client, source, watch.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := view.WaitSynced(ctx); err != nil {
		log.Fatal(err)
	}
	changes := view.Changes(ctx)
	if err := source.Put(decode.StreamerConnected{StreamID: "show", StreamerID: "camera"}); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		fmt.Println(<-changes)
	}
	room, _ := view.Room("show")
	fmt.Println("a livestream:", room.IsLivestream(), "- streamers:", len(room.Streamers))
	// Output:
	// room show (inferred): appeared
	// room show (inferred): streamer camera appeared, disconnected
	// room show: streamer camera changed, connected
	// a livestream: true - streamers: 1
}
