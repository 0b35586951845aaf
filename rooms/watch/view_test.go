package watch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// scene is one server with a client and a notifier, in a bubble.
type scene struct {
	*testing.T
	server   *jellyfishtest.Server
	client   *rooms.Client
	notifier *stream.Notifier
}

func inScene(t *testing.T, play func(*scene)) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory:      true,
			SequentialIDs: true,
			Receivers:     map[string]http.Handler{"receiver.test": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})},
		})
		s := &scene{T: t, server: server, client: clientOf(t, server.Address(), server.HTTPClient())}
		s.notifier = notifierOf(t, server.Address(), server.HTTPClient())
		play(s)
	})
}

func clientOf(t *testing.T, address string, through *http.Client) *rooms.Client {
	t.Helper()
	client, err := rooms.New(rooms.Config{ServerAddress: address, ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), HTTPClient: through})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func notifierOf(t *testing.T, address string, through *http.Client) *stream.Notifier {
	t.Helper()
	notifier, err := stream.Open(t.Context(), stream.Config{ServerAddress: address, ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: through})
	if err != nil {
		t.Fatal(err)
	}
	return notifier
}

// start returns a synced view, and its changes from then on.
func (s *scene) start(cfg watch.Config) (*watch.View, <-chan watch.Change) {
	s.Helper()
	view, err := watch.Start(s.Context(), s.client, s.notifier, cfg)
	if err != nil {
		s.Fatal(err)
	}
	<-view.Synced()
	changes := view.Changes(s.Context())
	taken(changes)
	return view, changes
}

func (s *scene) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *scene) create(config rooms.RoomConfig) string {
	s.Helper()
	created, err := s.client.Create(s.Context(), config)
	s.must(err)
	return created.Room.ID
}

func (s *scene) addPeer(room string) string {
	s.Helper()
	added, err := s.client.AddPeer(s.Context(), room, rooms.PeerOptions{})
	s.must(err)
	return added.Peer.ID
}

// taken returns the changes that have arrived once everything has settled.
func taken(changes <-chan watch.Change) []watch.Change {
	var list []watch.Change
	for {
		synctest.Wait()
		select {
		case c, ok := <-changes:
			if !ok {
				return list
			}
			list = append(list, c)
		default:
			return list
		}
	}
}

// expect compares the texts of the changes that have arrived.
func (s *scene) expect(changes <-chan watch.Change, want ...string) {
	s.Helper()
	var got []string
	for _, c := range taken(changes) {
		got = append(got, c.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestListedFirstThenFollowed(t *testing.T) {
	inScene(t, func(s *scene) {
		old := s.create(rooms.RoomConfig{RoomID: "old", MaxPeers: rooms.Ptr(3)})
		first := s.addPeer(old)
		synctest.Wait()
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{})
		s.must(err)
		changes := view.Changes(s.Context())
		<-view.Synced()
		s.expect(changes,
			"room old (inferred): appeared",
			"room old (inferred): peer "+first+" appeared, disconnected")

		second := s.addPeer(old)
		s.must(s.server.ConnectPeer(old, second, `{"name":"ada"}`))
		s.must(s.server.AddTrack(old, second, decode.Track{ID: "t1", Type: decode.TrackTypeAudio, Metadata: "null"}))
		s.must(s.server.CrashPeer(old, first, "boom"))
		s.expect(changes,
			"room old: peer "+second+" appeared, disconnected",
			"room old: peer "+second+" changed, connected",
			"room old: peer "+second+" changed, connected",
			"room old: audio track t1 of peer "+second+" appeared",
			"room old: peer "+first+" is gone")

		room, ok := view.Room(old)
		want := watch.Room{
			ID: old, Node: s.server.Address(), Config: rooms.RoomConfig{RoomID: old, MaxPeers: rooms.Ptr(3)},
			Peers: []watch.Peer{{
				Peer: rooms.Peer{ID: second, Type: "webrtc", Status: rooms.StatusConnected, Metadata: `{"name":"ada"}`,
					Tracks: []decode.Track{{ID: "t1", Type: decode.TrackTypeAudio, Metadata: "null"}}},
				ConnectedAt: time.Now(),
			}},
			Appeared:   time.Now(),
			Components: []rooms.Component{},
		}
		if diff := cmp.Diff(want, room); diff != "" || !ok {
			s.Errorf("room (-want +got):\n%s", diff)
		}
	})
}

// A room's configuration and node are in no notification (Jellyfish protocol, section
// 2.1): the room appears at once, and is looked up.
func TestNewRoomIsLookedUp(t *testing.T) {
	inScene(t, func(s *scene) {
		view, changes := s.start(watch.Config{})
		id := s.create(rooms.RoomConfig{RoomID: "new", VideoCodec: rooms.VideoCodecH264})
		got := taken(changes)
		if len(got) != 2 || got[0].Inferred() || !got[1].Inferred() {
			s.Fatalf("got %v, want an observed and an inferred change", got)
		}
		appeared, known := got[0].(watch.RoomChange), got[1].(watch.RoomChange)
		if appeared.Cause != (decode.RoomCreated{RoomID: id}) || appeared.Before != nil || appeared.After.Node != "" {
			s.Errorf("it appeared as %+v", appeared)
		}
		if known.After.Node != s.server.Address() || known.After.Config.VideoCodec != rooms.VideoCodecH264 {
			s.Errorf("it became %+v", known.After)
		}
		if view.Rooms().Len() != 1 {
			s.Errorf("%d rooms, want 1", view.Rooms().Len())
		}
	})
}

// Jellyfish protocol, section 2.1: there is no notification of a component that was
// added or removed. Its tracks show that, and so does a playlist.
func TestComponentsAreLookedUp(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r", VideoCodec: rooms.VideoCodecH264})
		view, changes := s.start(watch.Config{})
		file, err := s.client.AddComponent(s.Context(), id, rooms.FileOptions{FilePath: "video.h264"})
		s.must(err)
		synctest.Wait()
		room, _ := view.Room(id)
		if len(room.Components) != 1 || len(room.Components[0].Tracks) != 1 {
			s.Fatalf("components: %v", room.Components)
		}
		track := room.Components[0].Tracks[0].ID
		hls, err := s.client.AddComponent(s.Context(), id, rooms.HLSOptions{})
		s.must(err)
		s.must(s.server.MakePlayable(id))
		synctest.Wait()
		s.must(s.server.FinishComponent(id, file.ID))
		s.expect(changes,
			"room r (inferred): file component "+file.ID+" appeared",
			"room r (inferred): video track "+track+" of component "+file.ID+" appeared",
			"room r (inferred): hls component "+hls.ID+" appeared",
			"room r: video track "+track+" of component "+file.ID+" is gone",
			"room r (inferred): file component "+file.ID+" is gone")
		room, _ = view.Room(id)
		if p, ok := room.Components[0].Properties.(rooms.HLSProperties); !ok || !p.Playable {
			s.Errorf("HLS is %+v, want it playable", room.Components[0])
		}
	})
}

