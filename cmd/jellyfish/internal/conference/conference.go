// Package conference is a conference on a test server that goes on for ever: rooms
// open and close, peers come, talk and go, and now and then something breaks.
package conference

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// beat is about how long it takes until the next thing happens.
const beat = 600 * time.Millisecond

// outage is after how many beats the clients' connections are cut.
const outage = 40

// What the rooms are called, and who is in them.
var (
	roomNames = []string{"standup", "webinar", "design-review", "support-4711", "all-hands", "interview-2", "retro", "lecture-hall"}
	people    = []string{"Ada", "Alan", "Barbara", "Bob", "Carol", "Dennis", "Edsger", "Frances", "Grace", "Hedy", "Joan", "Ken", "Linus", "Margaret", "Radia", "Tim"}
)

// Conference is what happens on a server.
type Conference struct {
	server *jellyfishtest.Server
	client *rooms.Client
	chance *rand.Rand
	rooms  []*room
	beats  int
	seated int // How many people have been given a name.
}

type room struct {
	id    string
	peers []*peer
	limit int
}

type peer struct {
	id, name  string
	connected bool
	tracks    []decode.Track
}

// New returns a conference, each time the same one. The token is the server's.
func New(server *jellyfishtest.Server, token rooms.Secret) (*Conference, error) {
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: token,
		HTTPClient:     server.HTTPClient(),
	})
	if err != nil {
		return nil, fmt.Errorf("conference: %w", err)
	}
	return &Conference{server: server, client: client, chance: rand.New(rand.NewPCG(5002, 1))}, nil
}

// Open has the first rooms and the first people there.
func (c *Conference) Open(ctx context.Context) error {
	for _, seats := range []int{6, 3, 2, 1} {
		r, err := c.openRoom(ctx)
		if err != nil {
			return fmt.Errorf("conference: %w", err)
		}
		for range seats {
			if err := errors.Join(c.add(ctx, r), c.connect(r), c.publish(r), c.publish(r)); err != nil {
				return fmt.Errorf("conference: %w", err)
			}
		}
	}
	_, err := c.client.AddComponent(ctx, c.rooms[1].id, rooms.FileOptions{FilePath: "video.h264"})
	return err
}

// Play has the conference go on until the context ends. What somebody else has
// changed meanwhile, such as a room that was deleted, doesn't end it.
func (c *Conference) Play(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, beat/2+time.Duration(c.chance.Int64N(int64(beat))))
		if ctx.Err() != nil {
			return
		}
		if err := c.step(ctx); err != nil {
			c.settle(ctx)
		}
	}
}

// step is the next thing that happens.
func (c *Conference) step(ctx context.Context) error {
	c.beats++
	if c.beats%outage == 0 {
		return c.cut(ctx)
	}
	if len(c.rooms) < 3 || len(c.rooms) < len(roomNames) && c.chance.IntN(12) == 0 {
		_, err := c.openRoom(ctx)
		return err
	}
	r := c.rooms[c.chance.IntN(len(c.rooms))]
	switch dice := c.chance.IntN(100); {
	case dice < 30 && len(r.peers) < r.limit:
		return errors.Join(c.add(ctx, r), c.connect(r))
	case dice < 55:
		return c.publish(r)
	case dice < 75:
		return c.mute(r)
	case dice < 82:
		return c.disconnect(r)
	case dice < 90:
		return c.remove(ctx, r)
	case dice < 93:
		return c.crash(r)
	case dice < 95 && len(c.rooms) > 3:
		return c.closeRoom(ctx, r)
	}
	return c.connect(r)
}

// settle forgets what isn't there any more.
func (c *Conference) settle(ctx context.Context) {
	list, err := c.client.List(ctx)
	if err != nil {
		return
	}
	c.rooms = slices.DeleteFunc(c.rooms, func(r *room) bool {
		at := slices.IndexFunc(list, func(l rooms.Room) bool { return l.ID == r.id })
		if at < 0 {
			return true
		}
		r.peers = slices.DeleteFunc(r.peers, func(p *peer) bool {
			return !slices.ContainsFunc(list[at].Peers, func(l rooms.Peer) bool { return l.ID == p.id })
		})
		return false
	})
}

