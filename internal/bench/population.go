package main

import (
	"context"
	"math/rand/v2"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// population is the peers on a server, in a random order.
type population struct {
	server *jellyfishtest.Server
	peers  []inhabitant
	next   int // The one that changes next.
}

// inhabitant is one of them.
type inhabitant struct {
	room, id  string
	connected bool
}

// profile is what each peer says of itself.
const profile decode.Metadata = `{"name":"Ada Lovelace"}`

// atOnce is how many requests the rooms are made with at a time.
const atOnce = 8

// populate makes rooms with as many peers each.
func populate(server *jellyfishtest.Server, roomCount, perRoom int) (*population, error) {
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
		HTTPClient:     &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}},
	})
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
	// The server goes through all peers for each new room, so that they come last.
	peers, err := gather(roomCount*perRoom, func(ctx context.Context, i int) (inhabitant, error) {
		room := ids[i/perRoom]
		added, err := client.AddPeer(ctx, room, rooms.PeerOptions{})
		return inhabitant{room: room, id: added.Peer.ID}, err
	})
	if err != nil {
		return nil, err
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
	p := &population{server: server, peers: peers}
	return p, p.mix()
}

// mix has all peers connect, and every other one disconnect again. From then on
// those who come and those who go alternate.
func (p *population) mix() error {
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

// gather returns what a function makes of each number below n.
func gather[T any](n int, get func(ctx context.Context, i int) (T, error)) ([]T, error) {
	all := make([]T, n)
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(atOnce)
	for i := range all {
		group.Go(func() (err error) {
			all[i], err = get(ctx, i)
			return err
		})
	}
	return all, group.Wait()
}

// change makes n peers connect or disconnect, each another one as long as there
// are enough.
func (p *population) change(n int) error {
	for range n {
		if err := p.peers[p.next].change(p.server); err != nil {
			return err
		}
		p.next = (p.next + 1) % len(p.peers)
	}
	return nil
}

func (i *inhabitant) change(server *jellyfishtest.Server) error {
	i.connected = !i.connected
	if i.connected {
		return server.ConnectPeer(i.room, i.id, profile)
	}
	return server.DisconnectPeer(i.room, i.id)
}
