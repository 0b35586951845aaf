package watch

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// onHosted runs a test with a view of a hosted Fishjam that has a conference and a public
// livestream with a streamer and a viewer.
func onHosted(t *testing.T, test func(*testing.T, *hostedScene)) {
	synctest.Test(t, func(t *testing.T) {
		s := &hostedScene{T: t, server: jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, FishjamID: "account"})}
		s.prepare()
		var err error
		s.source, err = stream.Open(t.Context(), stream.Config{
			FishjamID: "account", ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: s.server.HTTPClient(),
		})
		s.must(err)
		s.calls = len(s.server.Calls())
		s.view, err = StartFishjam(t.Context(), s.client, s.source, Config{ListInterval: time.Hour})
		s.must(err)
		<-s.view.Synced()
		test(t, s)
	})
}

type hostedScene struct {
	*testing.T
	server *jellyfishtest.Server
	client *fishjam.Client // Of the view and of the test.
	source *stream.Notifier
	view   *View
	calls  int // How many there were before the view's first.

	conf     string // Ids.
	live     string
	streamer fishjam.Streamer
	viewer   fishjam.Viewer
}

func (s *hostedScene) prepare() {
	var err error
	s.client, err = fishjam.New(fishjam.Config{
		FishjamID: "account", ManagementToken: fishjam.NewSecret(jellyfishtest.Token), HTTPClient: s.server.HTTPClient(),
	})
	s.must(err)
	s.Cleanup(s.client.CloseIdleConnections)
	room, err := s.client.CreateRoom(s.Context(), fishjam.RoomConfig{})
	s.must(err)
	livestream, err := s.client.CreateLivestream(s.Context(), fishjam.LivestreamConfig{Public: true})
	s.must(err)
	s.conf, s.live = room.ID, livestream.ID
	s.streamer, err = s.client.AddStreamer(s.Context(), s.live)
	s.must(err)
	s.viewer, err = s.client.AddViewer(s.Context(), s.live)
	s.must(err)
}

func (s *hostedScene) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// connect makes the streamer and the viewer connect.
func (s *hostedScene) connect() {
	s.Helper()
	s.must(s.server.ConnectStreamer(s.live, s.streamer.ID))
	_, err := s.server.ConnectViewer(s.live, s.viewer.ID)
	s.must(err)
	s.settle()
}

func (s *hostedScene) send(ns ...decode.Notification) {
	s.Helper()
	s.must(s.server.Send(ns...))
	s.settle()
}

// cut makes a Gap.
func (s *hostedScene) cut() {
	s.server.Cut(jellyfishtest.CutClean)
	time.Sleep(time.Minute)
}

// settle lets the view receive what was sent, and look up what it lacks.
func (s *hostedScene) settle() { time.Sleep(2 * time.Second) }

// room returns a room that the view must have.
func (s *hostedScene) room(id string) Room {
	s.Helper()
	room, ok := s.view.Room(id)
	if !ok {
		s.Fatalf("the view has no room %s", id)
	}
	return room
}

// expect checks the changes that have arrived.
func (s *hostedScene) expect(changes <-chan Change, want ...string) {
	s.Helper()
	synctest.Wait()
	named := strings.NewReplacer(s.conf, "conf", s.live, "live", s.streamer.ID, "s", s.viewer.ID, "v")
	var got []string
	for len(changes) > 0 {
		got = append(got, named.Replace((<-changes).String()))
	}
	if !same(want, got) {
		s.Errorf("the changes (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// A livestream's streamer and viewers are in the view, with their changes.
func TestLivestreamChanges(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		changes := s.view.Changes(t.Context(), InRooms(s.live))
		s.expect(changes, "room live (inferred): appeared", "room live (inferred): streamer s appeared, disconnected", "room live (inferred): viewer v appeared")
		s.connect()
		s.expect(changes, "room live: streamer s changed, connected", "room live: viewer v changed")
		room := s.room(s.live)
		if !room.IsLivestream() || !room.Public || room.Streamers[0].ConnectedAt.IsZero() || room.Viewers[0].ConnectedAt.IsZero() {
			t.Errorf("the room is %+v", room)
		}
		s.must(s.server.DisconnectStreamer(s.live, s.streamer.ID))
		s.must(s.server.DisconnectViewer(s.live, s.viewer.ID))
		s.settle()
		s.expect(changes, "room live: streamer s changed, disconnected", "room live: viewer v changed")
		s.must(s.client.DeleteLivestream(t.Context(), s.live))
		s.settle()
		s.expect(changes, "room live: streamer s is gone", "room live: viewer v is gone", "room live: is gone")
		if room := s.room(s.conf); room.IsLivestream() || room.Type != fishjam.RoomConference {
			t.Errorf("the conference is %+v", room)
		}
	})
}

// A viewer of a public livestream who isn't listed is shown while it is connected, or
// until the livestream was looked up.
func TestViewerWithoutAToken(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		changes := s.view.Changes(t.Context(), InRooms(s.live))
		synctest.Wait()
		for len(changes) > 0 {
			<-changes
		}
		s.must(s.server.FailCalls(jellyfishtest.CallFault{Status: http.StatusServiceUnavailable}))
		s.send(decode.ViewerConnected{StreamID: s.live, ViewerID: "guest"}, decode.ViewerDisconnected{StreamID: s.live, ViewerID: "guest"})
		s.expect(changes, "room live: viewer guest appeared", "room live: viewer guest is gone")
		s.must(s.server.FailCalls())
		time.Sleep(time.Minute)
		s.send(decode.ViewerConnected{StreamID: s.live, ViewerID: "guest"})
		s.expect(changes, "room live: viewer guest appeared", "room live (inferred): viewer guest is gone")
	})
}

