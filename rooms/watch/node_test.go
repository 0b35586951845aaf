package watch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Promise P12: the rooms of a node that is removed are gone at once; added again, it is
// a new node.
func TestP12SetNodes(t *testing.T) {
	inCluster(t, 3, func(c *cluster) {
		for range 9 {
			c.create(rooms.RoomConfig{})
		}
		view, changes := c.start(watch.Config{Nodes: addressesOf(c.nodes)})
		all := view.Rooms().Len()
		c.must(view.SetNodes([]string{"node-2.test:5002", "http://node-0.test:5002/", "node-2.test:5002"}))
		if got := addresses(view); fmt.Sprint(got) != "[node-2.test:5002 node-0.test:5002]" {
			c.Errorf("the nodes are %v", got)
		}
		if on := roomsByNode(view); all != 9 || on["node-1.test:5002"] != 0 || view.Rooms().Len() != 6 {
			c.Errorf("of %d rooms are left %v", all, on)
		}
		for _, change := range taken(changes) {
			if r, ok := change.(watch.RoomChange); !ok || r.After != nil || !r.Inferred() || r.Node != "node-1.test:5002" {
				c.Errorf("a change is %v", change)
			}
		}
		lists := view.Stats().Lists
		c.must(view.SetNodes([]string{"node-0.test:5002", "node-2.test:5002"}))
		synctest.Wait()
		if n := view.Stats().Lists - lists; n != 0 || len(taken(changes)) != 0 {
			c.Errorf("naming what is named asked %d times", n)
		}
		var refused *input.Error
		if err := view.SetNodes([]string{"node-1.test:5002", "a b"}); !errors.As(err, &refused) || len(addresses(view)) != 2 {
			c.Errorf("a malformed address: %v, the nodes are %v", err, addresses(view))
		}
		c.must(view.SetNodes(addressesOf(c.nodes)))
		if n := view.Nodes()[1]; n.Address != "node-1.test:5002" || !n.Listed.IsZero() || n.StaleSince.IsZero() {
			c.Errorf("the node that is named again is %+v", n)
		}
		synctest.Wait()
		if view.Rooms().Len() != 9 {
			c.Errorf("%d rooms", view.Rooms().Len())
		}
		c.must(view.SetNodes(nil))
		if view.Rooms().Len() != 0 || len(view.Nodes()) != 0 {
			c.Errorf("without nodes: %d rooms, %v", view.Rooms().Len(), view.Nodes())
		}
		c.notifier.Close()
		<-view.Done()
		if err := view.SetNodes(addressesOf(c.nodes)); !errors.Is(err, stream.ErrClosed) {
			c.Errorf("SetNodes after the end: %v", err)
		}
	})
}

func addressesOf(nodes []*jellyfishtest.Server) []string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.Address())
	}
	return all
}

// The response of a removed node doesn't count, and its request is cancelled.
func TestP12LateAnswerOfARemovedNode(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		for range 4 {
			c.create(rooms.RoomConfig{})
		}
		c.must(c.nodes[1].FailCalls(jellyfishtest.CallFault{Delay: 5 * time.Second}))
		synctest.Wait() // The view must not handle the notifications of these rooms.
		view, err := watch.Start(c.Context(), c.client, c.notifier, watch.Config{Nodes: addressesOf(c.nodes)})
		c.must(err)
		synctest.Wait()
		c.must(view.SetNodes(addressesOf(c.nodes[:1])))
		c.must(view.WaitSynced(c.Context()))
		time.Sleep(time.Minute)
		if on := roomsByNode(view); on["node-0.test:5002"] != 2 || len(on) != 1 {
			c.Errorf("the rooms are on %v", on)
		}
	})
}

