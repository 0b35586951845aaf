package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Streamer sends a livestream of hosted Fishjam.
type Streamer struct {
	ID     string
	Status rooms.PeerStatus
	// Token lets the streamer publish by WHIP. It is zero until a lookup has found the
	// streamer.
	Token rooms.Secret
	// ConnectedAt is when the view saw the streamer connect, or first saw it connected;
	// zero while it is disconnected.
	ConnectedAt time.Time
}

// Viewer watches a livestream of hosted Fishjam.
type Viewer struct {
	ID string
	// Token lets the viewer watch by WHEP. It is zero until a lookup has found the
	// viewer, and for one that isn't listed.
	Token rooms.Secret
	// ConnectedAt is when the view saw the viewer connect. It is zero if the viewer
	// isn't known to be connected: a list doesn't say that, so that it is unknown at
	// first, and again after a [stream.Gap].
	ConnectedAt time.Time
}

// StreamerChange is a streamer that appeared, that changed its status, or that is gone.
type StreamerChange struct {
	ChangeInfo
	// Before is nil if the streamer appeared, After if it is gone.
	Before, After *Streamer
}

// String describes the change on one line.
func (c StreamerChange) String() string {
	text := fmt.Sprintf("%v: streamer %s %s", c.ChangeInfo, cmp.Or(c.After, c.Before).ID, verb(c.Before, c.After))
	if c.After != nil {
		text += ", " + string(c.After.Status)
	}
	return text
}

// LogValue returns the line that describes the change.
func (c StreamerChange) LogValue() slog.Value { return slog.StringValue(c.String()) }

// ViewerChange is a viewer that appeared, that connected or disconnected, or that is
// gone.
type ViewerChange struct {
	ChangeInfo
	// Before is nil if the viewer appeared, After if it is gone.
	Before, After *Viewer
}

// String describes the change on one line.
func (c ViewerChange) String() string {
	return fmt.Sprintf("%v: viewer %s %s", c.ChangeInfo, cmp.Or(c.After, c.Before).ID, verb(c.Before, c.After))
}

// LogValue returns the line that describes the change.
func (c ViewerChange) LogValue() slog.Value { return slog.StringValue(c.String()) }

// roomOf returns the id of the room that a notification is about. For a livestream it
// is the stream's id.
func roomOf(n decode.Notification) (id string, ok bool) {
	switch n := n.(type) {
	case decode.StreamerConnected:
		return n.StreamID, true
	case decode.StreamerDisconnected:
		return n.StreamID, true
	case decode.ViewerConnected:
		return n.StreamID, true
	case decode.ViewerDisconnected:
		return n.StreamID, true
	}
	return decode.RoomOf(n)
}

// updateLivestream applies a notification about a streamer or viewer, and reports
// whether the room must be looked up.
func (r *room) updateLivestream(n decode.Notification, now time.Time) (again bool) {
	switch n := n.(type) {
	case decode.StreamerConnected:
		return r.setStreamer(n.StreamerID, rooms.StatusConnected, now)
	case decode.StreamerDisconnected:
		return r.setStreamer(n.StreamerID, rooms.StatusDisconnected, time.Time{})
	case decode.ViewerConnected:
		return r.setViewer(n.ViewerID, now)
	case decode.ViewerDisconnected:
		return r.setViewer(n.ViewerID, time.Time{})
	}
	return false
}

// setStreamer changes a streamer. An unknown one is looked up for its token, and one
// that disconnects because it may have been deleted.
func (r *room) setStreamer(id string, status rooms.PeerStatus, connectedAt time.Time) (again bool) {
	m := r.streamers.find(id)
	switch {
	case m == nil && status == rooms.StatusDisconnected:
		return false // It was deleted meanwhile.
	case m == nil:
		r.streamers = r.streamers.with(newMember(id, Streamer{ID: id, Status: status, ConnectedAt: connectedAt}, nil))
		return true
	case m.self.Status != status:
		changed := *m
		changed.self.Status, changed.self.ConnectedAt = status, connectedAt
		r.streamers = r.streamers.with(&changed)
	}
	return status == rooms.StatusDisconnected // It may have been deleted.
}

// setViewer notes that a viewer has connected, or, with the zero time, disconnected.
// Lookups are as with streamers.
func (r *room) setViewer(id string, connectedAt time.Time) (again bool) {
	m := r.viewers.find(id)
	switch {
	case m == nil && connectedAt.IsZero():
		return false // It was deleted meanwhile.
	case m == nil:
		r.viewers = r.viewers.with(newMember(id, Viewer{ID: id, ConnectedAt: connectedAt}, nil))
		return true
	case connectedAt.IsZero() && m.self.Token.IsZero():
		r.viewers = r.viewers.without(id) // It existed only while it was connected.
	case m.self.ConnectedAt.IsZero() != connectedAt.IsZero():
		changed := *m
		changed.self.ConnectedAt = connectedAt
		r.viewers = r.viewers.with(&changed)
	}
	return connectedAt.IsZero()
}

// setForwarding sets the tracks that are forwarded to an input of a composition.
func (r *room) setForwarding(n decode.TrackForwarding) {
	forwarding := fishjam.Forwarding{PeerID: n.PeerID, InputID: n.InputID, AudioTrackID: n.Audio.ID, VideoTrackID: n.Video.ID}
	forwardings := append(r.otherForwardings(n.InputID), forwarding)
	slices.SortFunc(forwardings, compareForwardings)
	r.setComposition(fishjam.Composition{URL: n.CompositionURL, Forwardings: forwardings})
}

// removeForwarding removes the tracks that are forwarded to an input.
func (r *room) removeForwarding(n decode.TrackForwardingRemoved) {
	if r.hosted.composition != nil {
		r.setComposition(fishjam.Composition{URL: r.hosted.composition.URL, Forwardings: r.otherForwardings(n.InputID)})
	}
}

func (r *room) otherForwardings(inputID string) []fishjam.Forwarding {
	if r.hosted.composition == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.hosted.composition.Forwardings), func(f fishjam.Forwarding) bool { return f.InputID == inputID })
}

func (r *room) setComposition(c fishjam.Composition) {
	if sameComposition(r.hosted.composition, &c) {
		return
	}
	changed := *r.hosted
	changed.composition = &c
	r.hosted = &changed
}

func compareForwardings(a, b fishjam.Forwarding) int {
	return cmp.Or(cmp.Compare(a.PeerID, b.PeerID), cmp.Compare(a.InputID, b.InputID))
}

func sameComposition(a, b *fishjam.Composition) bool {
	return a == b || a != nil && b != nil && a.URL == b.URL && slices.Equal(a.Forwardings, b.Forwardings)
}

// hosted is what a room of hosted Fishjam has in addition to one of a Jellyfish server.
// It is immutable.
type hosted struct {
	kind          fishjam.RoomType
	public        bool
	batchWebhooks bool
	composition   *fishjam.Composition
}

func sameHosted(a, b *hosted) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	return a.kind == b.kind && a.public == b.public && a.batchWebhooks == b.batchWebhooks && sameComposition(a.composition, b.composition)
}

func sameStreamer(a, b Streamer) bool {
	return a.Status == b.Status && a.Token.Equal(b.Token) && a.ConnectedAt.Equal(b.ConnectedAt)
}

func sameViewer(a, b Viewer) bool {
	return a.Token.Equal(b.Token) && a.ConnectedAt.Equal(b.ConnectedAt)
}

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

// list merges the list of rooms, which includes livestreams, with that of livestreams,
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

// get also requests the livestream, unless there is a room of another type. The two
// should agree; if they don't, the one that exists counts.
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

// livestream returns a livestream as a room.
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
