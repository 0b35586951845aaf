package watch_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// cluster is nodes in a bubble. A client reaches each by its address, and by other
// names given to it.
type cluster struct {
	*scene
	nodes []*jellyfishtest.Server

	mu    sync.Mutex
	names map[string]*jellyfishtest.Server
	delay time.Duration // For requests by a name other than the node's own.
}

// name gives a node a name or, with nil, makes the name lead nowhere.
func (c *cluster) name(name string, node *jellyfishtest.Server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[name] = node
}

func inCluster(t *testing.T, size int, play func(*cluster)) {
	synctest.Test(t, func(t *testing.T) {
		c := &cluster{names: make(map[string]*jellyfishtest.Server)}
		joined := &jellyfishtest.Cluster{}
		for i := range size {
			node := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Address: fmt.Sprintf("node-%d.test:5002", i), Cluster: joined})
			c.nodes = append(c.nodes, node)
			c.names[node.Address()] = node
		}
		first := c.nodes[0]
		c.scene = &scene{T: t, server: first, client: clientOf(t, first.Address(), &http.Client{Transport: c})}
		c.notifier = notifierOf(t, first.Address(), first.HTTPClient())
		play(c)
	})
}

// RoundTrip sends a request to the node with its name.
func (c *cluster) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	node, delay := c.names[r.URL.Host], c.delay
	c.mu.Unlock()
	if node == nil {
		return nil, fmt.Errorf("there is no node %s", r.URL.Host)
	}
	if r.URL.Host != node.Address() {
		time.Sleep(delay)
	}
	r = r.Clone(r.Context())
	r.URL.Host, r.Host = node.Address(), ""
	return node.HTTPClient().Transport.RoundTrip(r)
}

func (c *cluster) CloseIdleConnections() {
	for _, node := range c.nodes {
		node.HTTPClient().CloseIdleConnections()
	}
}

func addresses(view *watch.View) []string {
	var all []string
	for _, n := range view.Nodes() {
		all = append(all, n.Address)
	}
	return all
}

func roomsByNode(view *watch.View) map[string]int {
	on := make(map[string]int)
	for r := range view.Rooms().All() {
		on[r.Node]++
	}
	return on
}

// A node that is down keeps its rooms in the view, and is stale; the others continue.
func TestNodeIsDown(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		for range 4 {
			c.create(rooms.RoomConfig{})
		}
		view, changes := c.start(watch.Config{Nodes: []string{"node-0.test:5002", "node-1.test:5002"}, ListInterval: time.Minute})
		down := c.names["node-1.test:5002"]
		c.name("node-1.test:5002", nil)
		began := time.Now()
		time.Sleep(5 * time.Minute)
		c.expect(changes)
		if on := roomsByNode(view); on["node-1.test:5002"] != 2 {
			c.Errorf("the rooms are on %v", on)
		}
		first, second := view.Nodes()[0], view.Nodes()[1]
		if !first.StaleSince.IsZero() || first.Err != nil {
			c.Errorf("%+v is stale", first)
		}
		if since := second.StaleSince.Sub(began); second.Err == nil || since < 0 || since > 15*time.Second {
			c.Errorf("%+v is stale since %v", second, since)
		}
		down.Stop() // It loses its rooms.
		c.must(down.Restart())
		c.name("node-1.test:5002", down)
		time.Sleep(time.Minute)
		if got := taken(changes); len(got) != 2 || !got[0].Inferred() {
			c.Errorf("the changes are %v", got)
		}
		if second := view.Nodes()[1]; !second.StaleSince.IsZero() || second.Err != nil {
			c.Errorf("%+v is still stale", second)
		}
	})
}

// A view can start while a node is down.
func TestSyncedWithoutANode(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.create(rooms.RoomConfig{})
		view, _ := c.start(watch.Config{Nodes: []string{"node-0.test:5002", "nowhere.test:5002"}})
		if view.Rooms().Len() != 1 || view.Nodes()[1].Err == nil {
			c.Errorf("%d rooms, nodes %+v", view.Rooms().Len(), view.Nodes())
		}
	})
}

