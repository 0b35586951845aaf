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
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// The order within each scene is that of a server of version 0.5.0 or later
// (Jellyfish protocol, section 2.1, peer life-cycle sequences).
const want = `room_created standup
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
			if err := conference.Play(ctx, server); err != nil {
				t.Errorf("Play: %v", err)
			}
		}()

		told, rooms := read(t, sub)
		if got := strings.Join(told, "\n"); got != want {
			t.Errorf("told:\n%s\nwant:\n%s", got, want)
		}
		if !slices.Contains(rooms, 1) {
			t.Errorf("no metrics report is about a room: %v", rooms)
		}
	})
}

// read returns the kinds and rooms of what a subscription delivers to its end,
// and for each metrics report how many rooms it is about.
func read(t *testing.T, sub *stream.Subscription) (told []string, rooms []int) {
	for {
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				return told, rooms
			}
			room, _ := decode.RoomOf(n)
			told = append(told, strings.TrimSpace(fmt.Sprint(n.Kind(), " ", room)))
		case m, ok := <-sub.Metrics():
			if ok {
				rooms = append(rooms, roomsIn(t, m))
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
		go func() { played <- conference.Play(ctx, server) }()
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
		if err := conference.Play(t.Context(), server); err != nil {
			t.Errorf("Play: %v", err)
		}
	})
}

func subscribe(ctx context.Context, t *testing.T, server *jellyfishtest.Server) *stream.Subscription {
	t.Helper()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: jellyfishtest.Token,
		HTTPClient:     server.HTTPClient(),
	}, stream.WithMetrics())
	if err != nil {
		t.Fatal(err)
	}
	return sub
}