// A peer that left during an outage is reported as an inferred change after the
// reconnect, exactly once.
func TestOutageIsInferredOnce(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		peer, stays := s.addPeer(id), s.addPeer(id)
		view, changes := s.start(watch.Config{})
		s.server.Cut(jellyfishtest.CutClean)
		s.must(s.client.DeletePeer(s.Context(), id, peer))
		s.expect(changes)
		for _, n := range view.Nodes() {
			if n.StaleSince.IsZero() {
				s.Errorf("%v isn't stale during an outage", n.Address)
			}
		}
		time.Sleep(time.Minute)
		s.expect(changes, "room r (inferred): peer "+peer+" is gone")
		time.Sleep(time.Hour)
		s.expect(changes)
		room, _ := view.Room(id)
		if len(room.Peers) != 1 || room.Peers[0].ID != stays {
			s.Errorf("peers are %v", room.Peers)
		}
		if got := view.Stats(); got.Gaps != 1 || got.Corrected != 0 || got.Inferred != 2 {
			s.Errorf("counters are %+v, want the first list and the one after the gap", got)
		}
		for _, n := range view.Nodes() {
			if !n.StaleSince.IsZero() || n.Err != nil {
				s.Errorf("%+v is stale", n)
			}
		}
	})
}

// Jellyfish protocol, section 1.7: a restart loses every room without a notification.
func TestRestartForgetsEveryRoom(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		peer := s.addPeer(id)
		s.must(s.server.ConnectPeer(id, peer, ""))
		s.must(s.server.AddTrack(id, peer, decode.Track{ID: "t", Type: decode.TrackTypeVideo}))
		view, changes := s.start(watch.Config{})
		s.server.Stop()
		time.Sleep(time.Minute)
		s.expect(changes)
		s.must(s.server.Restart())
		time.Sleep(time.Minute)
		s.expect(changes,
			"room r (inferred): video track t of peer "+peer+" is gone",
			"room r (inferred): peer "+peer+" is gone",
			"room r (inferred): is gone")
		if n := view.Rooms().Len(); n != 0 {
			s.Errorf("%d rooms are left", n)
		}
	})
}