// A room that no configured node has is shown as known from notifications, with an
// empty Node, until its end or a Gap, and Nodes reports it.
func TestP12RoomOfAnUnnamedNode(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		view, changes := c.start(watch.Config{})
		elsewhere := clientOf(c.T, c.nodes[1].Address(), c.nodes[1].HTTPClient())
		for _, id := range []string{"a", "b"} {
			_, err := elsewhere.Create(c.Context(), rooms.RoomConfig{RoomID: id})
			c.must(err)
		}
		before := view.Stats()
		time.Sleep(time.Hour)
		on := roomsByNode(view)
		if on["node-0.test:5002"] != 1 || on[""] != 1 {
			c.Fatalf("the rooms are on %v", on)
		}
		nodes := view.Nodes()
		if last := nodes[len(nodes)-1]; len(nodes) != 2 || last.Address != "" || last.StaleSince.IsZero() || !errors.Is(last.Err, watch.ErrNotNamed) {
			c.Errorf("the nodes are %+v", nodes)
		}
		if asked := view.Stats().Lookups - before.Lookups; asked > 2 {
			c.Errorf("%d lookups of two rooms in an hour", asked)
		}
		var id string
		for r := range view.Rooms().All() {
			if r.Node == "" {
				id = r.ID
			}
		}
		taken(changes)
		peer, err := elsewhere.AddPeer(c.Context(), id, rooms.PeerOptions{})
		c.must(err)
		c.expect(changes, "room "+id+": peer "+peer.Peer.ID+" appeared, disconnected")
		c.must(elsewhere.Delete(c.Context(), id))
		time.Sleep(time.Second)
		if nodes := view.Nodes(); len(nodes) != 1 || view.Rooms().Len() != 1 {
			c.Errorf("%d rooms, the nodes are %+v", view.Rooms().Len(), nodes)
		}
	})
}

// A Gap removes rooms that no node has: their end may have been missed.
func TestP12GapEndsRoomsOfUnnamedNodes(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		view, changes := c.start(watch.Config{})
		c.must(c.server.Send(decode.PeerConnected{RoomID: "x", PeerID: "p"}, decode.PeerMetadataUpdated{RoomID: "x", PeerID: "q", Metadata: `1`}))
		time.Sleep(time.Second)
		if r, _ := view.Room("x"); len(r.Connected()) != 2 {
			c.Errorf("the room is %v", r)
		}
		c.server.Cut(jellyfishtest.CutClean)
		time.Sleep(time.Minute)
		if view.Rooms().Len() != 0 || len(view.Nodes()) != 1 {
			c.Errorf("%d rooms, the nodes are %+v", view.Rooms().Len(), view.Nodes())
		}
		taken(changes)
		c.must(c.server.Send(decode.PeerConnected{RoomID: "x", PeerID: "p"}))
		c.expect(changes, "room x: appeared", "room x: peer p appeared, connected")
	})
}

// A server that sends notifications about rooms on unknown nodes can't fill the memory:
// the oldest of them are dropped.
func TestP12UnlistedRoomsAreBounded(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		view, changes := c.start(watch.Config{})
		pad := strings.Repeat("x", 20_000)
		for i := range 2000 {
			c.must(c.server.Send(decode.PeerConnected{RoomID: fmt.Sprint(i, pad), PeerID: "p"}))
			if i%100 == 0 {
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Minute)
		if n := view.Rooms().Len(); n*len(pad) > 16<<20 || n < 500 {
			c.Errorf("%d rooms of 20 kB are kept", n)
		}
		if n := view.Stats().Lookups + view.Stats().Lists; n > 2100 {
			c.Errorf("%d requests", n)
		}
		c.server.Cut(jellyfishtest.CutClean)
		time.Sleep(time.Minute)
		if n := view.Rooms().Len(); n != 0 || len(replay(c.T, nil, taken(changes))) != 0 {
			c.Errorf("%d rooms are left after a Gap", n)
		}
	})
}
