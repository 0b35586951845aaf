package prometheus_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := goroutinesLeft(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
			code = 1
		}
	}
	os.Exit(code)
}

// setup is a client of a server, with all that can be shown.
type setup struct {
	server    *jellyfishtest.Server
	rooms     *rooms.Client
	notifier  *stream.Notifier
	webhook   *stream.Webhook
	view      *watch.View
	collector *prometheus.Collector
}

// begin connects to an embedded server. All that cfg leaves out is filled in.
func begin(t testing.TB, server *jellyfishtest.Server, cfg prometheus.Config) *setup {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s := &setup{server: server}
	var err error
	s.rooms, err = rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
		Timeout:        10 * time.Minute, // A slow machine takes its time for 100,000 rooms.
	})
	check(t, err)
	t.Cleanup(s.rooms.CloseIdleConnections)
	s.notifier, err = stream.Open(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
	})
	check(t, err)
	s.webhook, err = stream.NewWebhook(ctx, stream.WebhookConfig{})
	check(t, err)
	s.view, err = watch.Start(ctx, s.rooms, s.notifier, watch.Config{})
	check(t, err)
	check(t, s.view.WaitSynced(ctx))
	cfg.Notifier, cfg.Webhook, cfg.View = s.notifier, s.webhook, s.view
	s.collector, err = prometheus.New(ctx, cfg)
	check(t, err)
	t.Cleanup(func() {
		cancel()
		<-s.view.Done()
	})
	return s
}

// confer has two rooms: standup with two peers, one of which is connected and sends
// a track, and an empty lobby.
func (s *setup) confer(t testing.TB) (connected, expected string) {
	t.Helper()
	ctx := context.Background()
	for _, id := range []string{"standup", "lobby"} {
		_, err := s.rooms.Create(ctx, rooms.RoomConfig{RoomID: id})
		check(t, err)
	}
	first, err := s.rooms.AddPeer(ctx, "standup", rooms.PeerOptions{})
	check(t, err)
	second, err := s.rooms.AddPeer(ctx, "standup", rooms.PeerOptions{})
	check(t, err)
	check(t, s.server.ConnectPeer("standup", first.Peer.ID, `{"name":"ada"}`))
	check(t, s.server.AddTrack("standup", first.Peer.ID, decode.Track{ID: first.Peer.ID + ":camera", Type: decode.TrackTypeVideo}))
	return first.Peer.ID, second.Peer.ID
}

// families returns what is shown now, by name.
func (s *setup) families(t testing.TB) map[string]*dto.MetricFamily {
	t.Helper()
	registry := client.NewPedanticRegistry()
	check(t, registry.Register(s.collector))
	found, err := registry.Gather()
	check(t, err)
	byName := make(map[string]*dto.MetricFamily, len(found))
	for _, f := range found {
		byName[f.GetName()] = f
	}
	return byName
}

// expect compares metrics with their text.
func (s *setup) expect(t testing.TB, text string) {
	t.Helper()
	var names []string
	var want strings.Builder
	families := s.families(t)
	for line := range strings.Lines(strings.TrimSpace(text) + "\n") {
		line = strings.TrimSpace(line)
		name := strings.FieldsFunc(line, func(r rune) bool { return r == '{' || r == ' ' })[0]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if families[name] == nil {
				name = strings.TrimSuffix(name, suffix)
			}
		}
		f := families[name]
		if f == nil {
			t.Fatalf("there is no %s", name)
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
			fmt.Fprintf(&want, "# HELP %s %s\n# TYPE %s %s\n", name, f.GetHelp(), name, strings.ToLower(f.GetType().String()))
		}
		want.WriteString(line + "\n")
	}
	if err := testutil.CollectAndCompare(s.collector, strings.NewReader(want.String()), names...); err != nil {
		t.Error(err)
	}
}

// value returns a metric without labels, or the one with these.
func (s *setup) value(t testing.TB, name string, labels ...string) float64 {
	t.Helper()
	f := s.families(t)["jellyfish_client_"+name]
	if f == nil {
		t.Fatalf("there is no %s", name)
	}
	for _, m := range f.GetMetric() {
		var values []string
		for _, l := range m.GetLabel() {
			values = append(values, l.GetValue())
		}
		if strings.Join(values, " ") != strings.Join(labels, " ") {
			continue
		}
		if f.GetType() == dto.MetricType_COUNTER {
			return m.GetCounter().GetValue()
		}
		return m.GetGauge().GetValue()
	}
	t.Fatalf("there is no %s with %q", name, labels)
	return 0
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get asks a handler and returns its answer.
func get(h http.Handler) (status int, body string) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	return answer.Code, answer.Body.String()
}

// eventually waits for what a goroutine of the library is about to do.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 minutes: %s", what)
		}
	}
}