// A restart that nothing else reports is detected within 15 s by the uptime, and the
// node is stale since its last good response.
func TestP12RestartWithoutAnySign(t *testing.T) {
	for name, restart := range map[string]func(*jellyfishtest.Server) error{
		"behind a proxy": func(s *jellyfishtest.Server) error { s.Reset(); return nil },
		"killed":         func(s *jellyfishtest.Server) error { s.Stop(); return s.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			inCluster(t, 2, func(c *cluster) {
				for range 4 {
					c.create(rooms.RoomConfig{})
				}
				view, changes := c.start(watch.Config{Nodes: addressesOf(c.nodes)})
				time.Sleep(time.Minute)
				began := time.Now()
				c.must(restart(c.nodes[1]))
				time.Sleep(15 * time.Second)
				if on := roomsByNode(view); on["node-0.test:5002"] != 2 || len(on) != 1 {
					c.Errorf("15 s later the rooms are on %v, the nodes %+v", on, view.Nodes())
				}
				if got := taken(changes); len(got) != 2 {
					c.Errorf("the changes are %v", got)
				}
				lists := view.Stats().Lists
				c.must(c.nodes[1].FailCalls(jellyfishtest.CallFault{Path: "/room", Delay: 3 * time.Second}))
				time.Sleep(time.Minute)
				if n := view.Stats().Lists - lists; n != 0 {
					c.Errorf("%d more lists", n)
				}
				c.nodes[1].Reset()
				for view.Nodes()[1].StaleSince.IsZero() {
					time.Sleep(10 * time.Millisecond)
				}
				if since := view.Nodes()[1].StaleSince; since.Before(began) || time.Since(since) > 15*time.Second {
					c.Errorf("at %v it is stale since %v", time.Now(), since)
				}
			})
		})
	}
}

// Behind a proxy, the proxy responds for a node that is gone. That is no sign of life.
func TestP12NodeThatIsGoneBehindAProxy(t *testing.T) {
	for _, status := range []int{502, 503} {
		inCluster(t, 2, func(c *cluster) {
			view, changes := c.start(watch.Config{Nodes: addressesOf(c.nodes)})
			time.Sleep(time.Minute)
			c.must(c.nodes[1].FailCalls(jellyfishtest.CallFault{Status: status}))
			began := time.Now()
			time.Sleep(16 * time.Second)
			if n := view.Nodes()[1]; n.Err == nil || n.StaleSince.IsZero() || n.StaleSince.After(began) {
				c.Errorf("16 s after it began to answer %d at %v the node is %+v", status, began, n)
			}
			c.must(c.nodes[1].FailCalls())
			time.Sleep(time.Minute)
			if n := view.Nodes()[1]; n.Err != nil || !n.StaleSince.IsZero() || len(taken(changes)) != 0 {
				c.Errorf("the node that is back is %+v", n)
			}
		})
	}
}

// The node that the notifier is connected to isn't checked.
func TestP12NodeOfTheNotifierIsNotChecked(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		view, _ := c.start(watch.Config{Nodes: addressesOf(c.nodes)})
		var log []jellyfishtest.Call
		time.Sleep(4 * time.Minute)
		for i, want := range []int{1, 17} {
			n := 0
			for _, call := range c.nodes[i].Calls() {
				if call.Path == "/health" {
					n++
				}
			}
			if n < want || n > want+3 {
				c.Errorf("node %d was checked %d times in 4 minutes, want %d; %v", i, n, want, log)
			}
		}
		if view.Stats().Checks == 0 {
			c.Error("no checks are counted")
		}
	})
}

// A balancer's address is reported as such, once in the log: because of an uptime that
// began earlier than before or, without health checks, because of a room with a peer
// that is gone and back.
func TestP12BalancedAddress(t *testing.T) {
	for _, health := range []bool{true, false} {
		t.Run(fmt.Sprintf("health %t", health), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				joined := &jellyfishtest.Cluster{}
				var nodes []*jellyfishtest.Server
				for i := range 3 {
					nodes = append(nodes, jellyfishtest.Run(t, jellyfishtest.Config{
						InMemory: true, Address: fmt.Sprintf("node-%d.test:5002", i), Cluster: joined, DisableHealth: !health,
					}))
					time.Sleep(5 * time.Second)
				}
				balancer := jellyfishtest.RunBalancer(t, "", nodes...)
				s := &scene{T: t, client: clientOf(t, balancer.Address(), nodes[0].HTTPClient())}
				s.notifier = notifierOf(t, nodes[0].Address(), nodes[0].HTTPClient())
				direct := clientOf(t, nodes[0].Address(), nodes[0].HTTPClient())
				for range 5 {
					created, err := direct.Create(t.Context(), rooms.RoomConfig{})
					s.must(err)
					at, err := direct.At(created.Address)
					s.must(err)
					_, err = at.AddPeer(t.Context(), created.Room.ID, rooms.PeerOptions{})
					s.must(err)
				}
				var log bytes.Buffer
				view, _ := s.start(watch.Config{ListInterval: 20 * time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				time.Sleep(3 * time.Minute)
				if n := view.Nodes()[0]; !errors.Is(n.Err, watch.ErrBalanced) || n.StaleSince.IsZero() {
					t.Errorf("the node is %+v", n)
				}
				if n := strings.Count(log.String(), "several servers"); n != 1 {
					t.Errorf("the log says so %d times", n)
				}
				s.must(balancer.SetNodes(nodes[0]))
				time.Sleep(10 * time.Minute)
				if n := view.Nodes()[0]; n.Err != nil {
					t.Errorf("ten minutes after the balancing has ended it is %+v", n)
				}
			})
		})
	}
}

