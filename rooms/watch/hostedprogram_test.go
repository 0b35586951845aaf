package watch

import (
	"context"
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
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// What hosted Fishjam lists and sends notifications about is in the view, despite
// outages, failures and repeated webhook requests; replaying the changes from an empty
// state gives the view's state.
func TestProgramsOnHostedFishjam(t *testing.T) {
	for i, name := range []string{"socket", "webhooks"} {
		t.Run(name, func(t *testing.T) {
			forEachProgram(t, share(i, 6), func(t *testing.T, seed uint64) {
				synctest.Test(t, func(t *testing.T) {
					p := newHostedProgram(t, seed, name == "webhooks")
					p.run()
					if p.Failed() {
						p.Logf("-run 'Hosted/%s' JELLYFISH_SEED=%d:\n%s", name, seed, strings.Join(p.log, "\n"))
					}
				})
			})
		})
	}
}

// hostedProgram makes things happen on a hosted Fishjam, and checks a view of it.
type hostedProgram struct {
	*testing.T
	random    *rand.Rand
	server    *jellyfishtest.Server
	hand      *fishjam.Client // The test's own.
	line      *line
	view      *View
	consumers []*consumer
	webhooks  bool
	interval  time.Duration
	began     time.Time
	made      int
	outage    bool
	strict    bool // Everything that happens is notified.
	silent    bool // Something wasn't notified: only a periodic list shows it.
	log       []string
}

func newHostedProgram(t *testing.T, seed uint64, webhooks bool) *hostedProgram {
	random := rand.New(rand.NewPCG(seed, 7))
	p := &hostedProgram{
		T: t, random: random, webhooks: webhooks, strict: random.IntN(2) == 0, began: time.Now(),
		interval: time.Duration(10+random.IntN(120)) * time.Second,
	}
	// Without TLS, whose handshakes take most of the time under the race detector.
	config := jellyfishtest.Config{InMemory: true, FishjamID: "account", Address: "fishjam.test:80"}
	receiver := &repeating{random: rand.New(rand.NewPCG(seed, 9))}
	if webhooks {
		config.Receivers = map[string]http.Handler{"receiver.test": receiver}
		config.Webhooks = jellyfishtest.Webhooks{URL: "http://receiver.test/", SigningSecret: "secret", Batch: random.IntN(2) == 0}
	}
	p.server = jellyfishtest.Run(t, config)
	p.line = newLine(p.server.HTTPClient().Transport.(*http.Transport), seed)
	p.hand = p.client(p.server.HTTPClient().Transport)
	bounds := defaultLimits()
	if random.IntN(2) == 0 {
		bounds = limits{changes: 1 + random.IntN(4), steps: 1 + random.IntN(5), notifications: 1 + random.IntN(20)}
	}
	ctx, cancel := context.WithCancel(t.Context())
	view, err := startFishjam(ctx, p.client(p.line), p.source(ctx, receiver), Config{ListInterval: p.interval}, bounds)
	if err != nil {
		t.Fatal(err)
	}
	p.view = view
	p.consumers = []*consumer{consume(ctx, view, 0, nil), consume(ctx, view, 1, rand.New(rand.NewPCG(seed, 2)))}
	t.Cleanup(func() {
		cancel()
		<-view.Done()
		if !errors.Is(view.Err(), context.Canceled) {
			t.Errorf("the view ended with %v", view.Err())
		}
	})
	return p
}

func (p *hostedProgram) client(through http.RoundTripper) *fishjam.Client {
	client, err := fishjam.New(fishjam.Config{
		FishjamID: p.server.URL(), ManagementToken: fishjam.NewSecret(jellyfishtest.Token), HTTPClient: &http.Client{Transport: through},
	})
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(client.CloseIdleConnections)
	return client
}

// source receives notifications over the socket, or as signed webhook requests.
func (p *hostedProgram) source(ctx context.Context, receiver *repeating) stream.Source {
	if p.webhooks {
		webhook, err := stream.NewWebhook(ctx, stream.WebhookConfig{
			Requests: decode.RequestDecoder{SigningSecrets: []decode.Secret{decode.NewSecret("secret")}}, DropRepeats: true,
		})
		if err != nil {
			p.Fatal(err)
		}
		receiver.receiver = webhook
		return webhook
	}
	notifier, err := stream.Open(ctx, stream.Config{
		FishjamID: p.server.URL(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: p.server.HTTPClient(),
		Backoff: stream.Backoff{Cap: 2 * time.Second},
	})
	if err != nil {
		p.Fatal(err)
	}
	return notifier
}

// repeating is a receiver of webhooks whose responses are sometimes lost, so the
// request is repeated.
type repeating struct {
	receiver http.Handler

	mu     sync.Mutex
	random *rand.Rand
}

func (r *repeating) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	lost := r.random.IntN(8) == 0
	r.mu.Unlock()
	if lost {
		r.receiver.ServeHTTP(httptest.NewRecorder(), request)
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	r.receiver.ServeHTTP(w, request)
}

func (p *hostedProgram) run() {
	for range 1 + p.random.IntN(60) {
		if p.step(); p.Failed() {
			return
		}
	}
	p.endOutage()
	p.line.set(trouble{})
	p.consumers[1].hurry()
	time.Sleep(settling)
	if !p.silent {
		p.compare("before a periodic list")
	}
	time.Sleep(p.interval + p.interval/10 + time.Second)
	p.compare("after a periodic list")
	state := stateOf(p.view.Rooms())
	for _, c := range append(p.consumers, consume(p.Context(), p.view, 2, nil)) {
		synctest.Wait()
		if known, _, err := c.known(); err != nil || !same(state, known) {
			p.Errorf("consumer %d: %v (-view +consumer)\n%s", c.name, err, cmp.Diff(state, known))
		}
	}
}

// compare compares the view with the lists.
func (p *hostedProgram) compare(when string) {
	want, got := p.listed(), timeless(stateOf(p.view.Rooms()))
	if !same(want, got) && !cmp.Equal(want, got, cmpopts.EquateEmpty()) {
		p.Errorf("%s (-listed +view):\n%s", when, cmp.Diff(want, got, cmpopts.EquateEmpty()))
	}
	for _, n := range p.view.Nodes() {
		if !n.StaleSince.IsZero() || n.Err != nil {
			p.Errorf("%s the view is stale since %v: %v", when, n.StaleSince, n.Err)
		}
	}
}

// listed returns the expected state of a view.
func (p *hostedProgram) listed() []Room {
	var list []Room
	for _, r := range p.rooms() {
		room := Room{ID: r.ID, Node: p.hand.Address(), Type: r.Config.Type, Public: r.Config.Public, Composition: r.Composition}
		room.BatchWebhooks = r.Config.BatchWebhookNotifications
		room.Config = rooms.RoomConfig{VideoCodec: r.Config.VideoCodec, WebhookURL: r.Config.WebhookURL}
		if r.Config.MaxPeers > 0 {
			room.Config.MaxPeers = &r.Config.MaxPeers
		}
		for _, peer := range r.Peers {
			slices.Sort(peer.Subscriptions.Peers)
			slices.Sort(peer.Subscriptions.Tracks)
			room.Peers = append(room.Peers, Peer{
				Peer:          rooms.Peer{ID: peer.ID, Type: string(peer.Type), Status: peer.Status, Tracks: peer.Tracks, Metadata: peer.Metadata},
				SubscribeMode: peer.SubscribeMode, Subscriptions: peer.Subscriptions,
			})
		}
		if r.Config.Type.Livestream() {
			s, err := p.hand.GetLivestream(p.Context(), r.ID)
			p.must(err)
			for _, streamer := range s.Streamers {
				room.Streamers = append(room.Streamers, Streamer{ID: streamer.ID, Status: streamer.Status, Token: streamer.Token})
			}
			for _, viewer := range s.Viewers {
				room.Viewers = append(room.Viewers, Viewer{ID: viewer.ID, Token: viewer.Token})
			}
			slices.SortFunc(room.Streamers, func(a, b Streamer) int { return strings.Compare(a.ID, b.ID) })
			slices.SortFunc(room.Viewers, func(a, b Viewer) int { return strings.Compare(a.ID, b.ID) })
		}
		list = append(list, normal(room))
	}
	return timeless(sorted(list))
}

func (p *hostedProgram) rooms() []fishjam.Room {
	list, err := p.hand.ListRooms(p.Context())
	p.must(err)
	return list
}

func (p *hostedProgram) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *hostedProgram) say(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf("%12v  ", time.Since(p.began))+fmt.Sprintf(format, args...))
}

