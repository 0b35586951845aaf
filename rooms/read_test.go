package rooms_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// One unreadable room doesn't affect the others, and its readable part is kept.
func TestP11OddRooms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		odd  string
		want rooms.Room
	}{
		{`{"id":"b","config":{"maxPeers":10.0}}`, rooms.Room{Config: rooms.RoomConfig{MaxPeers: rooms.Ptr(10)}}},
		{`{"id":"b","config":{"maxPeers":1e1,"peerlessPurgeTimeout":60e0}}`, rooms.Room{Config: rooms.RoomConfig{MaxPeers: rooms.Ptr(10), PeerlessPurgeTimeout: 60e9}}},
		{`{"id":"b","config":{"maxPeers":10.5,"videoCodec":"vp8"}}`, rooms.Room{
			Config: rooms.RoomConfig{VideoCodec: rooms.VideoCodecVP8}, Problems: []string{"config.maxPeers: want a whole number"}}},
		{`{"config":{"webhookUrl":{"url":"u"},"roomId":"b"},"id":"b"}`, rooms.Room{
			Config: rooms.RoomConfig{RoomID: "b"}, Problems: []string{"config.webhookUrl: want a text"}}},
		{`{"id":"b","config":null,"peers":null,"components":null}`, rooms.Room{}},
		{`{"id":"b","config":[],"peers":"x","components":7}`, rooms.Room{
			Problems: []string{"config: want an object", "peers: want a list", "components: want a list"}}},
		{`{"id":"b","peers":[{"type":"webrtc"},{"id":"p"},null,{"id":7}]}`, rooms.Room{Peers: []rooms.Peer{{ID: "p"}},
			Problems: []string{"peers[0]: peer has no id", "peers[2]: peer has no id", "peers[3].id: want a text", "peers[3]: peer has no id"}}},
		{`{"id":"b","peers":[{"id":"p","status":true,"tracks":[null,{"id":"t","type":1}],"metadata":{not: json}}]}`, rooms.Room{
			Peers:    []rooms.Peer{{ID: "p", Tracks: []decode.Track{{ID: "t"}}, Metadata: "{not: json}"}},
			Problems: []string{"peers[0].status: want a text", "peers[0].tracks[0]: no track", "peers[0].tracks[1].type: want a text"}}},
		{`{"id":"b","components":[{"id":"c","properties":{"playable":"yes","persistent":true},"type":"hls"},{}]}`, rooms.Room{
			Components: []rooms.Component{{ID: "c", Type: rooms.ComponentHLS, Properties: rooms.HLSProperties{Persistent: true}}},
			Problems:   []string{"components[0].playable: want true or false", "components[1]: component has no id"}}},
		{`{"id":"b","components":[{"id":"c","properties":{"rtpPort":1.0},"type":"rtsp"},{"id":"d","type":"file","properties":null}]}`, rooms.Room{
			Components: []rooms.Component{
				{ID: "c", Type: rooms.ComponentRTSP, Properties: rooms.RTSPProperties{RTPPort: 1}},
				{ID: "d", Type: rooms.ComponentFile, Properties: rooms.FileProperties{}},
			}}},
		{`{"ID":"b","Config":{"MAXPEERS":3}}`, rooms.Room{Config: rooms.RoomConfig{MaxPeers: rooms.Ptr(3)}}},
	} {
		test.want.ID = "b"
		var log bytes.Buffer
		client := serveWith(t, rooms.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			answering(200, `{"data":[{"id":"a"},`+test.odd+`,{"id":"c"}]}`))
		list, err := client.List(t.Context())
		if err != nil {
			t.Errorf("%s: %v", test.odd, err)
			continue
		}
		if diff := cmp.Diff([]rooms.Room{{ID: "a"}, test.want, {ID: "c"}}, list); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.odd, diff)
		}
		odd := uint64(min(1, len(test.want.Problems)))
		if got, want := client.Stats(), (rooms.Stats{OddRooms: odd}); got != want {
			t.Errorf("%s: %+v, want %+v", test.odd, got, want)
		}
		if lines := strings.Count(log.String(), "\n"); lines != int(odd) {
			t.Errorf("%s: logged %s", test.odd, &log)
		}
	}
}

