package watch_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// A node that is down, and was before, doesn't keep the others from being learnt.
func TestOthersAreLearntWhileANodeIsDown(t *testing.T) {
	inCluster(t, 3, func(c *cluster) {
		for range 3 {
			c.create(rooms.RoomConfig{}) // One on each.
		}
		view, _ := c.start(watch.Config{Nodes: []string{"node-1.test:5002"}, ListInterval: time.Minute})
		c.name("node-1.test:5002", nil)
		at2, err := c.client.At("node-2.test:5002")
		c.must(err)
		for i := range 3 {
			_, err := at2.Create(c.Context(), rooms.RoomConfig{RoomID: fmt.Sprint("new-", i), MaxPeers: rooms.Ptr(7)})
			c.must(err)
		}
		time.Sleep(2 * time.Hour)
		if len(addresses(view)) != 3 {
			c.Errorf("after two hours the nodes are %v", addresses(view))
		}
		for r := range view.Rooms().All() {
			if r.Node == "" && r.Config.MaxPeers == nil {
				if at, _ := c.client.NodeOf(r.ID); at != "node-1.test:5002" { // That is down.
					c.Errorf("room %s has neither node nor configuration, the client knows that it is on %s", r.ID, at)
				}
			}
		}
	})
}

// Both nodes have a "lobby" (Jellyfish protocol, section 4.8), and node 1 has
// nothing else: it is a node of its own all the same.
func TestNodeWithTheRoomsOfAnotherIsListed(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		view, _ := c.start(watch.Config{ListInterval: time.Minute})
		at := map[string][]string{}
		create := func(id string) {
			created, err := c.client.Create(c.Context(), rooms.RoomConfig{RoomID: id})
			c.must(err)
			at[created.Address] = append(at[created.Address], created.Room.ID)
		}
		create("lobby")
		create("x") // Alternates: the node with the fewest rooms.
		time.Sleep(10 * time.Second)
		if len(addresses(view)) != 2 {
			c.Fatalf("nodes %v", addresses(view))
		}
		// node-0 must get a lobby too, and node-1 lose all but its lobby.
		second, first := c.nodes[1], c.nodes[0]
		var firstClient, secondClient *rooms.Client
		firstClient = clientOf(c.T, first.Address(), &http.Client{Transport: c})
		secondClient = clientOf(c.T, second.Address(), &http.Client{Transport: c})
		has := func(client *rooms.Client, id string) bool { _, err := client.Get(c.Context(), id); return err == nil }
		for i := 0; !has(firstClient, "lobby") || !has(secondClient, "lobby"); i++ {
			if i > 10 {
				c.Fatal("no way")
			}
			if _, err := c.client.Create(c.Context(), rooms.RoomConfig{RoomID: "lobby"}); err != nil {
				create(fmt.Sprint("fill-", i))
			}
		}
		time.Sleep(10 * time.Second)
		list, err := secondClient.List(c.Context())
		c.must(err)
		for _, r := range list {
			if r.ID != "lobby" {
				c.must(secondClient.Delete(c.Context(), r.ID))
			}
		}
		time.Sleep(5 * time.Minute)
		// From now on it has more.
		for i := range 4 {
			create(fmt.Sprint("later-", i))
		}
		time.Sleep(2 * time.Hour)
		list, err = secondClient.List(c.Context())
		c.must(err)
		if got := roomsByNode(view)[second.Address()]; got != len(list) {
			c.Errorf("the view has %d rooms of node 1, which has %d", got, len(list))
		}
	})
}

// Node 0 dies, and its rooms are made again, with the same ids, on node 1, which
// was learnt before: they are the ones that are seen, also when node 0 is back.
func TestRoomsMadeAnewOnAnotherNode(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		first, second := c.nodes[0], c.nodes[1]
		c.notifier = notifierOf(c.T, second.Address(), second.HTTPClient())
		hand := clientOf(c.T, second.Address(), &http.Client{Transport: c})
		view, _ := c.start(watch.Config{ListInterval: time.Minute})
		var ids []string
		for i := range 6 {
			id := fmt.Sprint("room-", i)
			created, err := c.client.Create(c.Context(), rooms.RoomConfig{RoomID: id})
			c.must(err)
			if created.Address == first.Address() {
				ids = append(ids, id)
			}
		}
		time.Sleep(time.Minute)
		if len(addresses(view)) != 2 || len(ids) == 0 {
			c.Fatal("no test")
		}
		list, err := hand.List(c.Context())
		c.must(err)
		for _, r := range list {
			c.must(hand.Delete(c.Context(), r.ID))
		}
		first.Stop()
		c.name(first.Address(), nil)
		for _, id := range ids {
			_, err := hand.Create(c.Context(), rooms.RoomConfig{RoomID: id})
			c.must(err)
			_, err = hand.AddPeer(c.Context(), id, rooms.PeerOptions{})
			c.must(err)
		}
		time.Sleep(time.Hour)
		for _, id := range ids {
			if r, _ := view.Room(id); len(r.Peers) != 1 {
				c.Errorf("room %s on %s has peers %v", id, r.Node, r.Peers)
			}
		}
		c.must(first.Restart())
		c.name(first.Address(), first)
		time.Sleep(2 * time.Hour)
		list, err = hand.List(c.Context())
		c.must(err)
		if got := roomsByNode(view)[second.Address()]; got != len(list) {
			c.Errorf("the view has %d rooms of node 1, which has %d", got, len(list))
		}
	})
}

