package conference_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/conference"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// The order within each scene is that of servers 0.5.0 and later (Jellyfish protocol,
// section 2.1, peer life-cycle sequences).
const want = `room_created lobby
room_created standup
peer_added standup
peer_connected standup
peer_metadata_updated standup
track_added standup
track_added standup
room_created webinar
peer_added standup
peer_connected standup
peer_metadata_updated standup
track_added standup
track_metadata_updated standup
track_added webinar
gap
peer_added standup
peer_connected standup
peer_metadata_updated standup
track_added standup
track_removed standup
peer_crashed standup
track_removed webinar
component_crashed webinar
room_crashed webinar
peer_disconnected standup
track_removed standup
track_removed standup
peer_deleted standup
room_deleted standup`

func TestPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		ctx, cancel := context.WithCancel(t.Context())
		sub := subscribe(ctx, t, server)
		go func() {
			defer cancel()
			if err := conference.Play(ctx, server, jellyfishtest.Token); err != nil {
				t.Errorf("Play: %v", err)
			}
		}()

		told, reported := read(t, sub)
		if got := strings.Join(told, "\n"); got != want {
			t.Errorf("told:\n%s\nwant:\n%s", got, want)
		}
		if !slices.Contains(reported, 1) {
			t.Errorf("no metrics report is about a room: %v", reported)
		}
		isEmpty(t, server)
	})
}

func newClient(t *testing.T, server *jellyfishtest.Server) *rooms.Client {
	t.Helper()
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func isEmpty(t *testing.T, server *jellyfishtest.Server) {
	t.Helper()
	list, err := newClient(t, server).List(context.WithoutCancel(t.Context()))
	if err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, error %v", list, err)
	}
}

// What an interrupted conference has left behind doesn't disturb the next one.
func TestPlayAfterADisturbance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		sub := subscribe(t.Context(), t, server)
		disturbed := make(chan error)
		go func() { disturbed <- conference.Play(t.Context(), server, jellyfishtest.Token) }()
		for n := range sub.All() {
			if n.Kind() == decode.KindTrackAdded {
				break
			}
		}
		if err := newClient(t, server).Delete(t.Context(), "standup"); err != nil {
			t.Fatal(err)
		}
		if err := <-disturbed; err == nil || !strings.Contains(err.Error(), "conference: ") || !strings.Contains(err.Error(), "standup") {
			t.Errorf("Play returned %v, want an error that names the room", err)
		}
		if err := conference.Play(t.Context(), server, jellyfishtest.Token); err != nil {
			t.Errorf("Play: %v", err)
		}
		isEmpty(t, server)
	})
}

// A live view detects what happened while its connection was cut, and no other changes
// of peers.
func TestWhatIsMissedIsFoundOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		notifier, err := stream.Open(t.Context(), stream.Config{
			ServerAddress:  server.Address(),
			ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
			HTTPClient:     server.HTTPClient(),
		})
		if err != nil {
			t.Fatal(err)
		}
		view, err := watch.Start(t.Context(), newClient(t, server), notifier, watch.Config{})
		if err != nil {
			t.Fatal(err)
		}
		changes := view.Changes(t.Context())
		go func() {
			defer notifier.Close()
			if err := conference.Play(t.Context(), server, jellyfishtest.Token); err != nil {
				t.Errorf("Play: %v", err)
			}
		}()
		var found []string
		for change := range changes {
			if c, ok := change.(watch.PeerChange); ok && c.Inferred() {
				found = append(found, fmt.Sprintf("%s, gone: %t", c.Before.Metadata, c.After == nil))
			}
		}
		if want := []string{`{"name":"Bob","role":"guest"}, gone: true`}; !slices.Equal(found, want) {
			t.Errorf("found out %q, want %q", found, want)
		}
	})
}

func TestPlayWithAWrongToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		if err := conference.Play(t.Context(), server, "mistaken"); !errors.Is(err, rooms.ErrUnauthorized) {
			t.Errorf("Play returned %v, want %v", err, rooms.ErrUnauthorized)
		}
	})
}

// read returns the kinds and rooms of everything that a subscription delivers, and for
// each metrics report the number of its rooms.
func read(t *testing.T, sub *stream.Subscription) (told []string, reported []int) {
	for {
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				return told, reported
			}
			room, _ := decode.RoomOf(n)
			told = append(told, strings.TrimSpace(fmt.Sprint(n.Kind(), " ", room)))
		case m, ok := <-sub.Metrics():
			if ok {
				reported = append(reported, roomsIn(t, m))
			}
		}
	}
}

func roomsIn(t *testing.T, m stream.Report) int {
	var report map[string]any
	if err := m.Unmarshal(&report); err != nil {
		t.Error(err)
	}
	n := 0
	for key := range report {
		if strings.HasPrefix(key, "room_id=") {
			n++
		}
	}
	return n
}

func TestPlayEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		ctx, cancel := context.WithCancel(t.Context())
		sub := subscribe(t.Context(), t, server)
		played := make(chan error)
		go func() { played <- conference.Play(ctx, server, jellyfishtest.Token) }()
		<-sub.Notifications()
		cancel()
		if err := <-played; !errors.Is(err, context.Canceled) {
			t.Errorf("Play returned %v, want context.Canceled", err)
		}
	})
}

func TestPlayToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		if err := conference.Play(t.Context(), server, jellyfishtest.Token); err != nil {
			t.Errorf("Play: %v", err)
		}
	})
}

func subscribe(ctx context.Context, t *testing.T, server *jellyfishtest.Server) *stream.Subscription {
	t.Helper()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
	}, stream.WithMetrics())
	if err != nil {
		t.Fatal(err)
	}
	return sub
}
