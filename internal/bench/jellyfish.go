package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// jellyfish is the child process that runs a Jellyfish server with rooms.
type jellyfish struct {
	*child
	address string
}

// startJellyfish returns when the rooms have their peers.
func startJellyfish(rooms, peers int) (*jellyfish, error) {
	process, address, err := startChild(jellyfishRole, strconv.Itoa(rooms), strconv.Itoa(peers))
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	return &jellyfish{process, address}, nil
}

// change makes n different peers connect or disconnect, one after the other.
func (j *jellyfish) change(n int) error { return j.command("change %d", n) }

// outage makes the server cut all connections, and changes n peers before the server
// accepts another one.
func (j *jellyfish) outage(n int) error { return j.command("outage %d", n) }

// roomServer is the code of that child: a server, and its peers in random order.
type roomServer struct {
	server *jellyfishtest.Server
	peers  []changingPeer
	next   int // The peer to change next.
}

// changingPeer is a peer that connects and disconnects.
type changingPeer struct {
	room, id  string
	connected bool
}

// serveRooms is the server's process, until the parent has gone or ends it: it has a
// number of rooms, with a number of peers each.
func serveRooms(args []string, commands io.Reader, answers io.Writer) error {
	n, err := numbers(args, 2)
	if err != nil {
		return err
	}
	if n[0] < 1 || n[1] < 1 {
		return errors.New("rooms and peers must be at least 1")
	}
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		return err
	}
	defer server.Close()
	p, err := populate(server, n[0], n[1])
	if err != nil {
		return err
	}
	fmt.Fprintln(answers, server.Address())
	return eachCommand(commands, p.handle)
}

// handle carries out one command.
func (p *roomServer) handle(command string, args []string) error {
	n, err := numbers(args, 1)
	if err != nil {
		return err
	}
	switch command {
	case "change":
		return p.change(n[0])
	case "outage":
		return p.outage(n[0])
	}
	return errors.New("unknown command")
}

// change makes n peers connect or disconnect, each a different one as long as there are
// enough.
func (p *roomServer) change(n int) error {
	for range n {
		if err := p.peers[p.next].change(p.server); err != nil {
			return err
		}
		p.next = (p.next + 1) % len(p.peers)
	}
	return nil
}

func (p *roomServer) outage(n int) error {
	p.server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
	defer p.server.AnswerUpgrade(0, nil)
	p.server.Cut(jellyfishtest.CutClean)
	return p.change(n)
}

// profile is every peer's metadata.
const profile decode.Metadata = `{"name":"Ada Lovelace"}`

func (i *changingPeer) change(server *jellyfishtest.Server) error {
	i.connected = !i.connected
	if i.connected {
		return server.ConnectPeer(i.room, i.id, profile)
	}
	return server.DisconnectPeer(i.room, i.id)
}

// concurrency is how many requests that create rooms are made at a time.
const concurrency = 8

// populate creates rooms with as many peers each.
func populate(server *jellyfishtest.Server, roomCount, perRoom int) (*roomServer, error) {
	cfg := roomsConfig(server.Address())
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
	client, err := rooms.New(cfg)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	ids, err := gather(roomCount, func(ctx context.Context, _ int) (string, error) {
		created, err := client.Create(ctx, rooms.RoomConfig{})
		return created.Room.ID, err
	})
	if err != nil {
		return nil, err
	}
	// The server goes through all peers for each new room, so peers are added last.
	peers, err := gather(roomCount*perRoom, func(ctx context.Context, i int) (changingPeer, error) {
		room := ids[i/perRoom]
		added, err := client.AddPeer(ctx, room, rooms.PeerOptions{})
		return changingPeer{room: room, id: added.Peer.ID}, err
	})
	if err != nil {
		return nil, err
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
	p := &roomServer{server: server, peers: peers}
	return p, p.mix()
}

// gather returns the results of a function for each number below n.
func gather[T any](n int, get func(ctx context.Context, i int) (T, error)) ([]T, error) {
	all := make([]T, n)
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(concurrency)
	for i := range all {
		group.Go(func() (err error) {
			all[i], err = get(ctx, i)
			return err
		})
	}
	return all, group.Wait()
}

// mix connects all peers, and disconnects every other one again. From then on connects
// and disconnects alternate.
func (p *roomServer) mix() error {
	if err := p.change(len(p.peers)); err != nil {
		return err
	}
	for i := 1; i < len(p.peers); i += 2 {
		if err := p.peers[i].change(p.server); err != nil {
			return err
		}
	}
	return nil
}
