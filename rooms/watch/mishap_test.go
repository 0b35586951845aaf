package watch_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// counted counts requests, and delays each a little.
type counted struct {
	through     http.RoundTripper
	takes       time.Duration
	lists, gets atomic.Int64
}

func (x *counted) CloseIdleConnections() {}
func (x *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		if r.URL.Path == "/room" {
			x.lists.Add(1)
		} else {
			x.gets.Add(1)
		}
		select {
		case <-time.After(x.takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return x.through.RoundTrip(r)
}

// Rooms on an unknown node are looked up a few times, not for every notification.
func TestRoomsOfUnknownNodesAreNotAskedForAgainAndAgain(t *testing.T) {
	for _, count := range []int{10, 100, 1000} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			inScene(t, func(s *scene) {
				x := &counted{through: s.server.HTTPClient().Transport, takes: 5 * time.Millisecond}
				s.client = clientOf(s.T, s.server.Address(), &http.Client{Transport: x})
				s.start(watch.Config{})
				x.lists.Store(0)
				x.gets.Store(0)
				for range 60 { // A minute in which a track of a peer changes in each room.
					for i := range count {
						s.must(s.server.Send(decode.TrackMetadataUpdated{RoomID: fmt.Sprint("elsewhere-", i), Owner: decode.Owner{Type: decode.OwnerPeer, ID: "p"}, Track: decode.Track{ID: "t"}}))
					}
					time.Sleep(time.Second)
				}
				if n := x.lists.Load() + x.gets.Load(); n > 600 {
					s.Errorf("%d requests in a minute, all in vain", n)
				}
			})
		})
	}
}

// Many rooms are created at once: the list that replaces lookups doesn't count as a
// correction.
func TestBurstIsNoCorrection(t *testing.T) {
	inScene(t, func(s *scene) {
		var log bytes.Buffer
		x := &counted{through: s.server.HTTPClient().Transport, takes: time.Second}
		s.client = clientOf(s.T, s.server.Address(), &http.Client{Transport: x})
		view, _ := s.start(watch.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		maker := clientOf(s.T, s.server.Address(), s.server.HTTPClient())
		for i := range 40 {
			_, err := maker.Create(s.Context(), rooms.RoomConfig{RoomID: fmt.Sprint("r-", i)})
			s.must(err)
		}
		time.Sleep(20 * time.Second)
		if got := view.Stats(); got.Corrected != 0 {
			s.Errorf("counters %+v, log %s", got, log.String())
		}
	})
}

// If a node's lists fail but its lookups work, its rooms are looked up.
func TestLookupsGoOnWhileListsFail(t *testing.T) {
	inScene(t, func(s *scene) {
		s.client = clientOf(s.T, s.server.Address(), &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet && r.URL.Path == "/room" {
				return nil, fmt.Errorf("the list is too large")
			}
			return s.server.HTTPClient().Transport.RoundTrip(r)
		})})
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{})
		s.must(err)
		id := s.create(rooms.RoomConfig{RoomID: "new", MaxPeers: rooms.Ptr(3)})
		time.Sleep(time.Hour)
		r, _ := view.Room(id)
		if r.Node == "" || view.Stats().Lookups == 0 {
			s.Errorf("after an hour %v, %+v", r, view.Stats())
		}
	})
}

// Right after a reconnect, before the view has handled the Gap, its nodes are stale: a
// room that ended in the outage may still be shown.
func TestStaleUntilTheGapIsTakenIn(t *testing.T) {
	inScene(t, func(s *scene) {
		view, _ := s.start(watch.Config{})
		wrong := 0
		for range 300 {
			id := s.create(rooms.RoomConfig{})
			synctest.Wait()
			s.server.Cut(jellyfishtest.CutClean)
			s.client.CloseIdleConnections()
			synctest.Wait()
			s.must(s.client.Delete(s.Context(), id))
			for s.notifier.State().Phase != stream.Live {
				<-s.notifier.States()
			}
			if n := view.Nodes()[0]; n.StaleSince.IsZero() {
				if _, ok := view.Room(id); ok {
					wrong++
				}
			}
			time.Sleep(time.Minute)
		}
		if wrong > 0 {
			s.Errorf("%d times in 300 reconnects a view that is wrong says that it is fresh", wrong)
		}
	})
}

// An interval can be so long that it means never.
func TestLongestInterval(t *testing.T) {
	for range 20 {
		inScene(t, func(s *scene) {
			view, _ := s.start(watch.Config{ListInterval: math.MaxInt64})
			time.Sleep(time.Hour)
			if n := view.Stats().Lists; n != 1 {
				s.Errorf("%d lists in an hour", n)
			}
		})
	}
}