// So is one that the notifier uses as well, in front of servers that started together.
func TestP12BalancedAddressOfTheNotifier(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		balancer := jellyfishtest.RunBalancer(c.T, "", c.nodes...)
		c.client = clientOf(c.T, balancer.Address(), c.server.HTTPClient())
		c.notifier = notifierOf(c.T, balancer.Address(), c.server.HTTPClient())
		view, _ := c.start(watch.Config{ListInterval: 6 * time.Second})
		for range 10 {
			created, err := c.client.Create(c.Context(), rooms.RoomConfig{})
			c.must(err)
			at, err := c.client.At(created.Address)
			c.must(err)
			_, err = at.AddPeer(c.Context(), created.Room.ID, rooms.PeerOptions{})
			c.must(err)
		}
		time.Sleep(5 * time.Minute)
		if n := view.Nodes()[0]; !errors.Is(n.Err, watch.ErrBalanced) || n.StaleSince.IsZero() {
			c.Errorf("the node is %+v", n)
		}
	})
}

// One server with two names is reported soon, and no longer once one of the names is
// removed.
func TestP12SameServerTwice(t *testing.T) {
	for _, health := range []bool{true, false} {
		t.Run(fmt.Sprintf("health %t", health), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, DisableHealth: !health})
				alias := jellyfishtest.RunBalancer(t, "alias.test:5002", server)
				s := &scene{T: t, server: server, client: clientOf(t, server.Address(), server.HTTPClient())}
				s.notifier = notifierOf(t, server.Address(), server.HTTPClient())
				s.addPeer(s.create(rooms.RoomConfig{}))
				var log bytes.Buffer
				view, _ := s.start(watch.Config{
					Nodes: []string{server.Address(), alias.Address()}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				})
				time.Sleep(time.Minute)
				nodes := view.Nodes()
				if nodes[0].Err != nil || !errors.Is(nodes[1].Err, watch.ErrSameServer) || nodes[1].StaleSince.IsZero() {
					t.Errorf("the nodes are %+v", nodes)
				}
				if n := strings.Count(log.String(), "named already"); n != 1 {
					t.Errorf("the log says so %d times", n)
				}
				before := view.Stats().Lists
				time.Sleep(time.Hour)
				if n := view.Stats().Lists - before; n > 2*15 {
					t.Errorf("%d lists in an hour", n)
				}
				s.must(view.SetNodes([]string{alias.Address()}))
				synctest.Wait()
				if nodes := view.Nodes(); len(nodes) != 1 || nodes[0].Err != nil || view.Rooms().Len() != 1 {
					t.Errorf("%d rooms, the nodes are %+v", view.Rooms().Len(), nodes)
				}
			})
		})
	}
}

