package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// cloudProgram makes things happen on a hosted Fishjam, and compares what a view of it
// has.
type cloudProgram struct {
	*testing.T
	random   *rand.Rand
	state    *cloudState
	server   *jellyfishtest.Server // Sends the notifications.
	webhooks bool
	line     *line
	client   *fishjam.Client
	view     *View
	interval time.Duration
	made     int
	outage   bool
	strict   bool // Nothing happens that isn't notified of.
	silent   bool // Such a thing happened: only a periodic list shows it.
	log      []string
}

// What hosted Fishjam notifies of and lists is in the view, through outages, failures
// and repeated webhook requests; the changes replayed from nothing are the view's state.
func TestProgramsOnHostedFishjam(t *testing.T) {
	for i, name := range []string{"socket", "webhooks"} {
		t.Run(name, func(t *testing.T) {
			forEachProgram(t, share(i, 8), func(t *testing.T, seed uint64) {
				synctest.Test(t, func(t *testing.T) {
					p := newCloudProgram(t, seed, name == "webhooks")
					p.run()
					if p.Failed() {
						p.Logf("-run 'Hosted/%s' JELLYFISH_SEED=%d:\n%s", name, seed, strings.Join(p.log, "\n"))
					}
				})
			})
		})
	}
}

func newCloudProgram(t *testing.T, seed uint64, webhooks bool) *cloudProgram {
	random := rand.New(rand.NewPCG(seed, 7))
	p := &cloudProgram{T: t, random: random, webhooks: webhooks, interval: time.Duration(10+random.IntN(120)) * time.Second}
	p.strict = random.IntN(2) == 0
	p.state = &cloudState{rooms: make(map[string]*cloudRoom), streams: make(map[string]*cloudStream), hidesLivestreams: random.IntN(4) == 0}
	p.line = &line{servers: p.state, random: rand.New(rand.NewPCG(seed, 8))}
	client, err := fishjam.New(fishjam.Config{
		FishjamID: "http://fishjam.test/id", ManagementToken: fishjam.NewSecret("token"), HTTPClient: &http.Client{Transport: p.line},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	p.client = client
	return p
}

// source starts the server that sends the notifications, over its socket or as signed
// webhook requests, of which some are repeated.
func (p *cloudProgram) source(ctx context.Context) stream.Source {
	if !p.webhooks {
		p.server = jellyfishtest.Run(p, jellyfishtest.Config{InMemory: true})
		notifier, err := stream.Open(ctx, stream.Config{
			ServerAddress: p.server.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: p.server.HTTPClient(),
			Backoff: stream.Backoff{Cap: 2 * time.Second},
		})
		if err != nil {
			p.Fatal(err)
		}
		return notifier
	}
	webhook, err := stream.NewWebhook(ctx, stream.WebhookConfig{
		Requests: decode.RequestDecoder{SigningSecrets: []decode.Secret{decode.NewSecret("secret")}}, DropRepeats: true,
	})
	if err != nil {
		p.Fatal(err)
	}
	p.server = jellyfishtest.Run(p, jellyfishtest.Config{
		InMemory: true, Receivers: map[string]http.Handler{"receiver.test": &repeating{receiver: webhook, random: p.random.Uint64()}},
		Webhooks: jellyfishtest.Webhooks{URL: "http://receiver.test/", Hosted: true, SigningSecret: "secret", Batch: p.random.IntN(2) == 0},
	})
	return webhook
}

// repeating is a receiver of webhooks whose responses are sometimes lost, so that the
// request is repeated.
type repeating struct {
	receiver http.Handler

	mu     sync.Mutex
	random uint64
}

func (r *repeating) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	r.random = r.random*6364136223846793005 + 1442695040888963407
	lost := r.random>>33%8 == 0
	r.mu.Unlock()
	if lost {
		r.receiver.ServeHTTP(httptest.NewRecorder(), request)
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	r.receiver.ServeHTTP(w, request)
}

func (p *cloudProgram) run() {
	ctx, cancel := context.WithCancel(p.Context())
	defer cancel()
	bounds := defaultLimits()
	if p.random.IntN(2) == 0 {
		bounds = limits{changes: 1 + p.random.IntN(4), steps: 1 + p.random.IntN(5), notifications: 1 + p.random.IntN(20)}
	}
	view, err := startFishjam(ctx, p.client, p.source(ctx), Config{ListInterval: p.interval}, bounds)
	if err != nil {
		p.Fatal(err)
	}
	p.view = view
	consumers := []*consumer{consume(ctx, view, 0, nil), consume(ctx, view, 1, rand.New(rand.NewPCG(p.random.Uint64(), 2)))}
	for range 1 + p.random.IntN(60) {
		p.step()
	}
	p.endOutage()
	p.line.set(trouble{})
	consumers[1].hurry()
	time.Sleep(settling)
	if !p.silent {
		p.compare("before a periodic list")
	}
	time.Sleep(p.interval + p.interval/10 + time.Second)
	p.compare("after a periodic list")
	state := stateOf(view.Rooms())
	for _, c := range append(consumers, consume(ctx, view, 2, nil)) {
		synctest.Wait()
		if known, _, err := c.known(); err != nil || !cmp.Equal(state, known) {
			p.Errorf("consumer %d: %v (-view +consumer)\n%s", c.name, err, cmp.Diff(state, known))
		}
	}
	cancel()
	<-view.Done()
	if !errors.Is(view.Err(), context.Canceled) {
		p.Errorf("the view ended with %v", view.Err())
	}
}

// compare compares the view with what is listed.
func (p *cloudProgram) compare(when string) {
	want, got := p.state.listed(p.client.Address()), timeless(stateOf(p.view.Rooms()))
	if !cmp.Equal(want, got, cmpopts.EquateEmpty()) {
		p.Errorf("%s (-listed +view):\n%s", when, cmp.Diff(want, got))
	}
	for _, n := range p.view.Nodes() {
		if !n.StaleSince.IsZero() || n.Err != nil {
			p.Errorf("%s the view is stale since %v: %v", when, n.StaleSince, n.Err)
		}
	}
}

func (p *cloudProgram) step() {
	switch p.random.IntN(20) {
	case 0:
		p.line.set(trouble{slow: 20 * p.random.IntN(4), fails: 20 * p.random.IntN(3)})
	case 1:
		if !p.outage && !p.webhooks {
			p.outage = true
			p.server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
			p.server.Cut(jellyfishtest.CutClean)
			p.log = append(p.log, "outage")
		}
	case 2:
		p.endOutage()
	default:
		notifications := p.state.apply(p.happen)
		p.log = append(p.log, fmt.Sprint(notifications))
		if err := p.server.Send(notifications...); err != nil {
			p.Fatal(err)
		}
	}
	if p.random.IntN(3) > 0 {
		time.Sleep(time.Duration(p.random.IntN(2000)) * time.Millisecond)
	}
}

func (p *cloudProgram) endOutage() {
	if p.outage {
		p.outage = false
		p.server.AnswerUpgrade(0, nil)
		p.log = append(p.log, "end of the outage")
	}
}

func (p *cloudProgram) id(kind string) string {
	p.made++
	return fmt.Sprint(kind, "-", p.made)
}

// happen changes one thing.
func (p *cloudProgram) happen() []decode.Notification {
	rooms := p.state.rooms
	ids := make([]string, 0, len(rooms))
	for id := range rooms {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) == 0 || p.random.IntN(8+4*len(ids)) < 8 {
		return p.create()
	}
	room := rooms[ids[p.random.IntN(len(ids))]]
	if p.random.IntN(15) == 0 {
		return p.delete(room)
	}
	if s := p.state.streams[room.ID]; s != nil {
		return p.changeStream(s)
	}
	return p.changeRoom(room)
}

func (p *cloudProgram) create() []decode.Notification {
	room := &cloudRoom{ID: p.id("room"), Peers: []*cloudPeer{}, Config: map[string]any{
		"roomType": "conference", "maxPeers": p.random.IntN(3), "videoCodec": "h264", "public": false,
	}}
	if p.random.IntN(2) == 0 {
		room.Config["roomType"], room.Config["maxPeers"] = "livestream", 0
		room.Config["videoCodec"] = ""
		delete(room.Config, "videoCodec")
		public := p.random.IntN(2) == 0
		room.Config["public"] = public
		p.state.streams[room.ID] = &cloudStream{ID: room.ID, Public: public, Streamers: []cloudStreamer{}, Viewers: []cloudViewer{}}
	}
	p.state.rooms[room.ID] = room
	return []decode.Notification{decode.RoomCreated{RoomID: room.ID}}
}

// delete deletes a room, whose members leave before it.
func (p *cloudProgram) delete(room *cloudRoom) (ns []decode.Notification) {
	for _, peer := range room.Peers {
		if peer.Status == "connected" {
			ns = append(ns, decode.PeerDisconnected{RoomID: room.ID, PeerID: peer.ID, PeerType: decode.PeerTypeWebRTC})
		}
		ns = append(ns, decode.PeerDeleted{RoomID: room.ID, PeerID: peer.ID, PeerType: decode.PeerTypeWebRTC})
	}
	if s := p.state.streams[room.ID]; s != nil {
		for _, streamer := range s.Streamers {
			if streamer.Status == "connected" {
				ns = append(ns, decode.StreamerDisconnected{StreamID: s.ID, StreamerID: streamer.ID})
			}
		}
	}
	delete(p.state.rooms, room.ID)
	delete(p.state.streams, room.ID)
	ns = append(ns, decode.RoomDeleted{RoomID: room.ID})
	if s := p.random.IntN(3); s == 0 {
		ns = append(ns, decode.ViewerDisconnected{StreamID: room.ID, ViewerID: "late"})
	}
	return ns
}

func (p *cloudProgram) changeRoom(room *cloudRoom) []decode.Notification {
	if len(room.Peers) == 0 || p.random.IntN(4) == 0 {
		peer := &cloudPeer{ID: p.id("peer"), Type: "webrtc", Status: "disconnected", Tracks: []cloudTrack{}, SubscribeMode: "manual"}
		peer.Metadata = json.RawMessage(fmt.Sprintf(`{"peer":{},"server":{"n":%d}}`, p.made))
		peer.Subscriptions.Peers, peer.Subscriptions.Tracks = []string{}, []string{}
		room.Peers = append(room.Peers, peer)
		return []decode.Notification{decode.PeerAdded{RoomID: room.ID, PeerID: peer.ID, PeerType: decode.PeerTypeWebRTC}}
	}
	peer := room.Peers[p.random.IntN(len(room.Peers))]
	switch p.random.IntN(9) {
	case 0, 1:
		if peer.Status == "disconnected" {
			peer.Status = "connected"
			return []decode.Notification{decode.PeerConnected{RoomID: room.ID, PeerID: peer.ID, PeerType: decode.PeerTypeWebRTC}}
		}
		peer.Status, peer.Tracks = "disconnected", []cloudTrack{}
		return []decode.Notification{decode.PeerDisconnected{RoomID: room.ID, PeerID: peer.ID, PeerType: decode.PeerTypeWebRTC}}
	case 2:
		room.Peers = slices.DeleteFunc(slices.Clone(room.Peers), func(other *cloudPeer) bool { return other == peer })
		return []decode.Notification{decode.PeerDeleted{RoomID: room.ID, PeerID: peer.ID, PeerType: decode.PeerTypeWebRTC}}
	case 3:
		peer.Metadata = json.RawMessage(fmt.Sprintf(`{"peer":{"n":%d},"server":{}}`, p.random.IntN(3)))
		return []decode.Notification{decode.PeerMetadataUpdated{RoomID: room.ID, PeerID: peer.ID, Metadata: decode.Metadata(peer.Metadata)}}
	case 4, 5:
		track := cloudTrack{ID: p.id("track"), Type: "audio", Metadata: json.RawMessage("null")}
		peer.Tracks = append(slices.Clone(peer.Tracks), track)
		return []decode.Notification{decode.TrackAdded{RoomID: room.ID, Owner: decode.Owner{Type: decode.OwnerPeer, ID: peer.ID}, Track: decode.Track{ID: track.ID, Type: decode.TrackTypeAudio, Metadata: "null"}}}
	case 6:
		if p.strict {
			return nil
		}
		peer.Subscriptions.Peers = append(slices.Clone(peer.Subscriptions.Peers), p.id("other"))
		p.silent = true
		return nil
	case 7:
		return p.forward(room, peer)
	}
	return p.endForwarding(room, peer)
}

func (p *cloudProgram) forward(room *cloudRoom, peer *cloudPeer) []decode.Notification {
	if room.Composition == nil {
		room.Composition = &cloudComposition{URL: "https://composition.test/" + room.ID, Forwardings: []cloudForwarding{}}
	}
	audio := p.id("track")
	forwarding := cloudForwarding{PeerID: peer.ID, InputID: "input-" + peer.ID, AudioTrackID: &audio}
	p.endForwarding(room, peer)
	room.Composition.Forwardings = append(room.Composition.Forwardings, forwarding)
	return []decode.Notification{decode.TrackForwarding{
		RoomID: room.ID, PeerID: peer.ID, CompositionURL: room.Composition.URL, InputID: forwarding.InputID, Audio: decode.Track{ID: audio, Type: decode.TrackTypeAudio},
	}}
}

func (p *cloudProgram) endForwarding(room *cloudRoom, peer *cloudPeer) []decode.Notification {
	if room.Composition == nil {
		return nil
	}
	before := len(room.Composition.Forwardings)
	room.Composition.Forwardings = slices.DeleteFunc(slices.Clone(room.Composition.Forwardings), func(f cloudForwarding) bool { return f.PeerID == peer.ID })
	if len(room.Composition.Forwardings) == before {
		return nil
	}
	return []decode.Notification{decode.TrackForwardingRemoved{RoomID: room.ID, PeerID: peer.ID, CompositionURL: room.Composition.URL, InputID: "input-" + peer.ID}}
}

func (p *cloudProgram) changeStream(s *cloudStream) []decode.Notification {
	switch p.random.IntN(7) {
	case 0:
		if len(s.Streamers) > 0 {
			return nil
		}
		streamer := cloudStreamer{ID: p.id("streamer"), Status: "disconnected", Token: "streamer-secret"}
		s.Streamers = []cloudStreamer{streamer}
		if p.strict {
			s.Streamers[0].Status = "connected"
			return []decode.Notification{decode.StreamerConnected{StreamID: s.ID, StreamerID: streamer.ID}}
		}
		p.silent = true
		return nil
	case 1:
		viewer := cloudViewer{ID: p.id("viewer"), Token: "viewer-secret"}
		s.Viewers = append(slices.Clone(s.Viewers), viewer)
		if p.strict {
			return []decode.Notification{decode.ViewerConnected{StreamID: s.ID, ViewerID: viewer.ID}}
		}
		p.silent = true
		return nil
	case 2, 3:
		if len(s.Streamers) == 0 {
			return nil
		}
		streamer := s.Streamers[0]
		if streamer.Status == "connected" {
			s.Streamers = []cloudStreamer{{streamer.ID, "disconnected", streamer.Token}}
			return []decode.Notification{decode.StreamerDisconnected{StreamID: s.ID, StreamerID: streamer.ID}}
		}
		s.Streamers = []cloudStreamer{{streamer.ID, "connected", streamer.Token}}
		return []decode.Notification{decode.StreamerConnected{StreamID: s.ID, StreamerID: streamer.ID}}
	}
	if len(s.Viewers) == 0 {
		return nil
	}
	viewer := s.Viewers[p.random.IntN(len(s.Viewers))]
	if p.random.IntN(2) == 0 {
		return []decode.Notification{decode.ViewerConnected{StreamID: s.ID, ViewerID: viewer.ID}}
	}
	return []decode.Notification{decode.ViewerDisconnected{StreamID: s.ID, ViewerID: viewer.ID}}
}
