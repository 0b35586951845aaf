package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// StartFishjam creates a view of the rooms and livestreams of hosted Fishjam; the
// context is its lifetime. It is like [Start], except that there are no nodes:
// [Config].Nodes must be empty, [View.SetNodes] is refused, and no health checks are
// made. The source must receive the notifications of the same Fishjam, such as a
// [*stream.Notifier] with its id.
func StartFishjam(ctx context.Context, client *fishjam.Client, source stream.Source, cfg Config) (*View, error) {
	return startFishjam(ctx, client, source, cfg, defaultLimits())
}

func startFishjam(ctx context.Context, client *fishjam.Client, source stream.Source, cfg Config, limits limits) (*View, error) {
	if client == nil {
		return nil, input.New("client", "must not be nil")
	}
	if len(cfg.Nodes) > 0 {
		return nil, errNoNodes()
	}
	return (&View{limits: limits}).start(ctx, []server{cloud{client}}, source, cfg)
}

func errNoNodes() error { return input.New("Nodes", "hosted Fishjam has no nodes to be named") }

// cloud is hosted Fishjam.
type cloud struct{ *fishjam.Client }

// list merges the list of rooms, which has livestreams too, with that of livestreams,
// which has their streamers and viewers.
func (c cloud) list(ctx context.Context) ([]*room, error) {
	streams, err := c.ListLivestreams(ctx)
	if err != nil {
		return nil, err
	}
	list, err := c.ListRooms(ctx)
	if err != nil {
		return nil, err
	}
	now, byID := time.Now(), make(map[string]*room, len(list)+len(streams))
	var listed []*room
	add := func(r *room) {
		if byID[r.id] == nil {
			byID[r.id] = r
			listed = append(listed, r)
		}
	}
	for _, r := range list {
		add(c.room(r, now))
	}
	for _, s := range streams {
		add(c.livestream(s, now))
		byID[s.ID].addStream(s, now)
	}
	return listed, nil
}

// get also asks for the livestream, unless there is a room of another type. The two
// should agree; if they don't, what there is counts.
func (c cloud) get(ctx context.Context, id string) (*room, error) {
	r, err := c.GetRoom(ctx, id)
	isRoom := err == nil
	if err != nil && !errors.Is(err, fishjam.ErrRoomNotFound) {
		return nil, err
	}
	if isRoom && !r.Config.Type.Livestream() {
		return c.room(r, time.Now()), nil
	}
	s, streamErr := c.GetLivestream(ctx, id)
	isStream := streamErr == nil
	if streamErr != nil && !errors.Is(streamErr, fishjam.ErrStreamNotFound) {
		return nil, streamErr
	}
	if !isRoom && !isStream {
		return nil, err
	}
	now := time.Now()
	got := c.livestream(s, now)
	if isRoom {
		got = c.room(r, now)
	}
	got.addStream(s, now)
	return got, nil
}

func (c cloud) room(r fishjam.Room, now time.Time) *room {
	listed := newRoom(r.ID, c.Address(), now)
	listed.config = rooms.RoomConfig{VideoCodec: r.Config.VideoCodec, WebhookURL: r.Config.WebhookURL}
	if r.Config.MaxPeers > 0 {
		listed.config.MaxPeers = rooms.Ptr(r.Config.MaxPeers)
	}
	listed.hosted = &hosted{kind: r.Config.Type, public: r.Config.Public, batchWebhooks: r.Config.BatchWebhookNotifications}
	if c := r.Composition; c != nil {
		slices.SortFunc(c.Forwardings, compareForwardings)
		listed.hosted.composition = c
	}
	for _, p := range r.Peers {
		listed.peers = append(listed.peers, newPeer(Peer{
			Peer:          rooms.Peer{ID: p.ID, Type: string(p.Type), Status: p.Status, Tracks: p.Tracks, Metadata: p.Metadata},
			SubscribeMode: p.SubscribeMode,
			Subscriptions: fishjam.Subscriptions{
				Peers:  slices.Sorted(slices.Values(p.Subscriptions.Peers)),
				Tracks: slices.Sorted(slices.Values(p.Subscriptions.Tracks)),
			},
		}, now))
	}
	listed.peers = listed.peers.sorted()
	return listed
}

// livestream returns a livestream as the room that it is.
func (c cloud) livestream(s fishjam.Livestream, now time.Time) *room {
	kind := fishjam.RoomLivestream
	if s.AudioOnly {
		kind = fishjam.RoomAudioOnlyLivestream
	}
	return c.room(fishjam.Room{ID: s.ID, Config: fishjam.RoomConfig{Type: kind, Public: s.Public}}, now)
}

// addStream adds streamers and viewers.
func (r *room) addStream(s fishjam.Livestream, now time.Time) {
	for _, streamer := range s.Streamers {
		self := Streamer{ID: streamer.ID, Status: streamer.Status, Token: streamer.Token}
		if self.Status == rooms.StatusConnected {
			self.ConnectedAt = now
		}
		r.streamers = append(r.streamers, newMember(self.ID, self, nil))
	}
	for _, viewer := range s.Viewers {
		r.viewers = append(r.viewers, newMember(viewer.ID, Viewer{ID: viewer.ID, Token: viewer.Token}, nil))
	}
	r.streamers, r.viewers = r.streamers.sorted(), r.viewers.sorted()
}