// cut cuts all connections. What happens before the clients are back is lost to
// them, as with a real server.
func (c *Conference) cut(ctx context.Context) error {
	c.server.Cut(jellyfishtest.CutClean)
	c.client.CloseIdleConnections()
	return c.remove(ctx, c.rooms[0])
}

func (c *Conference) openRoom(ctx context.Context) (*room, error) {
	name := roomNames[slices.IndexFunc(roomNames, func(name string) bool {
		return !slices.ContainsFunc(c.rooms, func(r *room) bool { return r.id == name })
	})]
	r := &room{id: name, limit: 4 + c.chance.IntN(9)}
	config := rooms.RoomConfig{RoomID: name, MaxPeers: rooms.Ptr(r.limit), VideoCodec: rooms.VideoCodecH264}
	if _, err := c.client.Create(ctx, config); err != nil && !errors.Is(err, rooms.ErrAlreadyExists) {
		return nil, err
	}
	c.rooms = append(c.rooms, r)
	return r, nil
}

func (c *Conference) closeRoom(ctx context.Context, r *room) error {
	c.rooms = slices.DeleteFunc(c.rooms, func(o *room) bool { return o == r })
	return c.client.Delete(ctx, r.id)
}

func (c *Conference) add(ctx context.Context, r *room) error {
	added, err := c.client.AddPeer(ctx, r.id, rooms.PeerOptions{})
	if err != nil {
		return err
	}
	r.peers = append(r.peers, &peer{id: added.Peer.ID, name: people[c.seated%len(people)]})
	c.seated++
	return nil
}

// pick returns a peer of the room that is wanted, or nil.
func (c *Conference) pick(r *room, wanted func(*peer) bool) *peer {
	var there []*peer
	for _, p := range r.peers {
		if wanted(p) {
			there = append(there, p)
		}
	}
	if len(there) == 0 {
		return nil
	}
	return there[c.chance.IntN(len(there))]
}

func (c *Conference) connect(r *room) error {
	p := c.pick(r, func(p *peer) bool { return !p.connected })
	if p == nil {
		return nil
	}
	p.connected = true
	return c.server.ConnectPeer(r.id, p.id, decode.Metadata(fmt.Sprintf(`{"name":%q}`, p.name)))
}

func (c *Conference) disconnect(r *room) error {
	p := c.pick(r, func(p *peer) bool { return p.connected })
	if p == nil {
		return nil
	}
	p.connected, p.tracks = false, nil
	return c.server.DisconnectPeer(r.id, p.id)
}

// publish has somebody switch on the microphone, and then the camera.
func (c *Conference) publish(r *room) error {
	p := c.pick(r, func(p *peer) bool { return p.connected && len(p.tracks) < 2 })
	if p == nil {
		return nil
	}
	kind := [...]decode.TrackType{decode.TrackTypeAudio, decode.TrackTypeVideo}[len(p.tracks)]
	track := decode.Track{ID: p.id + ":" + kind.String(), Type: kind, Metadata: `{"active":true}`}
	p.tracks = append(p.tracks, track)
	return c.server.AddTrack(r.id, p.id, track)
}

func (c *Conference) mute(r *room) error {
	p := c.pick(r, func(p *peer) bool { return len(p.tracks) > 0 })
	if p == nil {
		return nil
	}
	track := &p.tracks[0]
	if track.Metadata == `{"active":true}` {
		track.Metadata = `{"active":false}`
	} else {
		track.Metadata = `{"active":true}`
	}
	return c.server.UpdateTrack(r.id, p.id, track.ID, track.Metadata)
}

func (c *Conference) take(r *room) *peer {
	p := c.pick(r, func(*peer) bool { return true })
	r.peers = slices.DeleteFunc(r.peers, func(o *peer) bool { return o == p })
	return p
}

func (c *Conference) remove(ctx context.Context, r *room) error {
	if p := c.take(r); p != nil {
		return c.client.DeletePeer(ctx, r.id, p.id)
	}
	return nil
}

func (c *Conference) crash(r *room) error {
	if p := c.take(r); p != nil {
		return c.server.CrashPeer(r.id, p.id, "unsupported codec")
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
