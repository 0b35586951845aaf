package screen

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/board"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

var update = flag.Bool("update", false, "write the frames that are wanted anew")

// now is when all frames were seen.
var now = time.Date(2026, time.November, 25, 13, 2, 11, 400e6, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

func reading(value float64) board.Reading { return board.Reading{Value: value, At: now} }

// scene is a source that shows always the same.
type scene struct {
	look   board.Look
	rooms  []board.Room
	opened map[string]*board.Opened
	events []board.Event
	last   board.Query
}

func (s *scene) Look(q board.Query) board.Look {
	s.last = q
	look := s.look
	look.Matching = 0
	for _, r := range s.rooms {
		if strings.Contains(r.ID, q.Filter) {
			look.Matching++
			look.List = append(look.List, r)
		}
	}
	for i, r := range look.List {
		if r.Key == q.Selected {
			look.Index = i
		}
	}
	look.Index = max(0, min(look.Index+q.Move, len(look.List)-1))
	if len(look.List) > 0 {
		look.Selected = look.List[look.Index].Key
	}
	look.Top = max(0, look.Index-q.Rows+1)
	look.List = look.List[look.Top:min(look.Top+q.Rows, len(look.List))]
	if q.Open != nil {
		look.Opened = s.opened[q.Open.ID]
		look.Gone = look.Opened == nil
	}
	skip := q.Skip
	for _, e := range s.events {
		wanted := e.IsGap() || (q.Room == "" || e.Room == q.Room) && (q.Find == "" || e.Contains(q.Find))
		if wanted && (q.Until == 0 || e.Number <= q.Until) {
			if skip--; skip < 0 && len(look.Events) < q.Events {
				look.Events = append(look.Events, e)
			}
		}
	}
	look.Newest = uint64(len(s.events))
	return look
}

const (
	ada  = "5e0bb8d2-7f7c-4b3c-9d57-9f3b9a1c0001"
	bob  = "77c13f0e-1f8e-49a7-8f0d-3d2f4f8b0002"
	carl = "c0ffee11-2222-4333-8444-5555666677aa"
	odd  = "9f3c1e52-8a1d-4a52-b6ef-6d0a55e7c04b"
)

// server is a server on which quite a lot goes on.
func server() *scene {
	limit := 12
	audio := decode.Track{ID: ada + ":audio", Type: decode.TrackTypeAudio, Metadata: `{"active":true}`}
	video := decode.Track{ID: ada + ":video", Type: decode.TrackTypeVideo, Metadata: `{"camera":"front"}`}
	standup := board.Room{
		Key: board.Key{ID: "standup", Node: "a:5002"}, Appeared: ago(42 * time.Minute), MaxPeers: &limit,
		Peers: 4, Connected: 3, Audio: 3, Video: 2, Components: 1, Last: decode.KindTrackAdded, LastAt: ago(2 * time.Second),
		Traffic: board.Traffic{In: reading(8.1e6), Out: reading(61e6), Loss: reading(0.001)},
	}
	list := []board.Room{
		standup,
		{
			Key: board.Key{ID: "webinar", Node: "a:5002"}, Appeared: ago(3 * time.Hour), Peers: 1, Connected: 1, Audio: 1, Video: 1,
			Last: decode.KindPeerConnected, LastAt: ago(time.Minute), Traffic: board.Traffic{In: reading(2.2e6), Out: reading(0), Loss: reading(0)},
		},
		{Key: board.Key{ID: odd, Node: "b:5002"}, Appeared: ago(12 * time.Second), Peers: 1, Last: decode.KindPeerAdded, LastAt: ago(12 * time.Second)},
		{Key: board.Key{ID: "design-review", Node: "b:5002"}, Appeared: ago(26 * time.Hour)},
	}
	peer := func(id, metadata string, status rooms.PeerStatus, since time.Duration, tracks ...decode.Track) watch.Peer {
		p := watch.Peer{Peer: rooms.Peer{ID: id, Type: "webrtc", Status: status, Metadata: decode.Metadata(metadata), Tracks: tracks}}
		if since > 0 {
			p.ConnectedAt = ago(since)
		}
		return p
	}
	full := &board.Opened{
		Room: watch.Room{
			ID: "standup", Node: "a:5002", Appeared: standup.Appeared,
			Config: rooms.RoomConfig{MaxPeers: &limit, VideoCodec: rooms.VideoCodecH264},
			Peers: []watch.Peer{
				peer(ada, `{"name":"Ada"}`, rooms.StatusConnected, 41*time.Minute, audio, video),
				peer(bob, `{"name":"Bob","role":"guest"}`, rooms.StatusConnected, 12*time.Minute, audio),
				peer(carl, `null`, rooms.StatusConnected, 40*time.Second, audio, video),
				peer("d15c0000-0000-4000-8000-00000000d15c", `null`, rooms.StatusDisconnected, 0),
			},
			Components: []rooms.Component{{ID: "1d7c7a6e-45c1-4cd8-9f3f-02f6a53f1fd1", Type: rooms.ComponentHLS, Properties: rooms.HLSProperties{Playable: true}}},
		},
		Sums: standup,
		Traffic: map[string]board.Traffic{
			ada:  {In: reading(1.2e6), Out: reading(20.4e6), Loss: reading(0)},
			bob:  {In: reading(48e3), Out: reading(20.4e6), Loss: reading(0.034)},
			carl: {In: reading(6.8e6), Out: reading(20.2e6)},
		},
	}
	lonely := &board.Opened{Room: watch.Room{ID: "design-review", Node: "b:5002", Appeared: ago(26 * time.Hour)}}
	gap := stream.Gap{Outages: 1, Since: ago(4 * time.Second), Until: ago(2800 * time.Millisecond), From: "a:5002", To: "b:5002", Err: errors.New("connection to a:5002: the server closed it")}
	event := func(d time.Duration, room, name string, n decode.Notification) board.Event {
		return board.Event{At: ago(d), Room: room, Name: name, Notification: n}
	}
	owner := decode.Owner{Type: decode.OwnerPeer, ID: ada}
	events := []board.Event{
		event(0, "standup", "Ada", decode.TrackMetadataUpdated{RoomID: "standup", Owner: owner, Track: audio}),
		event(2*time.Second, "standup", "Ada", decode.TrackAdded{RoomID: "standup", Owner: owner, Track: video}),
		{
			At: ago(2500 * time.Millisecond), Room: "webinar", Name: "Bob",
			Inferred: output.Description{Kind: "~ peer gone", Room: "webinar", Who: bob, WhoType: "peer", Brief: "(inferred)"},
		},
		event(2800*time.Millisecond, "", "", gap),
		event(12*time.Second, odd, "", decode.PeerAdded{RoomID: odd, PeerID: "3a3a3a3a-1111-4111-8111-111111111111"}),
		event(13*time.Second, odd, "", decode.RoomCreated{RoomID: odd}),
		event(40*time.Second, "standup", "", decode.PeerConnected{RoomID: "standup", PeerID: carl}),
		event(time.Minute, "webinar", "Eve \x1b[31m", decode.PeerConnected{RoomID: "webinar", PeerID: bob}),
		event(2*time.Minute, "standup", "", decode.ComponentCrashed{RoomID: "standup", ComponentID: "c0c0c0c0-2222-4222-8222-222222222222"}),
	}
	for i := range events {
		events[i].Number = uint64(len(events) - i)
	}
	return &scene{
		look: board.Look{
			Now:       now,
			State:     stream.State{Phase: stream.Live, Since: ago(3*time.Hour + 12*time.Minute), Address: "a:5002"},
			LastFrame: ago(400 * time.Millisecond), PerSecond: 41.3, Gaps: 2, Synced: true,
			Nodes: []watch.Node{{Address: "a:5002", Listed: ago(time.Minute)}, {Address: "b:5002", StaleSince: ago(12 * time.Second), Err: errors.New("GET b:5002/room: no response within 10s")}},
			Rooms: 4, Peers: 6, Connected: 4, Tracks: 7,
		},
		rooms:  list,
		opened: map[string]*board.Opened{"standup": full, "design-review": lonely},
		events: events,
	}
}

func down() *scene {
	s := server()
	s.look.State = stream.State{Phase: stream.Down, Since: ago(14 * time.Second), Address: "a:5002", Err: errors.New("connect to a:5002: dial tcp: connection refused")}
	s.look.LastFrame = ago(15 * time.Second)
	s.look.PerSecond = 0
	return s
}

// hosted is hosted Fishjam with a livestream, and no metrics.
func hosted() *scene {
	const address = "fishjam.io/api/v1/connect/0123abcd"
	s := empty()
	s.look.Nodes = []watch.Node{{Address: address, Listed: ago(time.Minute)}}
	s.look.State.Address = address
	s.look.Rooms, s.look.Peers, s.look.Connected = 1, 3, 2
	live := board.Room{Key: board.Key{ID: odd, Node: address}, Appeared: ago(12 * time.Minute), Peers: 3, Connected: 2, LastAt: ago(time.Minute)}
	s.rooms = []board.Room{live}
	s.opened = map[string]*board.Opened{odd: {
		Room: watch.Room{
			ID: odd, Node: address, Appeared: live.Appeared, Type: fishjam.RoomLivestream, Config: rooms.RoomConfig{VideoCodec: rooms.VideoCodecH264},
			Streamers: []watch.Streamer{{ID: ada, Status: rooms.StatusConnected, ConnectedAt: ago(11 * time.Minute)}},
			Viewers:   []watch.Viewer{{ID: bob, ConnectedAt: ago(time.Minute)}, {ID: carl}},
		},
		Sums: live,
	}}
	return s
}

func empty() *scene {
	s := server()
	s.rooms, s.events, s.opened = nil, nil, nil
	s.look.Rooms, s.look.Peers, s.look.Connected, s.look.Tracks, s.look.Gaps, s.look.PerSecond = 0, 0, 0, 0, 0, 0
	s.look.Nodes = s.look.Nodes[:1]
	return s
}

func (s *scene) listing() *scene {
	s.look.Synced = false
	return s
}

// frames are the views, and the keys that lead there.
var frames = []struct {
	name  string
	scene func() *scene
	keys  []string
}{
	{"rooms", server, nil},
	{"room", server, []string{"enter"}},
	{"events", server, []string{"e"}},
	{"paused", server, []string{"p", "/", "s", "t", "a", "n", "d", "enter", "e"}},
	{"find", server, []string{"e", "f", "w", "e", "b", "enter", "n"}},
	{"filter", server, []string{"/", "d", "e", "s"}},
	{"nobody", server, []string{"end", "enter"}},
	{"keys", server, []string{"?"}},
	{"down", down, nil},
	{"empty", empty, nil},
	{"listing", func() *scene { return empty().listing() }, nil},
	{"livestream", hosted, []string{"enter"}},
}

// press gives keys to a screen.
func press(m *Model, keys ...string) {
	for _, name := range keys {
		m.Update(keyOf(name))
	}
}

func keyOf(name string) tea.KeyPressMsg {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "end": tea.KeyEnd, "home": tea.KeyHome, "up": tea.KeyUp, "down": tea.KeyDown, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "backspace": tea.KeyBackspace}
	if code, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// TestFrames shows every view on terminals of two sizes, with and without colour.
// With -update it writes what it shows to testdata.
func TestFrames(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		for _, frame := range frames {
			for _, colour := range []bool{false, true} {
				name := fmt.Sprintf("%s-%dx%d", frame.name, size[0], size[1])
				if colour {
					name += "-colour"
				}
				t.Run(name, func(t *testing.T) {
					m := New(frame.scene(), "a:5002", colour)
					m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
					press(m, frame.keys...)
					got := onTerminal(t, m.Draw(), size[0], size[1], colour)
					golden(t, filepath.Join("testdata", name+".txt"), got)
				})
			}
		}
	}
}