// Elements that aren't rooms, or have no id, are left out, counted and logged.
func TestP11RoomsLeftOut(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	client := serveWith(t, rooms.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))},
		answering(200, `{"data":[null,{"id":"a"},7,[{}],{"peers":[]},{"id":""},{"id":null},"x",{"id":{"id":"y"}}]}`))
	list, err := client.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "a" || list[0].Problems != nil {
		t.Errorf("%+v, error %v", list, err)
	}
	if got, want := client.Stats(), (rooms.Stats{RoomsLeftOut: 8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "left_out=8") {
		t.Errorf("logged %s", text)
	}
}

// A room in which everything is unreadable has eight problems, which contain none of
// the server's text except keys, on one line.
func TestP11ProblemsAreBounded(t *testing.T) {
	t.Parallel()
	client := serve(t, answering(200, `{"data":{"id":"r","peers":[`+strings.Repeat(`{"id":1},`, 1000)+`{"\u0131\u202eD\nx":1}]}}`))
	room, err := client.Get(t.Context(), "r")
	if err != nil || len(room.Problems) != 8 || room.Peers == nil || len(room.Peers) != 0 {
		t.Fatalf("%+v, error %v", room, err)
	}
	for _, problem := range room.Problems {
		if len(problem) > 100 {
			t.Errorf("problem %q", problem)
		}
	}
}

// Deeply nested metadata is kept as it is, and doesn't affect other rooms.
func TestP11DeepMetadata(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{9_996, 20_000} {
		server := jellyfishtest.Run(t, jellyfishtest.Config{})
		client := on(t, server)
		deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		body := `{"data":[{"id":"a","peers":[{"id":"p","metadata":` + deep + `,"status":"connected"}],"x":` + deep + `},{"id":"b"}]}`
		list, _, err := rooms.ReadList(t.Context(), strings.NewReader(body), 1<<20)
		if err != nil || len(list) != 2 || string(list[0].Peers[0].Metadata) != deep || list[0].Peers[0].Status != "connected" {
			t.Errorf("%d levels: %d rooms, error %v", depth, len(list), err)
		}
		if depth > 9_996 {
			continue // The server parses what its own clients send.
		}
		room := must(client.Create(t.Context(), rooms.RoomConfig{}))(t).Room.ID
		peer := must(client.AddPeer(t.Context(), room, rooms.PeerOptions{}))(t).Peer.ID
		must(0, server.ConnectPeer(room, peer, decode.Metadata(deep)))(t)
		must(client.Create(t.Context(), rooms.RoomConfig{}))(t)
		if list := must(client.List(t.Context()))(t); len(list) != 2 {
			t.Errorf("%d rooms", len(list))
		}
	}
}