func (p *hostedProgram) step() {
	switch p.random.IntN(20) {
	case 0:
		p.line.set(trouble{slow: 20 * p.random.IntN(4), fails: 20 * p.random.IntN(3)})
	case 1:
		if !p.webhooks {
			p.outage = true
			p.server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
			p.server.Cut(jellyfishtest.Cut(p.random.IntN(3)))
			p.hand.CloseIdleConnections() // A POST on one that was just cut can't be repeated.
			p.say("outage")
		}
	case 2:
		p.endOutage()
	default:
		p.happen()
	}
	if p.random.IntN(3) > 0 {
		time.Sleep(time.Duration(p.random.IntN(2000)) * time.Millisecond)
	}
}

func (p *hostedProgram) endOutage() {
	if p.outage {
		p.outage = false
		p.server.AnswerUpgrade(0, nil)
		p.say("end of the outage")
	}
}

// happen changes something in a room, or creates one.
func (p *hostedProgram) happen() {
	list := p.rooms()
	if len(list) == 0 || len(list) < 5 && p.random.IntN(8) == 0 {
		p.create()
		return
	}
	room := list[p.random.IntN(len(list))]
	switch {
	case p.random.IntN(25) == 0:
		p.say("delete room %s", room.ID)
		p.must(p.hand.DeleteRoom(p.Context(), room.ID))
	case p.random.IntN(30) == 0:
		p.say("crash room %s", room.ID)
		p.must(p.server.CrashRoom(room.ID))
	case room.Config.Type.Livestream():
		p.changeStream(room.ID)
	case len(room.Peers) == 0 || p.random.IntN(4) == 0:
		p.addPeer(room)
	default:
		p.changePeer(room, room.Peers[p.random.IntN(len(room.Peers))])
	}
}

