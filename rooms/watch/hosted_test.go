package watch

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// onHosted runs a test with a view of a conference and a livestream on a hosted Fishjam,
// whose notifications come from a relay.
func onHosted(t *testing.T, test func(*testing.T, *hostedScene)) {
	synctest.Test(t, func(t *testing.T) {
		s := &hostedScene{T: t, relay: stream.NewRelay(t.Context()), state: &cloudState{
			rooms: map[string]*cloudRoom{
				"conf": {ID: "conf", Config: map[string]any{"roomType": "conference", "public": false, "maxPeers": 0}, Peers: []*cloudPeer{}},
				"live": {ID: "live", Config: map[string]any{"roomType": "livestream", "public": true, "maxPeers": 0}, Peers: []*cloudPeer{}},
			},
			streams: map[string]*cloudStream{"live": {
				ID: "live", Public: true,
				Streamers: []cloudStreamer{{ID: "s", Status: "disconnected", Token: "streamer-secret"}},
				Viewers:   []cloudViewer{{ID: "v", Token: "viewer-secret"}},
			}},
		}}
		client, err := fishjam.New(fishjam.Config{
			FishjamID: "http://fishjam.test/id", ManagementToken: fishjam.NewSecret("token"), HTTPClient: &http.Client{Transport: s},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.client = client
		s.view, err = StartFishjam(t.Context(), client, s.relay, Config{ListInterval: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
	})
}

type hostedScene struct {
	*testing.T
	state  *cloudState
	relay  *stream.Relay
	client *fishjam.Client
	view   *View

	mu     sync.Mutex
	paths  []string // Of the requests, in their order.
	status int      // Of the responses; 0 means the normal one.
}

func (s *hostedScene) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.paths = append(s.paths, r.URL.Path)
	status := s.status
	s.mu.Unlock()
	if status != 0 {
		return respond(status, map[string]any{"errors": "no"})
	}
	return s.state.RoundTrip(r)
}

// answer sets the status of all further responses.
func (s *hostedScene) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *hostedScene) put(ns ...decode.Notification) {
	s.Helper()
	if err := s.relay.Put(ns...); err != nil {
		s.Fatal(err)
	}
	time.Sleep(time.Second)
}

// expect checks the changes that have arrived.
func (s *hostedScene) expect(changes <-chan Change, want ...string) {
	s.Helper()
	synctest.Wait()
	var got []string
	for len(changes) > 0 {
		got = append(got, (<-changes).String())
	}
	if !same(want, got) {
		s.Errorf("the changes (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// A livestream's streamer and viewers are in the view, with their changes.
func TestLivestreamChanges(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		changes := s.view.Changes(t.Context(), InRooms("live"))
		s.expect(changes, "room live (inferred): appeared", "room live (inferred): streamer s appeared, disconnected", "room live (inferred): viewer v appeared")
		s.put(decode.StreamerConnected{StreamID: "live", StreamerID: "s"}, decode.ViewerConnected{StreamID: "live", ViewerID: "v"})
		s.expect(changes, "room live: streamer s changed, connected", "room live: viewer v changed")
		room, _ := s.view.Room("live")
		if !room.IsLivestream() || !room.Public || room.Streamers[0].ConnectedAt.IsZero() || room.Viewers[0].ConnectedAt.IsZero() {
			t.Errorf("the room is %+v", room)
		}
		s.put(decode.StreamerDisconnected{StreamID: "live", StreamerID: "s"}, decode.ViewerDisconnected{StreamID: "live", ViewerID: "v"})
		s.expect(changes, "room live: streamer s changed, disconnected", "room live: viewer v changed")
		s.put(decode.StreamerConnected{StreamID: "live", StreamerID: "s"}, decode.RoomDeleted{RoomID: "live"})
		s.expect(changes,
			"room live: streamer s changed, connected", "room live: streamer s is gone", "room live: viewer v is gone", "room live: is gone")
		if room, _ := s.view.Room("conf"); room.IsLivestream() || room.Type != fishjam.RoomConference {
			t.Errorf("the conference is %+v", room)
		}
	})
}

// A viewer of a public livestream who isn't listed is shown while it is connected, or
// until the livestream was looked up.
func TestViewerWithoutAToken(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		changes := s.view.Changes(t.Context(), InRooms("live"))
		synctest.Wait()
		for len(changes) > 0 {
			<-changes
		}
		s.answer(http.StatusServiceUnavailable)
		s.put(decode.ViewerConnected{StreamID: "live", ViewerID: "guest"}, decode.ViewerDisconnected{StreamID: "live", ViewerID: "guest"})
		s.expect(changes, "room live: viewer guest appeared", "room live: viewer guest is gone")
		s.answer(0)
		time.Sleep(time.Minute)
		s.put(decode.ViewerConnected{StreamID: "live", ViewerID: "guest"})
		s.expect(changes, "room live: viewer guest appeared", "room live (inferred): viewer guest is gone")
	})
}

// Whether a viewer is connected isn't listed: a list keeps what is known, and after a
// Gap it is unknown.
func TestP12ViewersAreUnknownAfterAGap(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		s.put(decode.ViewerConnected{StreamID: "live", ViewerID: "v"})
		time.Sleep(3 * time.Hour)
		if room, _ := s.view.Room("live"); room.Viewers[0].ConnectedAt.IsZero() {
			t.Errorf("after a list the viewer is %+v", room.Viewers[0])
		}
		if err := s.relay.Mark(stream.Gap{Outages: 1, Since: time.Now()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if room, _ := s.view.Room("live"); !room.Viewers[0].ConnectedAt.IsZero() || room.Viewers[0].Token.Reveal() != "viewer-secret" {
			t.Errorf("after a Gap the viewer is %+v", room.Viewers[0])
		}
	})
}

// A new peer is looked up for what its notification lacks.
func TestHostedPeerIsLookedUp(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		peer := &cloudPeer{ID: "p", Type: "agent", Status: "disconnected", Tracks: []cloudTrack{}, Metadata: []byte(`{"peer":{},"server":{"n":1}}`), SubscribeMode: "manual"}
		peer.Subscriptions.Peers, peer.Subscriptions.Tracks = []string{"q", "b"}, []string{"t"}
		s.state.apply(func() []decode.Notification { s.state.rooms["conf"].Peers = []*cloudPeer{peer}; return nil })
		s.put(decode.PeerAdded{RoomID: "conf", PeerID: "p", PeerType: decode.PeerTypeAgent})
		room, _ := s.view.Room("conf")
		want := Peer{
			Peer:          rooms.Peer{ID: "p", Type: "agent", Status: rooms.StatusDisconnected, Metadata: `{"peer":{},"server":{"n":1}}`},
			SubscribeMode: fishjam.SubscribeManual, Subscriptions: fishjam.Subscriptions{Peers: []string{"b", "q"}, Tracks: []string{"t"}},
		}
		if got := normal(room).Peers; !same(got, []Peer{want}) {
			t.Errorf("the peers are %+v", got)
		}
	})
}