// FuzzListAgainstEncodingJSON: a list that encoding/json reads into the same structs
// gives the same result, without a problem, and any other list is read or refused.
func FuzzListAgainstEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{"data":[]}`,
		`{"data":[{"id":"a","config":{"roomId":"a","maxPeers":10,"videoCodec":"h264","webhookUrl":"http://h/","peerlessPurgeTimeout":60,"peerDisconnectedTimeout":null},"components":[],"peers":[]}]}`,
		`{"data":[{"id":"a","peers":[{"id":"p","type":"webrtc","status":"connected","tracks":[{"id":"t","type":"audio","metadata":{"a": 1}}],"metadata":{"name":"\u00e9"}}]}]}`,
		`{"data":[{"id":"a","components":[{"id":"c","type":"rtsp","properties":{"sourceUri":"rtsp://c/","rtpPort":20000}},{"id":"d","properties":{},"type":"new","tracks":[]}]},{"id":"b","config":{"maxPeers":1e1}}]}`,
		`{"data":[null,{},{"id":"a","peers":[null,{"id":1}]}]} `, "{\"data\":[{\"id\":\"\xff\\ud800\"}]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, leftOut, err := rooms.ReadList(t.Context(), bytes.NewReader(text), 1<<20)
		if errors.Is(err, rooms.ErrTooLarge) {
			return
		}
		for _, room := range got {
			if len(room.Problems) > 8 || room.ID == "" {
				t.Fatalf("%q: %+v", text, room)
			}
		}
		var want struct{ Data []rooms.WireRoom }
		decoder := json.NewDecoder(bytes.NewReader(text))
		if decoder.Decode(&want) != nil || decoder.Decode(new(any)) != io.EOF || jsonRepeats(text) || !plausible(want.Data) {
			return
		}
		if err != nil || leftOut > 0 {
			t.Fatalf("%q: error %v, %d left out", text, err, leftOut)
		}
		list := []rooms.WireRoom{}
		for i, room := range got {
			if room.Problems != nil {
				return // Properties, which encoding/json doesn't parse here.
			}
			w := rooms.WireRoomOf(room)
			for j := range w.Components { // Compared in another test.
				w.Components[j].Properties, w.Components[j].Metadata = nil, nil
				want.Data[i].Components[j].Properties, want.Data[i].Components[j].Metadata = nil, nil
			}
			list = append(list, w)
		}
		if want.Data == nil {
			return
		}
		if diff := cmp.Diff(want.Data, list); diff != "" {
			t.Fatalf("%q (-encoding/json +rooms):\n%s", text, diff)
		}
	})
}

// plausible reports whether the rooms contain nothing that a reader leaves out or
// changes.
func plausible(list []rooms.WireRoom) bool {
	tracks := func(list []rooms.WireTrack) bool {
		for _, t := range list {
			if t.Type != "" && t.Type != "audio" && t.Type != "video" {
				return false
			}
		}
		return true
	}
	for _, room := range list {
		for _, seconds := range []int64{room.Config.PeerlessPurgeTimeout, room.Config.PeerDisconnectedTimeout} {
			if seconds > 1e9 || seconds < -1e9 {
				return false
			}
		}
		ok := room.ID != ""
		for _, p := range room.Peers {
			ok = ok && p.ID != "" && tracks(p.Tracks)
		}
		for _, c := range room.Components {
			ok = ok && c.ID != "" && tracks(c.Tracks)
		}
		if !ok {
			return false
		}
	}
	return true
}

// jsonRepeats reports whether a text has null as an element, or a key twice:
// encoding/json then merges or keeps what this package leaves out.
func jsonRepeats(text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value func() bool
	value = func() bool {
		token, err := decoder.Token()
		if err != nil {
			return true
		}
		switch token {
		case json.Delim('{'):
			keys := map[string]bool{}
			for decoder.More() {
				key, err := decoder.Token()
				name := strings.ToLower(strings.ToUpper(fmt.Sprint(key)))
				if err != nil || keys[name] || value() {
					return true
				}
				keys[name] = true
			}
			_, err = decoder.Token()
		case json.Delim('['):
			for decoder.More() {
				if value() {
					return true
				}
			}
			_, err = decoder.Token()
		}
		return err != nil
	}
	return value() || bytes.Contains(text, []byte("null"))
}

// population is a list of rooms as a server writes it.
func population(count, peers int) []byte {
	list := make([]rooms.WireRoom, count)
	for i := range list {
		id := fmt.Sprintf("%08x-8ca1-4d4b-9a0c-%012x", i*7919, i)
		room := rooms.WireRoom{ID: id, Config: rooms.WireConfig{RoomID: id, VideoCodec: "h264"}, Components: []rooms.WireComponent{}}
		for j := range peers {
			room.Peers = append(room.Peers, rooms.WirePeer{
				ID: fmt.Sprintf("%08x-77b2-4f1d-8e3c-%012x", j, i), Type: "webrtc", Status: "connected",
				Tracks: []rooms.WireTrack{}, Metadata: json.RawMessage(`{"name":"Ada Lovelace"}`),
			})
		}
		list[i] = room
	}
	text, _ := json.Marshal(map[string]any{"data": list})
	return text
}

// BenchmarkList reads a list of 10,000 rooms of 10 peers.
func BenchmarkList(b *testing.B) {
	text := population(10_000, 10)
	b.Run("rooms", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if list, _, err := rooms.ReadList(b.Context(), bytes.NewReader(text), 64<<20); err != nil || len(list) != 10_000 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			all, err := io.ReadAll(bytes.NewReader(text))
			var list struct{ Data []rooms.WireRoom }
			if err != nil || json.Unmarshal(all, &list) != nil || len(list.Data) != 10_000 {
				b.Fatal(err)
			}
		}
	})
}
