package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

func TestRoomTable(t *testing.T) {
	video := decode.Track{ID: "v", Type: decode.TrackTypeVideo}
	audio := decode.Track{ID: "a", Type: decode.TrackTypeAudio}
	peer := func(id string, metadata decode.Metadata, tracks ...decode.Track) watch.Peer {
		return watch.Peer{Peer: rooms.Peer{ID: id, Status: rooms.StatusConnected, Tracks: tracks, Metadata: metadata}}
	}
	got := roomTable([]watch.Room{
		{ID: "empty"},
		{
			ID: "full", Node: "localhost:5002",
			Peers: []watch.Peer{
				peer("p1", `{"name":"Zoë","role":"guest"}`, video, audio),
				peer("p2", `{"name":"`+decode.Metadata(strings.Repeat("x", 25))+`"}`, video),
				peer("p3", `{"name":"\u001b[31m\tred"}`),
				peer("p4", `{"name":{"first":"Ada"}}`),
				peer("p5", `not JSON`),
				{Peer: rooms.Peer{ID: "p6", Status: rooms.StatusDisconnected, Metadata: "null"}},
			},
			Components: []rooms.Component{{ID: "c1", Type: rooms.ComponentHLS, Tracks: []decode.Track{video, video}}},
		},
	})
	want := `2 rooms, 6 peers
room   node            peer or component  status         tracks        name
empty  not known yet   nobody
full   localhost:5002  p1                 connected      audio, video  Zoë
                       p2                 connected      video
                       p3                 connected                    .[31m.red
                       p4                 connected
                       p5                 connected
                       p6                 disconnected
                       c1                 hls component  video, video
`
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if got := roomTable(nil); got != "0 rooms, 0 peers\n" {
		t.Errorf("without rooms: %q", got)
	}
}

func TestStaleNodes(t *testing.T) {
	since := time.Date(2024, 5, 15, 12, 0, 0, 0, time.Local)
	got := staleNodes([]watch.Node{
		{Address: "a:5002", Listed: since},
		{Address: "b:5002", StaleSince: since},
		{Address: "c:5002", StaleSince: since, Err: errors.New("no\nanswer")},
	})
	want := "stale since 12:00:00.000: b:5002\nstale since 12:00:00.000: c:5002: no.answer\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