// Whether a viewer is connected isn't listed: a list keeps what is known, and after a
// Gap it is unknown.
func TestP12ViewersAreUnknownAfterAGap(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		s.connect()
		time.Sleep(3 * time.Hour)
		if room := s.room(s.live); room.Viewers[0].ConnectedAt.IsZero() {
			t.Errorf("after a list the viewer is %+v", room.Viewers[0])
		}
		s.cut()
		if room := s.room(s.live); !room.Viewers[0].ConnectedAt.IsZero() || !room.Viewers[0].Token.Equal(s.viewer.Token) {
			t.Errorf("after a Gap the viewer is %+v", room.Viewers[0])
		}
	})
}

// A new peer is looked up for what its notification lacks.
func TestHostedPeerIsLookedUp(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		retry := jellyfishtest.CallFault{Method: http.MethodGet, Status: http.StatusServiceUnavailable}
		s.must(s.server.FailCalls(retry)) // So that it is looked up once it has subscribed.
		var ids []string
		for _, options := range []fishjam.WebRTCOptions{{}, {}, {Metadata: map[string]int{"n": 1}, SubscribeMode: fishjam.SubscribeManual}} {
			added, err := s.client.AddPeer(t.Context(), s.conf, options)
			s.must(err)
			ids = append(ids, added.Peer.ID)
		}
		others, id := ids[:2], ids[2]
		slices.Sort(others)
		for _, other := range []string{others[1], others[0]} {
			s.must(s.client.SubscribePeer(t.Context(), s.conf, id, other))
		}
		s.must(s.server.FailCalls())
		time.Sleep(time.Minute)
		want := Peer{
			Peer:          rooms.Peer{ID: id, Type: "webrtc", Status: rooms.StatusDisconnected, Metadata: `{"peer":{},"server":{"n":1}}`},
			SubscribeMode: fishjam.SubscribeManual, Subscriptions: fishjam.Subscriptions{Peers: others},
		}
		peers := normal(s.room(s.conf)).Peers
		if i := slices.IndexFunc(peers, func(p Peer) bool { return p.ID == id }); i < 0 || !same(peers[i], want) {
			t.Errorf("the peers are %+v", peers)
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
		if _, err := StartFishjam(t.Context(), s.client, s.source, Config{Nodes: []string{"node.test"}}); !errors.As(err, &refused) || refused.Field != "Nodes" {
			t.Errorf("Nodes: %v", err)
		}
		if _, err := StartFishjam(t.Context(), nil, s.source, Config{}); !errors.As(err, &refused) || refused.Field != "client" {
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
		var paths []string
		for _, call := range s.server.Calls()[s.calls:] {
			paths = append(paths, call.Path)
		}
		if want := []string{"/livestream", "/room"}; !slices.Equal(paths, want) {
			t.Errorf("requests for %v", paths)
		}
	})
}

