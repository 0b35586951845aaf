package prometheus_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// crowded starts a server that lists n rooms of two peers with a track each, of which
// one is connected.
func crowded(t testing.TB, n int) *jellyfishtest.Server {
	t.Helper()
	var body strings.Builder
	body.WriteString(`{"data":[`)
	for i := range n {
		if i > 0 {
			body.WriteByte(',')
		}
		const peer = `{"id":"%[1]s-%[2]s","type":"webrtc","status":"%[3]s","metadata":{"name":"%[2]s"},"tracks":[{"id":"%[1]s-%[2]s:camera","type":"video","metadata":null}]}`
		id := fmt.Sprintf("room-%06d", i)
		fmt.Fprintf(&body, `{"id":"%s","config":{"roomId":"%[1]s","maxPeers":10,"videoCodec":"h264","webhookUrl":null},"components":[],"peers":[`, id)
		fmt.Fprintf(&body, peer+",", id, "ada", "connected")
		fmt.Fprintf(&body, peer+"]}", id, "bob", "disconnected")
	}
	body.WriteString("]}")
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	check(t, server.FailCalls(jellyfishtest.CallFault{
		Method: "GET", Path: "/room", Status: 200, Body: body.String(),
		Header: map[string][]string{"Content-Type": {"application/json"}},
	}))
	return server
}

func TestSeriesDontDependOnRooms(t *testing.T) {
	few := begin(t, crowded(t, 3), prometheus.Config{WebRTC: true})
	crowd := crowded(t, 100_000)
	many := begin(t, crowd, prometheus.Config{WebRTC: true})
	if a, b := few.series(t), many.series(t); a != b {
		t.Errorf("%d series with 3 rooms, %d with 100,000", a, b)
	}
	if n := many.value(t, "rooms", "occupied"); n != 100_000 {
		t.Errorf("%v rooms are shown", n)
	}
	status, body := get(many.collector.Handler())
	if status != 200 || len(body) > 32<<10 {
		t.Errorf("a scrape answers %d with %d bytes", status, len(body))
	}
	t.Logf("100,000 rooms of 2 peers: %d series, %d bytes", many.series(t), len(body))

	const limit = 20 // By room, a few of them.
	collector, err := prometheus.New(t.Context(), prometheus.Config{View: many.view, SingleRooms: limit})
	check(t, err)
	single := &setup{collector: collector}
	if n := len(single.families(t)["jellyfish_client_single_room_peers"].GetMetric()); n != limit {
		t.Errorf("%d rooms have series of their own, not %d", n, limit)
	}
	if n := single.value(t, "single_rooms_left_out"); n != 100_000-limit {
		t.Errorf("%v rooms are left out", n)
	}
}

func TestSingleRoomsStayUntilThereAreMuchLargerOnes(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{SingleRooms: 1})
	join := func(room string) {
		t.Helper()
		added, err := s.rooms.AddPeer(t.Context(), room, rooms.PeerOptions{})
		check(t, err)
		check(t, s.server.ConnectPeer(room, added.Peer.ID, ""))
		eventually(t, "the peer is there", func() bool {
			r, _ := s.view.Room(room)
			p, ok := r.Peer(added.Peer.ID)
			return ok && p.Status == rooms.StatusConnected
		})
	}
	shown := func() string {
		return s.families(t)["jellyfish_client_single_room_peers"].GetMetric()[0].GetLabel()[0].GetValue()
	}
	for _, id := range []string{"first", "second", strings.Repeat("long", 65)} {
		_, err := s.rooms.Create(t.Context(), rooms.RoomConfig{RoomID: id})
		check(t, err)
	}
	join("first")
	eventually(t, "it is shown", func() bool { return shown() == "first" })
	join("second")
	join("second")
	if got := shown(); got != "first" {
		t.Errorf("%s is shown though it is only twice as large", got)
	}
	join("second")
	eventually(t, "a room thrice as large is shown", func() bool { return shown() == "second" })
	if n := s.value(t, "single_rooms_left_out"); n != 2 {
		t.Errorf("%v rooms are left out, not 2", n)
	}
}

// series counts all that is shown, buckets too.
func (s *setup) series(t testing.TB) int {
	t.Helper()
	n := 0
	for _, f := range s.families(t) {
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				n += len(h.GetBucket()) + 3
			} else {
				n++
			}
		}
	}
	return n
}

// BenchmarkScrape is a scrape that looks at all rooms: that of a new collector, whose
// making is in it.
func BenchmarkScrape(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprint(n, " rooms"), func(b *testing.B) {
			s := begin(b, crowded(b, n), prometheus.Config{WebRTC: true})
			cfg := prometheus.Config{Notifier: s.notifier, Webhook: s.webhook, View: s.view}
			b.ReportAllocs()
			for b.Loop() {
				collector, err := prometheus.New(b.Context(), cfg)
				check(b, err)
				get(collector.Handler())
			}
			_, body := get(s.collector.Handler())
			b.ReportMetric(float64(len(body)), "bytes")
			b.ReportMetric(float64(zipped(b, body)), "zipped-bytes")
			b.ReportMetric(float64(s.series(b)), "series")
		})
	}
}

func zipped(b *testing.B, text string) int {
	var to bytes.Buffer
	z := gzip.NewWriter(&to)
	_, err := z.Write([]byte(text))
	check(b, err)
	check(b, z.Close())
	return to.Len()
}
