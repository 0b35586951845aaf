package server

import (
	"context"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// Room is a room of either kind of server.
type Room struct {
	rooms.Room
	// Type is that of a room of hosted Fishjam, empty on other servers.
	Type fishjam.RoomType
	// Streamers and Viewers are those of a livestream.
	Streamers []fishjam.Streamer
	Viewers   []fishjam.Viewer
}

// Caller calls a node of Jellyfish, or hosted Fishjam.
type Caller interface {
	Address() string
	List(ctx context.Context) ([]Room, error)
	Get(ctx context.Context, roomID string) (Room, error)
	Create(ctx context.Context, config rooms.RoomConfig) (rooms.Created, error)
	Delete(ctx context.Context, roomID string) error
	AddPeer(ctx context.Context, roomID string, options rooms.PeerOptions) (rooms.AddedPeer, error)
	DeletePeer(ctx context.Context, roomID, peerID string) error
	AddComponent(ctx context.Context, roomID string, options rooms.ComponentOptions) (rooms.Component, error)
	DeleteComponent(ctx context.Context, roomID, componentID string) error
}

// node is a node of Jellyfish.
type node struct{ *rooms.Client }

func (n node) List(ctx context.Context) ([]Room, error) {
	list, err := n.Client.List(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Room, len(list))
	for i, r := range list {
		all[i] = Room{Room: r}
	}
	return all, nil
}

func (n node) Get(ctx context.Context, id string) (Room, error) {
	r, err := n.Client.Get(ctx, id)
	return Room{Room: r}, err
}

// hosted is hosted Fishjam.
type hosted struct{ client *fishjam.Client }

func (h hosted) Address() string { return h.client.Address() }

func (h hosted) List(ctx context.Context) ([]Room, error) {
	list, err := h.client.ListRooms(ctx)
	if err != nil {
		return nil, err
	}
	streams, err := h.client.ListLivestreams(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]fishjam.Livestream, len(streams))
	for _, s := range streams {
		byID[s.ID] = s
	}
	all := make([]Room, len(list))
	for i, r := range list {
		all[i] = room(r, byID[r.ID])
	}
	return all, nil
}

func (h hosted) Get(ctx context.Context, id string) (Room, error) {
	r, err := h.client.GetRoom(ctx, id)
	if err != nil || !r.Config.Type.Livestream() {
		return room(r, fishjam.Livestream{}), err
	}
	stream, err := h.client.GetLivestream(ctx, id)
	return room(r, stream), err
}

// room returns a room of hosted Fishjam.
func room(r fishjam.Room, stream fishjam.Livestream) Room {
	as := Room{Type: r.Config.Type, Streamers: stream.Streamers, Viewers: stream.Viewers}
	as.ID, as.Problems = r.ID, r.Problems
	as.Config = rooms.RoomConfig{VideoCodec: r.Config.VideoCodec, WebhookURL: r.Config.WebhookURL}
	if r.Config.MaxPeers > 0 {
		as.Config.MaxPeers = &r.Config.MaxPeers
	}
	for _, p := range r.Peers {
		as.Peers = append(as.Peers, peer(p))
	}
	return as
}

func peer(p fishjam.Peer) rooms.Peer {
	return rooms.Peer{ID: p.ID, Type: string(p.Type), Status: p.Status, Tracks: p.Tracks, Metadata: p.Metadata}
}

func (h hosted) Create(ctx context.Context, config rooms.RoomConfig) (rooms.Created, error) {
	switch {
	case config.RoomID != "":
		return rooms.Created{}, failure.Usagef("hosted Fishjam makes the ids of rooms: give none")
	case config.PeerlessPurgeTimeout != 0 || config.PeerDisconnectedTimeout != 0:
		return rooms.Created{}, failure.Usagef("hosted Fishjam has no --purge-after and no --remove-peers-after")
	}
	sent := fishjam.RoomConfig{VideoCodec: config.VideoCodec, WebhookURL: config.WebhookURL}
	if config.MaxPeers != nil {
		sent.MaxPeers = *config.MaxPeers
	}
	created, err := h.client.CreateRoom(ctx, sent)
	if err != nil {
		return rooms.Created{}, err
	}
	return rooms.Created{Room: room(created, fishjam.Livestream{}).Room, Address: h.Address()}, nil
}

func (h hosted) Delete(ctx context.Context, id string) error { return h.client.DeleteRoom(ctx, id) }

func (h hosted) AddPeer(ctx context.Context, id string, options rooms.PeerOptions) (rooms.AddedPeer, error) {
	if options.DisableSimulcast {
		return rooms.AddedPeer{}, failure.Usagef("hosted Fishjam has no --no-simulcast")
	}
	added, err := h.client.AddPeer(ctx, id, fishjam.WebRTCOptions{})
	if err != nil {
		return rooms.AddedPeer{}, err
	}
	return rooms.AddedPeer{Peer: peer(added.Peer), Token: added.Token, WebSocketURL: added.WebSocketURL}, nil
}

func (h hosted) DeletePeer(ctx context.Context, roomID, peerID string) error {
	return h.client.DeletePeer(ctx, roomID, peerID)
}

var errNoComponents = failure.Usagef("hosted Fishjam has no components")

func (hosted) AddComponent(context.Context, string, rooms.ComponentOptions) (rooms.Component, error) {
	return rooms.Component{}, errNoComponents
}

func (hosted) DeleteComponent(context.Context, string, string) error { return errNoComponents }