// onTerminal returns what a terminal shows of a text; without colour its profile
// is that of NO_COLOR.
func onTerminal(t *testing.T, text string, width, height int, colour bool) string {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if n := ansi.StringWidth(line); n > width {
			t.Errorf("a line of %d columns: %q", n, line)
		}
	}
	if lines := strings.Count(text, "\n") + 1; lines > height {
		t.Errorf("%d lines on a screen of %d", lines, height)
	}
	profile := colorprofile.ANSI
	if !colour {
		profile = colorprofile.ASCII
		if strings.Contains(text, "\x1b") {
			t.Error("escape sequences without colour")
		}
	}
	var written bytes.Buffer
	writer := colorprofile.Writer{Forward: &written, Profile: profile}
	if _, err := writer.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
	terminal := vt.NewEmulator(width, height)
	defer terminal.Close()
	if _, err := terminal.Write(written.Bytes()); err != nil {
		t.Fatal(err)
	}
	shown := terminal.String()
	if colour {
		shown = terminal.Render()
	}
	lines := strings.Split(strings.ReplaceAll(shown, "\r", ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", file, got)
	}
}

// What is typed and seen in colour is what is seen without.
func TestColourSaysNothingElse(t *testing.T) {
	for _, frame := range frames {
		draw := func(colour bool) string {
			m := New(frame.scene(), "a:5002", colour)
			m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
			press(m, frame.keys...)
			var lines []string
			for _, line := range strings.Split(ansi.Strip(m.Draw()), "\n") {
				lines = append(lines, strings.TrimRight(line, " "))
			}
			return strings.Join(lines, "\n")
		}
		if plain, coloured := draw(false), draw(true); plain != coloured {
			t.Errorf("%s: with colour\n%s\nwithout\n%s", frame.name, coloured, plain)
		}
	}
}
