package browsertest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// world is a server and the page of it.
type world struct {
	t      *testing.T
	server *jellyfishtest.Server
	client *rooms.Client
	page   *dashboard.Handler
	http   *http.Server
	served chan struct{}
	addr   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if browser == nil {
		skipWithout(t, "Chromium")
	}
	w := &world{t: t, server: jellyfishtest.Run(t, jellyfishtest.Config{History: -1}), addr: "127.0.0.1:0"}
	ctx, cancel := context.WithCancel(context.Background())
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  w.server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		Backoff:        stream.Backoff{Cap: 500 * time.Millisecond},
	})
	w.must(err)
	w.client, err = rooms.New(rooms.Config{ServerAddress: w.server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	w.must(err)
	view, err := watch.Start(ctx, w.client, notifier, watch.Config{})
	w.must(err)
	w.must(view.WaitSynced(ctx))
	w.page, err = dashboard.New(ctx, dashboard.Config{View: view, Source: notifier})
	w.must(err)
	w.listen()
	t.Cleanup(func() {
		cancel()
		w.close()
		w.client.CloseIdleConnections()
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// listen serves the page, below a path as a program would, where it was served
// before.
func (w *world) listen() {
	w.t.Helper()
	listener, err := net.Listen("tcp", w.addr)
	w.must(err)
	w.addr = listener.Addr().String()
	mux := http.NewServeMux()
	mux.Handle("/debug/jellyfish/", w.page)
	w.http, w.served = &http.Server{Handler: mux}, make(chan struct{})
	go func(s *http.Server, served chan struct{}) {
		defer close(served)
		_ = s.Serve(listener)
	}(w.http, w.served)
}

func (w *world) close() {
	_ = w.http.Close()
	<-w.served
}

func (w *world) url() string { return "http://" + w.addr + "/debug/jellyfish/" }

func (w *world) create(id string) {
	w.t.Helper()
	_, err := w.client.Create(w.t.Context(), rooms.RoomConfig{RoomID: id, MaxPeers: rooms.Ptr(40), VideoCodec: rooms.VideoCodecH264})
	w.must(err)
}

// join has a peer of a name come and publish audio and video, and returns its id.
func (w *world) join(room, name string) string {
	w.t.Helper()
	added, err := w.client.AddPeer(w.t.Context(), room, rooms.PeerOptions{})
	w.must(err)
	id := added.Peer.ID
	w.must(w.server.ConnectPeer(room, id, decode.Metadata(fmt.Sprintf(`{"name":%q}`, name))))
	for i, kind := range []decode.TrackType{decode.TrackTypeAudio, decode.TrackTypeVideo} {
		w.must(w.server.AddTrack(room, id, decode.Track{
			ID:   fmt.Sprintf("%s:00000000-0000-4000-8000-00000000000%d", id, i),
			Type: kind, Metadata: decode.Metadata(fmt.Sprintf(`{"title":%q}`, name+"'s")),
		}))
	}
	return id
}