// A refused token is tried again once, with a fresh one, and ends the view when
// every node refuses it.
func TestP12RefusedToken(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		var token atomic.Pointer[string]
		set := func(s string) { token.Store(&s) }
		set(jellyfishtest.Token)
		client, err := rooms.New(rooms.Config{
			ServerAddress: c.nodes[0].Address(), HTTPClient: &http.Client{Transport: c},
			TokenSource: func(context.Context) (string, error) { return *token.Load(), nil },
		})
		c.must(err)
		c.client = client
		c.create(rooms.RoomConfig{})
		view, _ := c.start(watch.Config{Nodes: addressesOf(c.nodes), ListInterval: time.Minute})

		c.nodes[1].SetToken("another")
		time.Sleep(2 * time.Minute)
		if n := view.Nodes()[1]; !errors.Is(n.Err, rooms.ErrUnauthorized) || n.StaleSince.IsZero() {
			c.Errorf("the node that refuses is %+v", n)
		}
		calls := len(c.nodes[1].Calls())
		time.Sleep(10 * time.Minute)
		if n := len(c.nodes[1].Calls()) - calls; n < 5 || n > 25 {
			c.Errorf("%d calls in 10 minutes to one that refuses", n)
		}
		c.nodes[1].SetToken(jellyfishtest.Token)
		time.Sleep(2 * time.Minute)
		if n := view.Nodes()[1]; n.Err != nil {
			c.Errorf("the node accepts the token again, and is %+v", n)
		}
		c.name("node-0.test:5002", nil)
		set("wrong")
		time.Sleep(10 * time.Minute)
		if view.Err() != nil {
			c.Errorf("the view has ended though a node is unreachable: %v", view.Err())
		}
		c.name("node-0.test:5002", c.nodes[0])
		time.Sleep(5 * time.Minute)
		if err := view.Err(); !errors.Is(err, rooms.ErrUnauthorized) {
			c.Errorf("the view has ended with %v", err)
		}
	})
}

// A token that became invalid doesn't end the view if there is a fresh one.
func TestP12FreshToken(t *testing.T) {
	inScene(t, func(s *scene) {
		asked := 0
		client, err := rooms.New(rooms.Config{
			ServerAddress: s.server.Address(), HTTPClient: s.server.HTTPClient(),
			TokenSource: func(context.Context) (string, error) {
				if asked++; asked == 1 {
					return "stale", nil
				}
				return jellyfishtest.Token, nil
			},
		})
		s.must(err)
		view, err := watch.Start(s.Context(), client, s.notifier, watch.Config{})
		s.must(err)
		s.must(view.WaitSynced(s.Context()))
		if nodes := view.Nodes(); nodes[0].Err != nil {
			s.Errorf("the node is %+v", nodes[0])
		}
		client.CloseIdleConnections()
	})
}

// A node that asks for time gets it, whatever else would be a reason for a request.
func TestP12RetryAfterDelaysTheNextList(t *testing.T) {
	inScene(t, func(s *scene) {
		view, _ := s.start(watch.Config{})
		s.must(s.server.FailCalls(jellyfishtest.CallFault{Status: 503, Header: http.Header{"Retry-After": {"60"}}}))
		s.server.SendMessage([]byte{0xff})
		synctest.Wait()
		calls := len(s.server.Calls())
		for range 55 {
			time.Sleep(time.Second)
			s.server.SendMessage([]byte{0xff})
			s.must(s.server.Send(decode.RoomCreated{RoomID: "unknown"}))
		}
		if n := len(s.server.Calls()) - calls; n != 0 {
			s.Errorf("%d calls within the time that the server asked for", n)
		}
		s.must(s.server.FailCalls())
		time.Sleep(25 * time.Second)
		if n := view.Nodes()[0]; n.Err != nil || !n.StaleSince.IsZero() {
			s.Errorf("after that the node is %+v", n)
		}
	})
}

// While Gaps keep coming, lists are paced: the first is requested at once, and in the
// end no node is stale.
func TestP12ListsArePaced(t *testing.T) {
	inScene(t, func(s *scene) {
		view, _ := s.start(watch.Config{})
		before := view.Stats().Lists
		s.server.SendMessage([]byte{0xff})
		synctest.Wait()
		if n := view.Stats().Lists - before; n != 1 {
			s.Fatalf("%d lists after the first Gap", n)
		}
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
			s.server.SendMessage([]byte{0xff})
		}
		if n := view.Stats().Lists - before; n < 3 || n > 20 {
			s.Errorf("%d lists in 2 s of Gaps", n)
		}
		for range 600 {
			s.server.SendMessage([]byte{0xff})
			time.Sleep(time.Second)
		}
		if n := view.Stats().Lists - before; n > 70 {
			s.Errorf("%d lists in 10 minutes of Gaps", n)
		}
		time.Sleep(35 * time.Second)
		if n := view.Nodes()[0]; !n.StaleSince.IsZero() {
			s.Errorf("the node is %+v", n)
		}
		before = view.Stats().Lists
		s.server.SendMessage([]byte{0xff})
		synctest.Wait()
		if n := view.Stats().Lists - before; n != 1 {
			s.Errorf("%d lists after a Gap in the calm", n)
		}
	})
}