// A room that the client's Fishjam doesn't have is shown, with the reason; a late
// notification doesn't bring back a room of which only the end was notified.
func TestP12RoomsThatHostedFishjamDoesNotHave(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		s.send(decode.RoomCreated{RoomID: "elsewhere"}, decode.RoomDeleted{RoomID: "ended"}, decode.ViewerDisconnected{StreamID: "ended", ViewerID: "v"})
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
		s.must(s.server.FailCalls(jellyfishtest.CallFault{Status: http.StatusUnauthorized}))
		s.server.Cut(jellyfishtest.CutClean)
		<-s.view.Done()
		if err := s.view.Err(); !errors.Is(err, fishjam.ErrUnauthorized) {
			t.Errorf("the view ended with %v", err)
		}
	})
}

// The tokens of streamers and viewers are never printed.
func TestP10LivestreamTokensAreNotPrinted(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		room := s.room(s.live)
		if !room.Streamers[0].Token.Equal(s.streamer.Token) || !room.Viewers[0].Token.Equal(s.viewer.Token) {
			t.Error("the view has other tokens")
		}
		text := fmt.Sprintf("%v %+v %#v %v %+v", room, room, room, room.Streamers, room.Viewers)
		changes := s.view.Changes(t.Context())
		synctest.Wait()
		for len(changes) > 0 {
			c := <-changes
			text += fmt.Sprintf("%v %+v %#v", c, c, c.Room())
		}
		if strings.Contains(text, s.streamer.Token.Reveal()) || strings.Contains(text, s.viewer.Token.Reveal()) {
			t.Errorf("shows a secret: %s", text)
		}
	})
}

// A livestream that Fishjam doesn't list as a room is in the view nevertheless.
func TestLivestreamThatIsNoRoom(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		s.must(s.server.FailCalls(
			jellyfishtest.CallFault{Path: "/room", Status: http.StatusOK, Body: `{"data":[]}`},
			jellyfishtest.CallFault{Path: "/room/*", Status: http.StatusNotFound, Body: `{"errors":"no such room"}`}))
		s.cut()
		if _, ok := s.view.Room(s.conf); ok {
			t.Fatal("rooms are listed")
		}
		s.send(decode.StreamerConnected{StreamID: s.live, StreamerID: "other"})
		room := s.room(s.live)
		if room.Type != fishjam.RoomLivestream || !room.Public || len(room.Streamers) != 1 || len(room.Viewers) != 1 {
			t.Errorf("the livestream is %+v", room)
		}
	})
}

// For a streamer or viewer that is deleted while it is connected, only the
// disconnection is notified.
func TestDeletedWhileConnected(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		s.connect()
		s.must(s.client.DeleteStreamer(t.Context(), s.live, s.streamer.ID))
		s.must(s.client.DeleteViewer(t.Context(), s.live, s.viewer.ID))
		s.settle()
		if room := s.room(s.live); len(room.Streamers)+len(room.Viewers) > 0 {
			t.Errorf("the livestream is %+v", room)
		}
	})
}

// The composition that tracks are forwarded to is kept up to date by notifications.
func TestTrackForwarding(t *testing.T) {
	onHosted(t, func(t *testing.T, s *hostedScene) {
		changes := s.view.Changes(t.Context(), InRooms(s.conf))
		audio, video := decode.Track{ID: "a", Type: decode.TrackTypeAudio}, decode.Track{ID: "v", Type: decode.TrackTypeVideo}
		forwarded := func(peer string, audio, video decode.Track) decode.TrackForwarding {
			return decode.TrackForwarding{RoomID: s.conf, PeerID: peer, CompositionURL: "https://c.test/", InputID: "input-" + peer, Audio: audio, Video: video}
		}
		s.send(forwarded("q", audio, decode.Track{}), forwarded("p", audio, decode.Track{}), forwarded("p", audio, video), forwarded("p", audio, video))
		room := s.room(s.conf)
		want := &fishjam.Composition{URL: "https://c.test/", Forwardings: []fishjam.Forwarding{
			{PeerID: "p", InputID: "input-p", AudioTrackID: "a", VideoTrackID: "v"}, {PeerID: "q", InputID: "input-q", AudioTrackID: "a"},
		}}
		if !same(room.Composition, want) {
			t.Errorf("the composition is %+v", room.Composition)
		}
		s.send(decode.TrackForwardingRemoved{RoomID: s.conf, PeerID: "p", CompositionURL: "https://c.test/", InputID: "input-p"})
		s.expect(changes, "room conf (inferred): appeared", "room conf: changed", "room conf: changed", "room conf: changed", "room conf: changed")
		if room := s.room(s.conf); len(room.Composition.Forwardings) != 1 {
			t.Errorf("the composition is %+v", room.Composition)
		}
	})
}