func (p *hostedProgram) create() {
	switch p.random.IntN(3) {
	case 0:
		s, err := p.hand.CreateLivestream(p.Context(), fishjam.LivestreamConfig{Public: p.random.IntN(2) == 0, AudioOnly: p.random.IntN(2) == 0})
		p.must(err)
		p.say("create livestream %s", s.ID)
	case 1:
		room, err := p.hand.CreateRoom(p.Context(), fishjam.RoomConfig{Type: fishjam.RoomLivestream, BatchWebhookNotifications: p.random.IntN(2) == 0})
		p.must(err)
		p.say("create livestream %s as a room", room.ID)
	default:
		room, err := p.hand.CreateRoom(p.Context(), fishjam.RoomConfig{MaxPeers: 3 * p.random.IntN(2)})
		p.must(err)
		p.say("create room %s", room.ID)
	}
}

func (p *hostedProgram) addPeer(room fishjam.Room) {
	p.made++
	var options fishjam.PeerOptions = fishjam.WebRTCOptions{Metadata: map[string]int{"n": p.made}, SubscribeMode: fishjam.SubscribeManual}
	switch p.random.IntN(4) {
	case 0:
		options = fishjam.AgentOptions{}
	case 1:
		options = fishjam.VAPIOptions{APIKey: fishjam.NewSecret("key"), CallID: "call"}
	}
	added, err := p.hand.AddPeer(p.Context(), room.ID, options)
	if errors.Is(err, fishjam.ErrLimitReached) {
		return
	}
	p.must(err)
	p.say("add peer %s to %s: %T", added.Peer.ID, room.ID, options)
}