// A component without tracks has no notification: the periodic listing finds it.
func TestPeriodicListCorrects(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r", VideoCodec: rooms.VideoCodecH264})
		view, changes := s.start(watch.Config{ListInterval: time.Minute})
		hls, err := s.client.AddComponent(s.Context(), id, rooms.HLSOptions{})
		s.must(err)
		time.Sleep(50 * time.Second)
		s.expect(changes)
		time.Sleep(20 * time.Second)
		s.expect(changes, "room r (inferred): hls component "+hls.ID+" appeared")
		if got := view.Stats(); got.Corrected != 1 {
			s.Errorf("counters are %+v, want 1 corrected", got)
		}
		before := view.Stats().Lists
		time.Sleep(100 * time.Minute)
		if lists := view.Stats().Lists - before; lists < 90 || lists > 111 {
			s.Errorf("%d lists in 100 minutes", lists)
		}
	})
}

// What is listed again isn't a change, even if it has secrets.
func TestP12ComponentsWithSecretsDontChange(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r", WebhookURL: rooms.NewSecret("http://user:hook-secret@receiver.test/"), VideoCodec: rooms.VideoCodecH264})
		for _, options := range []rooms.ComponentOptions{
			rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Address: "sip.test", Username: "u", Password: rooms.NewSecret("p")}},
			rooms.RTSPOptions{SourceURI: rooms.NewSecret("rtsp://user:secret@camera.test/")},
			rooms.HLSOptions{}, rooms.FileOptions{FilePath: "video.h264"},
		} {
			_, err := s.client.AddComponent(s.Context(), id, options)
			s.must(err)
		}
		synctest.Wait()
		view, changes := s.start(watch.Config{ListInterval: time.Minute})
		time.Sleep(10 * time.Minute)
		s.expect(changes)
		if got := view.Stats(); got.Corrected != 0 || got.Lists < 5 {
			s.Errorf("the counters are %+v", got)
		}
	})
}

// Lists fail while notifications continue.
func TestFailingListsAreRetried(t *testing.T) {
	inScene(t, func(s *scene) {
		gate := &gate{through: s.server.HTTPClient().Transport}
		s.client = clientOf(t, s.server.Address(), &http.Client{Transport: gate})
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		view, changes := s.start(watch.Config{})
		gate.closed.Store(true)
		s.server.Cut(jellyfishtest.CutClean)
		time.Sleep(time.Minute)
		open := clientOf(t, s.server.Address(), s.server.HTTPClient())
		peer, err := open.AddPeer(s.Context(), id, rooms.PeerOptions{})
		s.must(err)
		s.expect(changes, "room r: peer "+peer.Peer.ID+" appeared, disconnected")
		n := view.Nodes()[0]
		if n.Err == nil || n.StaleSince.IsZero() || time.Since(n.StaleSince) < time.Minute {
			s.Errorf("%+v isn't stale since the cut", n)
		}
		if failures := view.Stats().Failures; failures < 5 || failures > 30 {
			s.Errorf("%d failures in a minute", failures)
		}
		gate.closed.Store(false)
		time.Sleep(time.Minute)
		if n := view.Nodes()[0]; n.Err != nil || !n.StaleSince.IsZero() {
			s.Errorf("%+v is still stale", n)
		}
	})
}

// gate lets requests through while it is open.
type gate struct {
	through http.RoundTripper
	closed  atomic.Bool
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.closed.Load() {
		return nil, errors.New("the gate is closed")
	}
	return g.through.RoundTrip(r)
}

func (g *gate) CloseIdleConnections() {}

func TestEndsWithItsContext(t *testing.T) {
	inScene(t, func(s *scene) {
		s.create(rooms.RoomConfig{})
		ctx, cancel := context.WithCancel(s.Context())
		view, err := watch.Start(ctx, s.client, s.notifier, watch.Config{})
		s.must(err)
		<-view.Synced()
		changes := view.Changes(s.Context())
		synctest.Wait()
		if view.Err() != nil {
			s.Errorf("Err is %v before the end", view.Err())
		}
		cancel()
		<-view.Done()
		taken(changes)
		if _, open := <-changes; open {
			s.Error("the channel of changes is open")
		}
		if !errors.Is(view.Err(), context.Canceled) {
			s.Errorf("Err is %v", view.Err())
		}
		if view.Rooms().Len() != 1 {
			s.Error("what was known last is gone")
		}
	})
}

// When the source ends, what remains is delivered.
func TestEndsWithItsSource(t *testing.T) {
	inScene(t, func(s *scene) {
		view, changes := s.start(watch.Config{})
		for i := range 200 {
			s.create(rooms.RoomConfig{RoomID: fmt.Sprintf("r-%03d", i)})
		}
		synctest.Wait()
		s.notifier.Close()
		<-view.Done()
		if !errors.Is(view.Err(), stream.ErrClosed) {
			s.Errorf("Err is %v", view.Err())
		}
		if got := replay(s.T, nil, taken(changes)); len(got) != 200 {
			s.Errorf("%d rooms were delivered, want 200", len(got))
		}
		if _, open := <-changes; open {
			s.Error("the channel of changes is open")
		}
		late := view.Changes(s.Context())
		if got := replay(s.T, nil, taken(late)); len(got) != 200 {
			s.Errorf("%d rooms were delivered after the end, want 200", len(got))
		}
	})
}