// A view of hosted Fishjam has no configurable nodes.
func TestHostedNodesAreRefused(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		var refused *rooms.InputError
		if err := s.view.SetNodes([]string{"node.test"}); !errors.As(err, &refused) || refused.Field != "Nodes" {
			t.Errorf("SetNodes: %v", err)
		}
		if _, err := StartFishjam(t.Context(), s.client, s.relay, Config{Nodes: []string{"node.test"}}); !errors.As(err, &refused) || refused.Field != "Nodes" {
			t.Errorf("Nodes: %v", err)
		}
		if _, err := StartFishjam(t.Context(), nil, s.relay, Config{}); !errors.As(err, &refused) || refused.Field != "client" {
			t.Errorf("no client: %v", err)
		}
		if nodes := s.view.Nodes(); len(nodes) != 1 || nodes[0].Address != s.client.Address() {
			t.Errorf("nodes %+v", nodes)
		}
	})
}

// Hosted Fishjam receives requests for its rooms only, at the list interval if nothing
// happens.
func TestHostedHealthIsNotAskedFor(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		time.Sleep(30 * time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		if want := []string{"/id/livestream", "/id/room"}; !slices.Equal(s.paths, want) {
			t.Errorf("requests for %v", s.paths)
		}
	})
}

// A room that the client's Fishjam doesn't have is shown, with the reason; a late
// notification doesn't bring back a room of which only the end was notified.
func TestP12RoomsThatHostedFishjamDoesNotHave(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		s.put(decode.RoomCreated{RoomID: "elsewhere"}, decode.RoomDeleted{RoomID: "ended"}, decode.ViewerDisconnected{StreamID: "ended", ViewerID: "v"})
		if room, ok := s.view.Room("elsewhere"); !ok || room.Node != "" {
			t.Errorf("the room is %v", room)
		}
		if _, ok := s.view.Room("ended"); ok {
			t.Error("a room that has ended is shown")
		}
		if nodes := s.view.Nodes(); len(nodes) != 2 || !errors.Is(nodes[1].Err, ErrNotNamed) {
			t.Errorf("nodes %+v", nodes)
		}
	})
}