func (p *hostedProgram) changePeer(room fishjam.Room, peer fishjam.Peer) {
	op := p.random.IntN(13)
	p.say("operation %d on peer %s of %s, %s", op, peer.ID, room.ID, peer.Status)
	connected := peer.Status == fishjam.StatusConnected
	switch op {
	case 0, 1:
		if connected {
			p.must(p.server.DisconnectPeer(room.ID, peer.ID))
		} else {
			p.must(p.server.ConnectPeer(room.ID, peer.ID, decode.Metadata(fmt.Sprintf(`{"n":%d}`, p.random.IntN(3)))))
		}
	case 2:
		p.must(p.hand.DeletePeer(p.Context(), room.ID, peer.ID))
	case 3:
		p.must(p.server.CrashPeer(room.ID, peer.ID, "boom"))
	case 4, 5, 9, 10:
		if connected {
			p.made++
			p.must(p.server.AddTrack(room.ID, peer.ID, decode.Track{ID: fmt.Sprint("track-", p.made), Type: decode.TrackType(1 + p.random.IntN(2)), Metadata: "1"}))
		}
	case 6:
		if len(peer.Tracks) > 0 {
			p.must(p.server.RemoveTrack(room.ID, peer.ID, peer.Tracks[0].ID))
		}
	case 7:
		other := room.Peers[p.random.IntN(len(room.Peers))]
		if !p.strict && other.ID != peer.ID && peer.SubscribeMode == fishjam.SubscribeManual {
			p.silent = true
			p.must(p.hand.SubscribePeer(p.Context(), room.ID, peer.ID, other.ID))
		}
	case 8, 11, 12:
		if room.Composition == nil && (len(peer.Tracks) > 0 || !p.strict) {
			p.silent = p.silent || len(peer.Tracks) == 0
			p.must(p.hand.ForwardTracks(p.Context(), room.ID, fishjam.TrackForwarding{CompositionURL: "https://rtc.fishjam.io/api/composition/c"}))
		}
	}
}

func (p *hostedProgram) changeStream(id string) {
	s, err := p.hand.GetLivestream(p.Context(), id)
	p.must(err)
	op := p.random.IntN(8)
	p.say("operation %d on livestream %s", op, id)
	switch {
	case op == 0 && len(s.Streamers) == 0:
		added, err := p.hand.AddStreamer(p.Context(), id)
		p.must(err)
		if p.silent = p.silent || !p.strict; p.strict {
			p.must(p.server.ConnectStreamer(id, added.ID))
		}
	case op < 2:
		added, err := p.hand.AddViewer(p.Context(), id)
		p.must(err)
		if p.silent = p.silent || !p.strict; p.strict {
			_, err := p.server.ConnectViewer(id, added.ID)
			p.must(err)
		}
	case op == 2:
		_, err := p.server.ConnectViewer(id, "")
		p.must(err)
	case op < 5 && len(s.Streamers) > 0:
		streamer := s.Streamers[0]
		switch {
		case streamer.Status == fishjam.StatusDisconnected:
			p.must(p.server.ConnectStreamer(id, streamer.ID))
		case op == 3:
			p.must(p.server.DisconnectStreamer(id, streamer.ID))
		default:
			p.must(p.hand.DeleteStreamer(p.Context(), id, streamer.ID))
		}
	case op >= 5 && len(s.Viewers) > 0:
		viewer := s.Viewers[p.random.IntN(len(s.Viewers))].ID
		if p.server.DisconnectViewer(id, viewer) == nil {
			return
		}
		if _, err := p.server.ConnectViewer(id, viewer); op == 6 {
			p.must(err)
			p.must(p.hand.DeleteViewer(p.Context(), id, viewer))
		}
	}
}