// replay applies changes of rooms to a list of ids.
func replay(t *testing.T, ids []string, changes []watch.Change) []string {
	t.Helper()
	for _, c := range changes {
		c, ok := c.(watch.RoomChange)
		switch {
		case !ok:
		case c.Before == nil:
			ids = append(ids, c.RoomID)
		case c.After == nil:
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == c.RoomID })
		}
	}
	return ids
}

// A relay is a source like any other: the view follows what is put into it, repairs its
// Gaps, and ends with it.
func TestP12RelayAsASource(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		relay := stream.NewRelay(s.Context())
		view, err := watch.Start(s.Context(), s.client, relay, watch.Config{})
		s.must(err)
		s.must(view.WaitSynced(s.Context()))
		changes := view.Changes(s.Context())
		s.expect(changes, "room r (inferred): appeared")

		peer := s.addPeer(id)
		s.expect(changes) // The relay received nothing.
		s.must(relay.Put(decode.PeerAdded{RoomID: id, PeerID: peer}, decode.RoomCreated{RoomID: "nowhere"}))
		s.expect(changes, "room r: peer "+peer+" appeared, disconnected", "room nowhere: appeared")

		s.must(s.client.DeletePeer(s.Context(), id, peer))
		began := time.Now()
		time.Sleep(time.Second)
		s.must(relay.Mark(stream.Gap{Outages: 1, Since: began}))
		s.expect(changes, "room nowhere (inferred): is gone", "room r (inferred): peer "+peer+" is gone")
		if n := view.Nodes(); len(n) != 1 || n[0].Err != nil || !n[0].StaleSince.IsZero() || view.Stats().Gaps != 1 {
			s.Errorf("the nodes are %+v, the counters %+v", n, view.Stats())
		}

		s.server.Reset() // The relay isn't told, but the node's uptime is checked.
		time.Sleep(15 * time.Second)
		s.expect(changes, "room r (inferred): is gone")
		relay.Close()
		<-view.Done()
		if _, open := <-changes; open || !errors.Is(view.Err(), stream.ErrClosed) {
			s.Errorf("the channel is open: %t, Err is %v", open, view.Err())
		}
	})
}

// Cancelling the context of Changes closes only that channel.
func TestChangesEndWithTheirContext(t *testing.T) {
	inScene(t, func(s *scene) {
		view, changes := s.start(watch.Config{})
		ctx, cancel := context.WithCancel(s.Context())
		brief := view.Changes(ctx)
		synctest.Wait()
		cancel()
		if _, open := <-brief; open {
			s.Error("the channel is open")
		}
		s.create(rooms.RoomConfig{RoomID: "r"})
		s.expect(changes, "room r: appeared", "room r (inferred): changed")
	})
}

func TestRefusesWhatCannotBeUsed(t *testing.T) {
	inScene(t, func(s *scene) {
		for name, start := range map[string]func() (*watch.View, error){
			"no client": func() (*watch.View, error) { return watch.Start(s.Context(), nil, s.notifier, watch.Config{}) },
			"no source": func() (*watch.View, error) { return watch.Start(s.Context(), s.client, nil, watch.Config{}) },
			"negative interval": func() (*watch.View, error) {
				return watch.Start(s.Context(), s.client, s.notifier, watch.Config{ListInterval: -1})
			},
			"malformed node": func() (*watch.View, error) {
				return watch.Start(s.Context(), s.client, s.notifier, watch.Config{Nodes: []string{"a b"}})
			},
		} {
			var refused *input.Error
			if _, err := start(); !errors.As(err, &refused) {
				s.Errorf("%s: %v, want an *InputError", name, err)
			}
		}
		s.notifier.Close()
		if _, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{}); !errors.Is(err, stream.ErrClosed) {
			s.Errorf("a closed notifier: %v", err)
		}
	})
}

func TestP10RoomsPrintWithoutSecrets(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{WebhookURL: rooms.NewSecret("http://user:hook-secret@receiver.test/")})
		_, err := s.client.AddComponent(s.Context(), id, rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Address: "sip.test", Username: "u", Password: rooms.NewSecret("sip-secret")}})
		s.must(err)
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{})
		s.must(err)
		<-view.Synced()
		room, _ := view.Room(id)
		if len(room.Components) != 1 {
			s.Fatalf("components: %v", room.Components)
		}
		for _, c := range taken(view.Changes(s.Context())) {
			for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
				if text := fmt.Sprintf(verb+verb, c, room); strings.Contains(text, "-secret") {
					s.Errorf("%s shows a secret: %s", verb, text)
				}
			}
		}
	})
}
