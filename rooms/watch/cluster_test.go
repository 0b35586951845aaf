package watch_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// cluster is nodes in a bubble. A client reaches each by its address, and by the
// names that are given to it.
type cluster struct {
	*scene
	nodes []*jellyfishtest.Server

	mu    sync.Mutex
	names map[string]*jellyfishtest.Server
	delay time.Duration // Of what is asked by another name than the node's own.
}

// name lets a node be reached by a name, or with nil nobody.
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

// RoundTrip takes a request to the node with its name.
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

// Jellyfish protocol, section 4.8: a room can be created on a node that the view
// wasn't told of. The answer to its creation names it.
func TestNodesAreLearnt(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		view, _ := c.start(watch.Config{})
		for range 4 {
			c.create(rooms.RoomConfig{})
		}
		time.Sleep(10 * time.Second)
		if got := addresses(view); len(got) != 2 || got[1] != "node-1.test:5002" {
			c.Errorf("the nodes are %v", got)
		}
		if on := roomsByNode(view); on["node-0.test:5002"] != 2 || on["node-1.test:5002"] != 2 {
			c.Errorf("the rooms are on %v", on)
		}
	})
}

// A node that is down keeps its rooms, and is stale; the others go on.
func TestNodeIsDown(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		for range 4 {
			c.create(rooms.RoomConfig{})
		}
		view, changes := c.start(watch.Config{Nodes: []string{"node-1.test:5002"}, ListInterval: time.Minute})
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
		if since := second.StaleSince.Sub(began); second.Err == nil || since <= 0 || since > 70*time.Second {
			c.Errorf("%+v is stale since %v", second, since)
		}
		down.Stop() // And it forgets its rooms.
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

// A view can begin while a node is down.
func TestSyncedWithoutANode(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.create(rooms.RoomConfig{})
		view, _ := c.start(watch.Config{Nodes: []string{"nowhere.test:5002"}})
		if view.Rooms().Len() != 1 || view.Nodes()[1].Err == nil {
			c.Errorf("%d rooms, nodes %+v", view.Rooms().Len(), view.Nodes())
		}
	})
}

// A room on a node that the view doesn't know is there until all that are known
// have said that it isn't theirs.
func TestRoomOfAnUnknownNode(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		view, changes := c.start(watch.Config{})
		other := clientOf(c.T, c.nodes[0].Address(), c.nodes[0].HTTPClient())
		for _, id := range []string{"a", "b"} {
			_, err := other.Create(c.Context(), rooms.RoomConfig{RoomID: id})
			c.must(err)
		}
		time.Sleep(20 * time.Second)
		if got := addresses(view); len(got) != 1 {
			c.Errorf("the nodes are %v", got)
		}
		if on := roomsByNode(view); on["node-0.test:5002"] != 1 || on[""] != 0 {
			c.Errorf("the rooms are on %v", on)
		}
		if got := taken(changes); len(got) != 4 {
			c.Errorf("the changes are %v", got)
		}
	})
}

// byAnotherName makes a view that asks the one server by a name of which the
// server knows nothing, and returns a client that is made of the view's and asks
// it by its own.
func (c *cluster) byAnotherName() (view *watch.View, maker *rooms.Client) {
	c.name("alias.test:5002", c.server)
	c.client = clientOf(c.T, "alias.test:5002", &http.Client{Transport: c})
	maker, err := c.client.At(c.server.Address())
	c.must(err)
	view, _ = c.start(watch.Config{})
	return view, maker
}

func (c *cluster) expectOneNode(view *watch.View, name string, count int) {
	c.Helper()
	if got := addresses(view); !slices.Equal(got, []string{name}) {
		c.Errorf("the nodes are %v", got)
	}
	if on := roomsByNode(view); on[name] != count || len(on) > 1 {
		c.Errorf("the rooms are on %v, want %d on one", on, count)
	}
}

// The address that a server is configured to give is often not the one that it is
// asked by. It must not be taken for another node.
func TestServerByAnotherName(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		view, maker := c.byAnotherName()
		c.mu.Lock()
		c.delay = time.Second
		c.mu.Unlock()
		for i := range 10 {
			c.create(rooms.RoomConfig{RoomID: fmt.Sprint("new-", i)})
			// This one is gone before it is looked up.
			brief, err := maker.Create(c.Context(), rooms.RoomConfig{})
			c.must(err)
			c.must(maker.Delete(c.Context(), brief.Room.ID))
		}
		time.Sleep(time.Minute)
		c.expectOneNode(view, "alias.test:5002", 10)
	})
}

// Nor when the end of a room was missed, which is then on no node.
func TestServerByAnotherNameAfterAnOutage(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		view, maker := c.byAnotherName()
		c.name("alias.test:5002", nil)
		brief, err := maker.Create(c.Context(), rooms.RoomConfig{})
		c.must(err)
		synctest.Wait()
		c.server.Cut(jellyfishtest.CutClean)
		c.CloseIdleConnections()
		c.must(maker.Delete(c.Context(), brief.Room.ID))
		c.name("alias.test:5002", c.server)
		time.Sleep(time.Minute)
		c.expectOneNode(view, "alias.test:5002", 0)
		for i := range 10 {
			_, err := maker.Create(c.Context(), rooms.RoomConfig{RoomID: fmt.Sprint("new-", i)})
			c.must(err)
			time.Sleep(time.Duration(i) * time.Second / 10)
		}
		time.Sleep(time.Minute)
		c.expectOneNode(view, "alias.test:5002", 10)
	})
}
