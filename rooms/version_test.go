package rooms_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// What Create returns for the responses of all versions (Jellyfish protocol, sections
// 4.3 and 7.4).
func TestCreateVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, answer, address string
		config                rooms.RoomConfig
	}{
		{"0.6", `{"data":{"fishjam_address":"node-2:5002","room":{"id":"r","config":{"roomId":"r","maxPeers":10,"videoCodec":"h264","webhookUrl":"http://h/","peerlessPurgeTimeout":60,"peerDisconnectedTimeout":null},"components":[],"peers":[]}}}`,
			"node-2:5002", rooms.RoomConfig{RoomID: "r", MaxPeers: rooms.Ptr(10), VideoCodec: rooms.VideoCodecH264, WebhookURL: rooms.NewSecret("http://h/"), PeerlessPurgeTimeout: time.Minute}},
		{"0.5", `{"data":{"jellyfish_address":"node-2:5002/jf","room":{"id":"r","config":{"roomId":"r","maxPeers":0,"videoCodec":null,"webhookUrl":null,"peerlessPurgeTimeout":null,"peerDisconnectedTimeout":30},"components":[],"peers":[]}}}`,
			"node-2:5002/jf", rooms.RoomConfig{RoomID: "r", MaxPeers: rooms.Ptr(0), PeerDisconnectedTimeout: 30 * time.Second}},
		{"0.2", `{"data":{"jellyfish_address":"node-2:5002","room":{"id":"r","config":{"maxPeers":null,"videoCodec":"vp8"},"components":[],"peers":[]}}}`,
			"node-2:5002", rooms.RoomConfig{VideoCodec: rooms.VideoCodecVP8}},
		{"room alone", `{"data":{"id":"r","config":{"maxPeers":null},"components":[],"peers":[]}}`, "", rooms.RoomConfig{}},
		{"room without an address", `{"data":{"room":{"id":"r","new":{"key":[1]}}}}`, "", rooms.RoomConfig{}},
		{"numbers without bounds", `{"data":{"room":{"id":"r","config":{"maxPeers":99999999999999999999,"peerlessPurgeTimeout":99999999999999999999,"peerDisconnectedTimeout":99999999999}},"jellyfish_address":"a:1"}}`,
			"a:1", rooms.RoomConfig{
				MaxPeers: rooms.Ptr(math.MaxInt), PeerlessPurgeTimeout: math.MaxInt64 / time.Second * time.Second,
				PeerDisconnectedTimeout: math.MaxInt64 / time.Second * time.Second,
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := serve(t, answering(http.StatusCreated, test.answer))
			created, err := client.Create(t.Context(), rooms.RoomConfig{})
			if err != nil {
				t.Fatal(err)
			}
			if test.address == "" {
				test.address = client.Address()
			}
			if created.Address != test.address || created.Room.ID != "r" {
				t.Errorf("room %s at %s, want r at %s", created.Room.ID, created.Address, test.address)
			}
			if diff := cmp.Diff(test.config, created.Room.Config); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A room as servers of all versions describe it, with components of all types
// and of one that doesn't exist yet.
func TestGetVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, answer string
		want         rooms.Room
	}{
		{"0.5", `{"data":{"id":"r","config":{},"peers":[
			{"id":"p","type":"webrtc","status":"connected","tracks":[{"id":"t","type":"audio","metadata":{"a": 1}},{"id":"u","type":"smell","metadata":null},{"id":"v"}],"metadata":{"name":"Ada"}},
			{"id":"q","type":"webrtc","status":"disconnected","tracks":[],"metadata":null}],
			"components":[
			{"id":"1","type":"hls","properties":{"playable":true,"lowLatency":true,"persistent":true,"targetWindowDuration":60,"subscribeMode":"manual","s3":null},"tracks":[]},
			{"id":"2","type":"rtsp","properties":{"sourceUri":"rtsp://c/","rtpPort":20000,"reconnectDelay":15000,"keepAliveInterval":1,"pierceNat":true},"tracks":[{"id":"w","type":"video","metadata":null}]},
			{"id":"3","type":"file","properties":{"filePath":"video.h264","framerate":30},"tracks":[]},
			{"id":"4","type":"sip","properties":{"registrarCredentials":{"address":"a","username":"u","password":"p"}},"tracks":[]},
			{"id":"5","type":"recording","properties":{"subscribeMode":"auto"},"tracks":[]},
			{"id":"6","type":"teleport","properties":{"to":"mars"},"tracks":[]},
			{"id":"7","type":"sip","properties":{"registrarCredentials":"secret"},"tracks":[]}]}}`,
			rooms.Room{
				ID: "r",
				Peers: []rooms.Peer{
					{ID: "p", Type: "webrtc", Status: rooms.StatusConnected, Metadata: `{"name":"Ada"}`, Tracks: []decode.Track{
						{ID: "t", Type: decode.TrackTypeAudio, Metadata: `{"a": 1}`},
						{ID: "u", Metadata: "null"},
						{ID: "v"},
					}},
					{ID: "q", Type: "webrtc", Status: rooms.StatusDisconnected, Metadata: "null", Tracks: []decode.Track{}},
				},
				Components: []rooms.Component{
					{"1", rooms.ComponentHLS, rooms.HLSProperties{Playable: true, LowLatency: true, Persistent: true, TargetWindowDuration: time.Minute, SubscribeMode: rooms.SubscribeManual}, []decode.Track{}},
					{"2", rooms.ComponentRTSP, rooms.RTSPProperties{SourceURI: rooms.NewSecret("rtsp://c/"), RTPPort: 20000, ReconnectDelay: 15 * time.Second, KeepAliveInterval: time.Millisecond, PierceNAT: true},
						[]decode.Track{{ID: "w", Type: decode.TrackTypeVideo, Metadata: "null"}}},
					{"3", rooms.ComponentFile, rooms.FileProperties{FilePath: "video.h264", Framerate: 30}, []decode.Track{}},
					{"4", rooms.ComponentSIP, rooms.SIPProperties{RegistrarCredentials: rooms.SIPCredentials{Address: "a", Username: "u", Password: rooms.NewSecret("p")}}, []decode.Track{}},
					{"5", rooms.ComponentRecording, rooms.RecordingProperties{SubscribeMode: rooms.SubscribeAuto}, []decode.Track{}},
					{"6", "teleport", rooms.UnknownProperties{JSON: rooms.NewSecret(`{"to":"mars"}`)}, []decode.Track{}},
					{"7", rooms.ComponentSIP, rooms.SIPProperties{}, []decode.Track{}},
				},
				Problems: []string{"components[6].registrarCredentials: want an object"},
			}},
		{"0.2", `{"data":{"id":"r","config":{"maxPeers":2,"videoCodec":null},"peers":[{"id":"p","type":"webrtc","status":"connected"}],
			"components":[{"id":"1","type":"hls","metadata":{"playable":true,"lowLatency":false}},{"id":"2","type":"rtsp","metadata":{}}]}}`,
			rooms.Room{
				ID:     "r",
				Config: rooms.RoomConfig{MaxPeers: rooms.Ptr(2)},
				Peers:  []rooms.Peer{{ID: "p", Type: "webrtc", Status: rooms.StatusConnected}},
				Components: []rooms.Component{
					{"1", rooms.ComponentHLS, rooms.HLSProperties{Playable: true}, nil},
					{"2", rooms.ComponentRTSP, rooms.RTSPProperties{}, nil},
				},
			}},
		{"components without properties", `{"data":{"id":"r","components":[{"id":"1","type":"hls"},{"id":"2","type":"new"}]}}`,
			rooms.Room{ID: "r", Components: []rooms.Component{
				{"1", rooms.ComponentHLS, rooms.HLSProperties{}, nil},
				{"2", "new", rooms.UnknownProperties{}, nil},
			}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			room, err := serve(t, answering(http.StatusOK, test.answer)).Get(t.Context(), "r")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, room); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestPeerWebSocketURL(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		`"node-2:5002/socket/peer/websocket"`:     "ws://node-2:5002/socket/peer/websocket",
		`"wss://node-2/jf/socket/peer/websocket"`: "wss://node-2/jf/socket/peer/websocket",
		`"user:password@node-2/"`:                 "user:password@node-2/", // Unchanged, for the sake of the token.
		`null`:                                    "",
		`""`:                                      "",
	} {
		client := serve(t, answering(http.StatusCreated, `{"data":{"peer":{"id":"p"},"token":"tok","peer_websocket_url":`+said+`}}`))
		if want == "" { // Before 0.5.0.
			want = "ws://" + client.Address() + "/socket/peer/websocket"
		}
		added, err := client.AddPeer(t.Context(), "r", rooms.PeerOptions{})
		if err != nil || added.WebSocketURL != want || added.Token.Reveal() != "tok" || added.Peer.ID != "p" {
			t.Errorf("%s: %v, want %s; error %v", said, added, want, err)
		}
	}
}

// Servers 0.3.0 to 0.4.2 have another path for Subscribe (Jellyfish protocol, section
// 4.2).
func TestSubscribeVersions(t *testing.T) {
	t.Parallel()
	const unknown = `{"errors":{"detail":"Not Found"}}`
	for _, test := range []struct {
		name         string
		newer, older func(http.ResponseWriter, *http.Request)
		want         error
		status       int
		requests     int
	}{
		{"0.5", answering(201, "Successfully subscribed for tracks"), nil, nil, 0, 1},
		{"0.5, no room", answering(404, `{"errors":"Room r does not exist"}`), nil, rooms.ErrRoomNotFound, 404, 1},
		{"0.4", answering(404, unknown), answering(201, "Successfully subscribed for tracks"), nil, 0, 2},
		{"0.4, page", answering(404, "<title>no route</title>"), answering(201, ""), nil, 0, 2},
		{"0.4, no room", answering(404, unknown), answering(404, `{"errors":"Room r does not exist"}`), rooms.ErrRoomNotFound, 404, 2},
		{"0.4, no component", answering(404, unknown), answering(400, `{"errors":"HLS component does not exist"}`), rooms.ErrComponentNotFound, 400, 2},
		{"0.2", answering(404, unknown), answering(404, unknown), nil, 404, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var requests []string
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				requests = append(requests, r.Method+" "+r.RequestURI+" "+string(body))
				if strings.HasPrefix(r.URL.Path, "/hls/") {
					test.older(w, r)
				} else {
					test.newer(w, r)
				}
			})
			err := client.Subscribe(t.Context(), "r", "c", "p1", "c2")
			var failure *rooms.Error
			if failed := errors.As(err, &failure); failed != (test.status != 0) ||
				failed && (failure.Status != test.status || failure.Err != test.want) {
				t.Errorf("error %v, want %d, %v", err, test.status, test.want)
			}
			want := []string{
				`POST /room/r/component/c/subscribe {"origins":["p1","c2"]}`,
				`POST /hls/r/subscribe {"origins":["p1","c2"]}`,
			}[:test.requests]
			if diff := cmp.Diff(want, requests); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Subscribing to nothing sends an empty list, not null.
func TestSubscribeToNothing(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != `{"origins":[]}` {
			t.Errorf("sent %s", body)
		}
		w.WriteHeader(http.StatusCreated)
	})
	if err := client.Subscribe(t.Context(), "r", "c"); err != nil {
		t.Error(err)
	}
}

func TestHangUpStatuses(t *testing.T) {
	t.Parallel()
	for _, status := range []int{201, 204} {
		if err := serve(t, answering(status, "")).HangUp(t.Context(), "r", "c"); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestHealthVersions(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]rooms.Health{
		`{"data":{"status":"UP","uptime":42,"version":"0.6.3","gitCommit":"dev","distribution":{"enabled":true,"nodeStatus":"UP","nodesInCluster":2}}}`: {
			Status: "UP", Uptime: 42 * time.Second, Version: "0.6.3", GitCommit: "dev",
			Distribution: rooms.Distribution{Enabled: true, NodeStatus: "UP", NodesInCluster: 2},
		},
		`{"data":{"status":"UP","uptime":1,"distribution":{"enabled":false,"nodeStatus":"DOWN","nodesInCluster":0}}}`: {
			Status: "UP", Uptime: time.Second, Distribution: rooms.Distribution{NodeStatus: "DOWN"},
		},
	} {
		got, err := serve(t, answering(http.StatusOK, answer)).Health(t.Context())
		if err != nil || got != want {
			t.Errorf("%+v, want %+v; error %v", got, want, err)
		}
	}
}
