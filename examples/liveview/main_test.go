package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	p := program.Start(t, run)
	for _, text := range []string{
		"rooms: 0, nodes: 1",
		"room lobby appeared",
		"joined room standup as number 1",
		"joined room standup as number 2",
		"room standup is gone: room_deleted",
	} {
		p.Next(t, text)
	}
	if _, err := p.End(); err != nil {
		t.Errorf("run: %v", err)
	}
}

// newClient returns a client for a server that is reached by its own HTTP client.
func newClient(t *testing.T, server *jellyfishtest.Server) *rooms.Client {
	t.Helper()
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// A room that ends while the connection is lost is detected, here on a node that was
// found by its name.
func TestOutage(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	client := newClient(t, server)
	if _, err := client.Create(t.Context(), rooms.RoomConfig{RoomID: "lobby"}); err != nil {
		t.Fatal(err)
	}
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token, "-nodes", server.Address())
	p.Next(t, "rooms: 1, nodes: 1")
	p.Next(t, "room lobby appeared")
	server.AnswerUpgrade(503, nil)
	server.Cut(jellyfishtest.CutClean)
	if err := server.CrashRoom("lobby"); err != nil {
		t.Fatal(err)
	}
	server.AnswerUpgrade(0, nil)
	p.Next(t, "room lobby ended unseen")
	p.Signal()
	if _, err := p.End(); !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v, want context.Canceled", err)
	}
}

func TestLookUp(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"127.0.0.1:5002": "127.0.0.1:5002", "[::1]:80": "[::1]:80", "localhost:5002": "127.0.0.1:5002"} {
		if nodes, err := lookUp(t.Context(), name); err != nil || !slices.Contains(nodes, want) {
			t.Errorf("%s leads to %q, error %v", name, nodes, err)
		}
	}
	for _, name := range []string{"localhost", "a:b:c", ""} {
		if nodes, err := lookUp(t.Context(), name); err == nil {
			t.Errorf("%s leads to %q", name, nodes)
		}
	}
}

// A node that DNS no longer returns is gone from the view after a while, and a new one
// appears.
func TestKeepNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := new(jellyfishtest.Cluster)
		first := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Cluster: cluster, Address: "127.0.0.1:5001"})
		second := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Cluster: cluster, Address: "127.0.0.1:5002"})
		notifier, err := stream.Open(t.Context(), stream.Config{
			ServerAddress:  first.Address(),
			ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
			HTTPClient:     first.HTTPClient(),
		})
		if err != nil {
			t.Fatal(err)
		}
		view, err := watch.Start(t.Context(), newClient(t, first), notifier, watch.Config{Nodes: []string{first.Address()}})
		if err != nil {
			t.Fatal(err)
		}
		go keepNodes(t.Context(), view, second.Address())
		time.Sleep(interval - time.Second)
		if nodes := view.Nodes(); len(nodes) != 1 || nodes[0].Address != first.Address() {
			t.Errorf("the nodes are %v", nodes)
		}
		time.Sleep(2 * time.Second)
		if nodes := view.Nodes(); len(nodes) != 1 || nodes[0].Address != second.Address() || nodes[0].Err != nil {
			t.Errorf("the nodes are %v", nodes)
		}
		notifier.Close()
		<-view.Done()
		synctest.Wait() // keepNodes ends with the view.
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	for args, want := range map[string]string{
		"-token secret": "refused the token",
		"-token " + jellyfishtest.Token + " -nodes localhost": "missing port",
	} {
		_, err := program.Start(t, run, append([]string{"-addr", server.Address()}, strings.Fields(args)...)...).End()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want one with %q", args, err, want)
		}
	}
}
