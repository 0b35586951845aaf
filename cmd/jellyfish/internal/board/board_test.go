package board

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// begin starts a board on a test server in memory.
func begin(ctx context.Context, t *testing.T, server *jellyfishtest.Server) (*Board, *rooms.Client) {
	t.Helper()
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	notifier, err := stream.Open(ctx, stream.Config{ServerAddress: server.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Start(ctx, notifier, view, true)
	if err != nil {
		t.Fatal(err)
	}
	return b, client
}

// everything asks for more than there is.
var everything = Query{Rows: 100, Events: 100}

func TestBoardFollowsAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b, client := begin(ctx, t, server)
		if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: "atrium"}); err != nil {
			t.Fatal(err)
		}
		added, err := client.AddPeer(ctx, "atrium", rooms.PeerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ada := added.Peer.ID
		track := decode.Track{ID: "1", Type: decode.TrackTypeAudio}
		if err := server.ConnectPeer("atrium", ada, `{"name":"Ada"}`); err != nil {
			t.Fatal(err)
		}
		if err := server.AddTrack("atrium", ada, track); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) // Metrics have come.
		q := everything
		q.Open = &Key{ID: "atrium"}
		b.Look(q) // From now on its peers are measured.
		time.Sleep(2 * time.Second)
		look := b.Look(q)
		if look.Rooms != 1 || look.Peers != 1 || look.Connected != 1 || look.Tracks != 1 || !look.Synced {
			t.Errorf("there are %d rooms, %d of %d peers, %d tracks, synced %v", look.Rooms, look.Connected, look.Peers, look.Tracks, look.Synced)
		}
		room := look.List[0]
		if room.ID != "atrium" || room.Audio != 1 || room.Last != decode.KindTrackAdded || room.Traffic.In.Value != 32_000 || room.Traffic.Out.Value != 16_000 {
			t.Errorf("the room is %+v", room)
		}
		if got := look.Opened.Traffic[ada].In.Value; got != 32_000 {
			t.Errorf("the peer sends %v bits a second", got)
		}
		if e := look.Events[0]; e.Name != "Ada" || e.Notification.Kind() != decode.KindTrackAdded {
			t.Errorf("the latest event is %+v", e)
		}

		// What an outage hid is inferred, after its Gap.
		server.Cut(jellyfishtest.CutClean)
		if err := server.CrashPeer("atrium", ada, ""); err != nil {
			t.Fatal(err)
		}
		client.CloseIdleConnections()
		time.Sleep(5 * time.Second)
		look = b.Look(everything)
		var kinds []string
		for _, e := range look.Events {
			kinds = append(kinds, e.Describe().Kind)
		}
		slices.Reverse(kinds)
		if got := strings.Join(kinds, ", "); !strings.HasSuffix(got, "gap, ~ track gone, ~ peer gone") {
			t.Errorf("events are %s", got)
		}
		if look.Gaps != 1 || look.Peers != 0 || look.Connected != 0 || look.Tracks != 0 {
			t.Errorf("%d Gaps, %d of %d peers, %d tracks", look.Gaps, look.Connected, look.Peers, look.Tracks)
		}
		cancel()
		<-b.Done()
	})
}