// Of two rooms with the same id, Room returns the one of the node that answers.
func TestRoomOfADeadNode(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		first, second := c.nodes[0], c.nodes[1]
		c.notifier = notifierOf(c.T, second.Address(), second.HTTPClient())
		hand := clientOf(c.T, second.Address(), &http.Client{Transport: c})
		view, _ := c.start(watch.Config{ListInterval: time.Minute, Nodes: []string{second.Address()}})
		ids := []string{}
		for i := range 2 {
			created, err := c.client.Create(c.Context(), rooms.RoomConfig{RoomID: fmt.Sprint("room-", i)})
			c.must(err)
			if created.Address == first.Address() {
				ids = append(ids, created.Room.ID)
			}
		}
		time.Sleep(time.Minute)
		first.Stop()
		c.name(first.Address(), nil)
		_, err := hand.Create(c.Context(), rooms.RoomConfig{RoomID: ids[0]})
		c.must(err)
		_, err = hand.AddPeer(c.Context(), ids[0], rooms.PeerOptions{})
		c.must(err)
		time.Sleep(time.Hour)
		r, _ := view.Room(ids[0])
		if len(r.Peers) != 1 {
			c.Errorf("an hour later the room is %v", r)
		}
	})
}

// Rooms that the client made before the view began are found.
func TestNodesOfEarlierRoomsAreLearnt(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		for range 4 {
			c.create(rooms.RoomConfig{})
		}
		view, _ := c.start(watch.Config{ListInterval: time.Minute})
		time.Sleep(2 * time.Hour)
		if n := view.Rooms().Len(); n != 4 {
			c.Errorf("%d of 4 rooms after two hours; nodes %v", n, addresses(view))
		}
	})
}

// And those that it made during an outage.
func TestNodesOfRoomsMadeInAnOutageAreLearnt(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		view, _ := c.start(watch.Config{ListInterval: time.Minute})
		c.server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
		c.server.Cut(jellyfishtest.CutClean)
		c.CloseIdleConnections()
		for range 4 {
			c.create(rooms.RoomConfig{})
		}
		c.server.AnswerUpgrade(0, nil)
		time.Sleep(2 * time.Hour)
		if n := view.Rooms().Len(); n != 4 {
			c.Errorf("%d of 4 rooms after two hours; nodes %v", n, addresses(view))
		}
	})
}

// slowPosts delays the answers to requests that create something.
type slowPosts struct {
	through *cluster
	delay   time.Duration
}

func (s slowPosts) CloseIdleConnections() { s.through.CloseIdleConnections() }
func (s slowPosts) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.through.RoundTrip(r)
	if r.Method == http.MethodPost && r.URL.Path == "/room" {
		time.Sleep(s.delay)
	}
	return answer, err
}

// The answer to a creation takes 5 s: the search goes on until then.
func TestSlowAnswerToCreation(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		c.client = clientOf(c.T, c.server.Address(), &http.Client{Transport: slowPosts{c, 5 * time.Second}})
		view, changes := c.start(watch.Config{ListInterval: time.Minute})
		for range 2 {
			id := c.create(rooms.RoomConfig{})
			at, _ := c.client.NodeOf(id)
			node, e := c.client.At(at)
			c.must(e)
			for range 3 {
				_, e = node.AddPeer(c.Context(), id, rooms.PeerOptions{})
				c.must(e)
			}
		}
		time.Sleep(2 * time.Hour)
		if n := view.Rooms().Len(); n != 2 {
			c.Errorf("%d of 2 rooms after two hours; nodes %v; changes %v", n, addresses(view), taken(changes))
		}
	})
}

// A room is made on node 1 and then deleted on node 0, within the time that a
// lookup takes: the room of node 1 is there before the periodic list.
func TestRoomMovesDuringItsLookup(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		hands := []*rooms.Client{clientOf(c.T, c.nodes[0].Address(), &http.Client{Transport: c}), clientOf(c.T, c.nodes[1].Address(), &http.Client{Transport: c})}
		var first, second *rooms.Client
		created, err := c.client.Create(c.Context(), rooms.RoomConfig{RoomID: "lobby"})
		c.must(err)
		for _, h := range hands {
			if h.Address() == created.Address {
				first = h
			} else {
				second = h
			}
		}
		c.client = clientOf(c.T, c.nodes[0].Address(), &http.Client{Transport: &answersLate{c, time.Second}})
		view, changes := c.start(watch.Config{Nodes: []string{"node-1.test:5002"}, ListInterval: time.Hour})
		_, err = second.Create(c.Context(), rooms.RoomConfig{RoomID: "lobby"})
		c.must(err)
		time.Sleep(500 * time.Millisecond)
		c.must(first.Delete(c.Context(), "lobby"))
		time.Sleep(30 * time.Minute)
		if r, ok := view.Room("lobby"); !ok || r.Node != second.Address() {
			c.Errorf("the room is %v %v; it is on %s; changes %v", r, ok, second.Address(), taken(changes))
		}
	})
}

type answersLate struct {
	through *cluster
	delay   time.Duration
}

func (s answersLate) CloseIdleConnections() { s.through.CloseIdleConnections() }
func (s answersLate) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.through.RoundTrip(r)
	if r.Method == http.MethodGet && err == nil {
		select {
		case <-time.After(s.delay):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return answer, err
}