// rewritten changes the bodies of responses.
type rewritten struct {
	through http.RoundTripper
	change  func(path, body string) string
}

func (x rewritten) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := x.through.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	text := x.change(r.URL.Path, string(body))
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return answer, nil
}

// A list that has a room twice has one room.
func TestRoomTwiceInAList(t *testing.T) {
	inScene(t, func(s *scene) {
		s.create(rooms.RoomConfig{RoomID: "r"})
		s.client = clientOf(s.T, s.server.Address(), &http.Client{Transport: rewritten{s.server.HTTPClient().Transport, func(path, body string) string {
			if path == "/room" {
				return strings.Replace(body, `[{`, `[{"id":"r","config":{"roomId":"r","maxPeers":null,"videoCodec":null},"components":[],"peers":[]},{`, 1)
			}
			return body
		}}})
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{ListInterval: time.Minute})
		s.must(err)
		<-view.Synced()
		if n := view.Rooms().Len(); n != 1 {
			s.Errorf("%d rooms", n)
		}
		s.expect(view.Changes(s.Context()), "room r (inferred): appeared")
	})
}

func TestPeerTwiceInAList(t *testing.T) {
	inScene(t, func(s *scene) {
		s.create(rooms.RoomConfig{RoomID: "r"})
		s.client = clientOf(s.T, s.server.Address(), &http.Client{Transport: rewritten{s.server.HTTPClient().Transport, func(path, body string) string {
			return strings.Replace(body, `"peers":[]`, `"peers":[{"id":"p","type":"webrtc","status":"connected"},{"id":"p","type":"webrtc","status":"disconnected"}]`, 1)
		}}})
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{ListInterval: time.Minute})
		s.must(err)
		<-view.Synced()
		got := taken(view.Changes(s.Context()))
		if len(got) != 2 {
			s.Errorf("the changes are %v", got)
		}
	})
}

// Metadata that differs in a large whole number is different.
func TestLargeNumbersInMetadata(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{RoomID: "r"})
		peer := s.addPeer(id)
		s.must(s.server.ConnectPeer(id, peer, `{"id":9007199254740992}`))
		view, changes := s.start(watch.Config{ListInterval: time.Minute})
		s.must(s.server.DisconnectPeer(id, peer))
		s.must(s.server.ConnectPeer(id, peer, `{"id":9007199254740993}`))
		time.Sleep(2 * time.Hour)
		room, _ := view.Room(id)
		real, err := s.client.Get(s.Context(), id)
		s.must(err)
		if room.Peers[0].Metadata != real.Peers[0].Metadata {
			s.Errorf("after two hours the view has %s, the server %s; changes %v", room.Peers[0].Metadata, real.Peers[0].Metadata, taken(changes))
		}
	})
}

// A nil notifier is refused.
func TestNilNotifier(t *testing.T) {
	inScene(t, func(s *scene) {
		defer func() {
			if p := recover(); p != nil {
				s.Errorf("Start panics: %v", p)
			}
		}()
		var notifier *stream.Notifier
		if _, err := watch.Start(s.Context(), s.client, notifier, watch.Config{}); err == nil {
			s.Error("no error")
		}
	})
}

// A change reveals no SIP password and no user info of a webhook, not even in a JSON
// log.
func TestP10ChangeInJSONLog(t *testing.T) {
	inScene(t, func(s *scene) {
		id := s.create(rooms.RoomConfig{WebhookURL: rooms.NewSecret("http://user:hook-secret@receiver.test/")})
		_, err := s.client.AddComponent(s.Context(), id, rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Address: "sip.test", Username: "u", Password: rooms.NewSecret("sip-secret")}})
		s.must(err)
		view, err := watch.Start(s.Context(), s.client, s.notifier, watch.Config{})
		s.must(err)
		<-view.Synced()
		var text bytes.Buffer
		log := slog.New(slog.NewJSONHandler(&text, nil))
		for _, c := range taken(view.Changes(s.Context())) {
			log.Info("changed", "change", c)
		}
		for line := range strings.Lines(text.String()) {
			if strings.Contains(line, "-secret") {
				s.Errorf("shows a secret: %s", line)
			}
		}
	})
}

// A view can be printed while it changes.
func TestPrintingAView(t *testing.T) {
	inScene(t, func(s *scene) {
		view, _ := s.start(watch.Config{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 200 {
				_ = fmt.Sprintf("%v", view)
			}
		}()
		for i := range 200 {
			s.must(s.server.Send(decode.RoomCreated{RoomID: fmt.Sprint("r-", i)}))
		}
		<-done
	})
}
