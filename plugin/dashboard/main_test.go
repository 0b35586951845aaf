package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// world is a server in memory and the page of it.
type world struct {
	t        *testing.T
	server   *jellyfishtest.Server
	client   *rooms.Client
	notifier *stream.Notifier
	view     *watch.View
	page     *dashboard.Handler
}

// newWorld makes the page of a server; change may change its configuration.
func newWorld(t *testing.T, change func(*dashboard.Config)) *world {
	t.Helper()
	w := &world{t: t, server: jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, History: -1})}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	var err error
	w.notifier, err = stream.Open(ctx, stream.Config{
		ServerAddress:  w.server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		HTTPClient:     w.server.HTTPClient(),
	})
	w.must(err)
	w.client, err = rooms.New(rooms.Config{
		ServerAddress:  w.server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
		HTTPClient:     w.server.HTTPClient(),
	})
	w.must(err)
	t.Cleanup(w.client.CloseIdleConnections)
	w.view, err = watch.Start(ctx, w.client, w.notifier, watch.Config{})
	w.must(err)
	w.must(w.view.WaitSynced(ctx))
	config := dashboard.Config{View: w.view, Source: w.notifier}
	if change != nil {
		change(&config)
	}
	w.page, err = dashboard.New(ctx, config)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) create(id string) {
	w.t.Helper()
	_, err := w.client.Create(w.t.Context(), rooms.RoomConfig{RoomID: id, VideoCodec: rooms.VideoCodecH264})
	w.must(err)
}

func (w *world) join(room, name string) string {
	w.t.Helper()
	added, err := w.client.AddPeer(w.t.Context(), room, rooms.PeerOptions{})
	w.must(err)
	id := added.Peer.ID
	w.must(w.server.ConnectPeer(room, id, decode.Metadata(fmt.Sprintf(`{"name":%q}`, name))))
	w.must(w.server.AddTrack(room, id, decode.Track{ID: id + ":1", Type: decode.TrackTypeVideo, Metadata: "null"}))
	return id
}

// get asks for a path as a browser on this machine does; change may change that.
func (w *world) get(path string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8080/jellyfish/"+path, nil)
	r.RemoteAddr = "127.0.0.1:40000"
	if change != nil {
		change(r)
	}
	answer := httptest.NewRecorder()
	w.page.ServeHTTP(answer, r)
	return answer
}

// message is what a test reads of one of the stream.
type message struct {
	Full  bool
	State struct{ Phase string }
	Rooms []struct {
		I    string
		C, P int
		In   int64
	}
	Gone   []string
	Events []struct {
		N          uint64
		K, R, W, A string
		X, J       string
	}
	Gaps   []struct{ X string }
	Counts struct {
		Rooms, Peers, Connected, Tracks int
		Events, Gaps, Slow              uint64
	}
	Nodes    []struct{ S int64 }
	Webhooks *struct {
		Accepted uint64
		Refused  map[string]uint64
	}
}

// follow reads the page's stream until a message is as wanted, for which it keeps
// what came before.
func (w *world) follow(wanted func(all []message) bool) []message {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/stream", nil)
	r.RemoteAddr = "127.0.0.1:40000"
	read, write := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.page.ServeHTTP(&browser{header: make(http.Header), PipeWriter: write}, r)
		_ = write.Close()
	}()
	defer func() {
		_ = read.Close()
		<-done
	}()
	lines := bufio.NewScanner(read)
	lines.Buffer(nil, 64<<20)
	var all []message
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var m message
		w.must(json.Unmarshal([]byte(text), &m))
		all = append(all, m)
		if wanted(all) {
			return all
		}
	}
	w.t.Fatalf("the stream ended with %d messages: %+v", len(all), all[max(0, len(all)-1):])
	return nil
}

// browser hands what it is sent on to a reader.
type browser struct {
	*io.PipeWriter
	header http.Header
}

func (b *browser) Header() http.Header { return b.header }
func (b *browser) WriteHeader(int)     {}
func (b *browser) Flush()              {}

func last(all []message) message { return all[len(all)-1] }