// The view ends if the management token is refused.
func TestHostedTokenIsRefused(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		s.answer(http.StatusUnauthorized)
		if err := s.relay.Mark(stream.Gap{Outages: 1}); err != nil {
			t.Fatal(err)
		}
		<-s.view.Done()
		if err := s.view.Err(); !errors.Is(err, fishjam.ErrUnauthorized) {
			t.Errorf("the view ended with %v", err)
		}
	})
}

// The tokens of streamers and viewers are never printed.
func TestP10LivestreamTokensAreNotPrinted(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		room, _ := s.view.Room("live")
		if room.Streamers[0].Token.Reveal() != "streamer-secret" {
			t.Errorf("the token is %q", room.Streamers[0].Token.Reveal())
		}
		text := fmt.Sprintf("%v %+v %#v %v %+v", room, room, room, room.Streamers, room.Viewers)
		changes := s.view.Changes(t.Context())
		synctest.Wait()
		for len(changes) > 0 {
			c := <-changes
			text += fmt.Sprintf("%v %+v %#v", c, c, c.Room())
		}
		if strings.Contains(text, "-secret") {
			t.Errorf("shows a secret: %s", text)
		}
	})
}

// A livestream that Fishjam doesn't list as a room is in the view nevertheless.
func TestLivestreamThatIsNoRoom(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		s.state.apply(func() []decode.Notification { s.state.hidesLivestreams = true; return nil })
		<-s.view.Synced()
		s.put(decode.StreamerConnected{StreamID: "live", StreamerID: "other"})
		room, ok := s.view.Room("live")
		if !ok || room.Type != fishjam.RoomLivestream || !room.Public || len(room.Streamers) != 1 || len(room.Viewers) != 1 {
			t.Errorf("the livestream is %+v", room)
		}
	})
}

// For a streamer or viewer that is deleted while it is connected, only the
// disconnection is notified.
func TestDeletedWhileConnected(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		s.put(decode.StreamerConnected{StreamID: "live", StreamerID: "s"}, decode.ViewerConnected{StreamID: "live", ViewerID: "v"})
		for _, n := range []decode.Notification{
			decode.StreamerDisconnected{StreamID: "live", StreamerID: "s"}, decode.ViewerDisconnected{StreamID: "live", ViewerID: "v"},
		} {
			s.state.apply(func() []decode.Notification {
				live := s.state.streams["live"]
				if n.Kind() == decode.KindStreamerDisconnected {
					live.Streamers = []cloudStreamer{}
				} else {
					live.Viewers = []cloudViewer{}
				}
				return nil
			})
			s.put(n)
		}
		if room, _ := s.view.Room("live"); len(room.Streamers)+len(room.Viewers) > 0 {
			t.Errorf("the livestream is %+v", room)
		}
	})
}

// The composition that tracks are forwarded to is kept up to date by notifications.
func TestTrackForwarding(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		<-s.view.Synced()
		changes := s.view.Changes(t.Context(), InRooms("conf"))
		audio, video := decode.Track{ID: "a", Type: decode.TrackTypeAudio}, decode.Track{ID: "v", Type: decode.TrackTypeVideo}
		forwarded := func(peer string, audio, video decode.Track) decode.TrackForwarding {
			return decode.TrackForwarding{RoomID: "conf", PeerID: peer, CompositionURL: "https://c.test/", InputID: "input-" + peer, Audio: audio, Video: video}
		}
		s.put(forwarded("q", audio, decode.Track{}), forwarded("p", audio, decode.Track{}), forwarded("p", audio, video), forwarded("p", audio, video))
		room, _ := s.view.Room("conf")
		want := &fishjam.Composition{URL: "https://c.test/", Forwardings: []fishjam.Forwarding{
			{PeerID: "p", InputID: "input-p", AudioTrackID: "a", VideoTrackID: "v"}, {PeerID: "q", InputID: "input-q", AudioTrackID: "a"},
		}}
		if !same(room.Composition, want) {
			t.Errorf("the composition is %+v", room.Composition)
		}
		s.put(decode.TrackForwardingRemoved{RoomID: "conf", PeerID: "p", CompositionURL: "https://c.test/", InputID: "input-p"})
		s.expect(changes, "room conf (inferred): appeared", "room conf: changed", "room conf: changed", "room conf: changed", "room conf: changed")
		if room, _ = s.view.Room("conf"); len(room.Composition.Forwardings) != 1 {
			t.Errorf("the composition is %+v", room.Composition)
		}
	})
}