// Sums are what the rooms add up to, whatever happens.
func TestTotalsAreThoseOfTheRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b, client := begin(ctx, t, server)
		for r := range 20 {
			id := fmt.Sprint("room-", r)
			if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: id}); err != nil {
				t.Fatal(err)
			}
			for p := range r {
				added, err := client.AddPeer(ctx, id, rooms.PeerOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if p%2 == 0 {
					if err := server.ConnectPeer(id, added.Peer.ID, "null"); err != nil {
						t.Fatal(err)
					}
					if err := server.AddTrack(id, added.Peer.ID, decode.Track{ID: "v", Type: decode.TrackTypeVideo}); err != nil {
						t.Fatal(err)
					}
				}
				if p%3 == 0 {
					if err := client.DeletePeer(ctx, id, added.Peer.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
			if r%4 == 0 {
				if err := client.Delete(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
			if r == 10 {
				server.Cut(jellyfishtest.CutClean)
				client.CloseIdleConnections()
			}
		}
		time.Sleep(10 * time.Second)
		look := b.Look(everything)
		peers, connected, tracks := 0, 0, 0
		for _, r := range look.List {
			peers, connected, tracks = peers+r.Peers, connected+r.Connected, tracks+r.Tracks()
		}
		if look.Rooms != 15 || look.Peers != peers || look.Connected != connected || look.Tracks != tracks || tracks == 0 {
			t.Errorf("totals are %d rooms, %d of %d peers, %d tracks; the rooms have %d of %d, %d", look.Rooms, look.Connected, look.Peers, look.Tracks, connected, peers, tracks)
		}
		list, err := client.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		listed := 0
		for _, r := range list {
			listed += len(r.Peers)
		}
		if listed != peers {
			t.Errorf("the server lists %d peers, the board has %d", listed, peers)
		}
		cancel()
		<-b.Done()
	})
}

func TestWindowOfRooms(t *testing.T) {
	b := &Board{rooms: make(map[Key]*Room), names: newNames(), meters: newMeters()}
	for i := range 100 {
		key := Key{ID: fmt.Sprintf("room-%02d", i)}
		b.rooms[key] = &Room{Key: key, Peers: i, Connected: i}
	}
	b.order.touch(ByRoom)
	for _, test := range []struct {
		query       Query
		index, top  int
		first, last string
	}{
		{Query{Sort: ByPeers, Rows: 10}, 0, 0, "room-99", "room-90"},
		{Query{Sort: ByPeers, Rows: 10, Selected: Key{ID: "room-95"}, Move: 10}, 14, 5, "room-94", "room-85"},
		{Query{Sort: ByPeers, Rows: 10, Selected: Key{ID: "room-85"}, Move: -4, Top: 5}, 10, 5, "room-94", "room-85"},
		{Query{Sort: ByPeers, Rows: 10, Move: 1 << 30}, 99, 90, "room-09", "room-00"},
		{Query{Sort: ByPeers, Rows: 10, Selected: Key{ID: "gone"}, Top: 50}, 0, 0, "room-99", "room-90"},
		{Query{Sort: ByRoom, Rows: 10}, 0, 0, "room-00", "room-09"},
		{Query{Sort: ByRoom, Rows: 10, Reversed: true}, 0, 0, "room-99", "room-90"},
		{Query{Sort: ByRoom, Rows: 10, Filter: "ROOM-5"}, 0, 0, "room-50", "room-59"},
		{Query{Sort: ByRoom, Rows: 10, Filter: "55"}, 0, 0, "room-55", "room-55"},
	} {
		look := Look{Now: time.Now()}
		b.list(&look, test.query)
		first, last := look.List[0].ID, look.List[len(look.List)-1].ID
		if look.Index != test.index || look.Top != test.top || first != test.first || last != test.last {
			t.Errorf("%+v: row %d from %d, %s to %s; want %d from %d, %s to %s", test.query, look.Index, look.Top, first, last, test.index, test.top, test.first, test.last)
		}
	}
}

func TestLossIsWhatWasSentAgain(t *testing.T) {
	m := newMeters()
	atrium := &Room{Key: Key{ID: "atrium"}}
	known := map[string]*Room{"atrium": atrium}
	now := time.Now()
	read := func(sent, again int) {
		t.Helper()
		report := decode.MetricsReport{JSON: fmt.Sprintf(`{"room_id=atrium":{"endpoint_id=ada":{"track_id=1":{"outbound-rtp.packets":%d,"outbound-rtp.rtx_sent":%d}}}}`, sent, again)}
		metrics, err := report.Parse()
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
		m.read(metrics, now, known)
	}
	read(1000, 10)
	if atrium.Traffic.Loss.Known(now) || atrium.Traffic.In.Known(now) {
		t.Error("known from one report alone")
	}
	read(2000, 60)
	if got := atrium.Traffic.Loss.Value; math.Abs(got-0.05) > 1e-9 {
		t.Errorf("loss %v, want 0.05", got)
	}
	read(100, 0) // The counters began anew.
	if got := atrium.Traffic.Loss; math.Abs(got.Value-0.05) > 1e-9 || !got.Known(now) || got.Known(now.Add(time.Minute)) {
		t.Errorf("after the counters began anew loss is %+v", got)
	}
}

func TestNameOfAPeer(t *testing.T) {
	for metadata, want := range map[decode.Metadata]string{
		`{"name":"Ada"}`:              "Ada",
		`{"displayName":"Ada L."}`:    "Ada L.",
		`{"name":7,"displayName":""}`: "",
		`"Ada"`:                       "Ada",
		`{"peer":{"name":"Ada"},"server":{"name":"A"}}`: "Ada",
		`{"peer":null,"server":{"name":"A"}}`:           "",
		`null`:                                          "",
		``:                                              "",
		`[1]`:                                           "",
		`{"name":{"first":"Ada"}}`:                      "",
		`{"name":"` + decode.Metadata(strings.Repeat("x", longestMetadata)) + `"}`: "",
	} {
		if got := Name(metadata); got != want {
			t.Errorf("%.40s: %q, want %q", metadata, got, want)
		}
	}
}

func TestEventsAreBounded(t *testing.T) {
	var r ring
	for range 3 * eventsKept {
		r.add(Event{Room: "a"})
	}
	all := r.before(r.last, 1<<30, func(Event) bool { return true })
	if len(all) != eventsKept || all[0].Number != 3*eventsKept || all[len(all)-1].Number != 2*eventsKept+1 {
		t.Errorf("%d events, from %d to %d", len(all), all[len(all)-1].Number, all[0].Number)
	}
	n := newNames()
	now := time.Now()
	for i := range 1000 {
		id := fmt.Sprint(i)
		n.put(id, `{"name":"Ada"}`)
		n.gone(id, now.Add(time.Duration(i)*time.Second))
	}
	if len(n.byID) > 12 {
		t.Errorf("%d names of peers that are gone", len(n.byID))
	}
}
