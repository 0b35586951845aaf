// Example runs two bridges and four workers on a NATS server and a Jellyfish server of
// its own, kills the bridge that leads, and prints what each worker got.
//
//	go -C plugin/jetstream run ./example
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := demonstrate
	if len(os.Args) == 4 && os.Args[1] == "bridge" { // The program starts itself so.
		run = func(ctx context.Context) error { return bridge(ctx, os.Args[2], os.Args[3]) }
	}
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

const (
	roomCount = 10
	peerCount = 5 // In each room, before the leader is killed and after it.
)

func demonstrate(ctx context.Context) error {
	nats, err := startNATS()
	if err != nil {
		return err
	}
	defer os.RemoveAll(nats.StoreDir())
	defer nats.Shutdown()
	jellyfish, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		return err
	}
	defer jellyfish.Close()

	bridges, err := startBridges(ctx, 2, nats.ClientURL(), jellyfish.Address())
	if err != nil {
		return err
	}
	defer bridges.stop()
	crew, err := startCrew(ctx, 4, nats.ClientURL())
	if err != nil {
		return err
	}
	defer crew.stop()

	leader, err := bridges.awaitLeader(ctx)
	if err != nil {
		return err
	}
	if err := bridges.awaitReady(ctx); err != nil {
		return err
	}
	if err := announce(jellyfish, "before"); err != nil {
		return err
	}
	fmt.Printf("bridge %d is killed\n", leader)
	if err := bridges.kill(leader); err != nil {
		return err
	}
	if err := announce(jellyfish, "after"); err != nil {
		return err
	}
	if _, err := bridges.awaitLeader(ctx); err != nil {
		return err
	}
	return crew.report(ctx, 2*roomCount*peerCount)
}

// startNATS starts a server whose store is a directory of its own.
func startNATS() (*server.Server, error) {
	dir, err := os.MkdirTemp("", "jellyfish-jetstream-")
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir,
		SyncAlways: true, NoLog: true, NoSigs: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return nil, fmt.Errorf("the NATS server doesn't start")
	}
	fmt.Println("a NATS server and a Jellyfish server run")
	return s, nil
}

// announce has peers connect in every room.
func announce(jellyfish *jellyfishtest.Server, when string) error {
	for peer := range peerCount {
		for room := range roomCount {
			err := jellyfish.Send(decode.PeerConnected{
				RoomID: fmt.Sprintf("room-%d", room), PeerID: fmt.Sprintf("%s-%d", when, peer),
			})
			if err != nil {
				return err
			}
		}
	}
	fmt.Printf("%d peers have connected in %d rooms\n", roomCount*peerCount, roomCount)
	return nil
}
