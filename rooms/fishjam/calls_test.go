package fishjam_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

const (
	roomJSON = `{"id":"r","config":{"roomType":"full_feature","maxPeers":0,"videoCodec":"h264","public":false,"batchWebhookNotifications":true,"webhookUrl":"https://h/"},` +
		`"peers":[{"id":"p","type":"webrtc","status":"connected","tracks":[{"id":"t","type":"audio","metadata":{"paused":true}}],` +
		`"metadata":{"peer":{"name":"A"},"server":{"role":1}},"subscribeMode":"manual","subscriptions":{"peers":["q"],"tracks":["u","v"]}}],` +
		`"compositionInfo":{"compositionUrl":"https://c/x","forwardings":[{"peerId":"p","inputId":"i","audioTrackId":"t","videoTrackId":null}]}}`
	peerJSON      = `{"id":"p","type":"agent","status":"disconnected","tracks":[],"metadata":null,"subscribeMode":"auto","subscriptions":{"peers":[],"tracks":[]}}`
	streamJSON    = `{"id":"s","public":true,"audioOnly":true,"streamers":[{"id":"a","status":"connected","token":"tok"}],"viewers":[{"id":"b","token":"vt"}]}`
	recordingJSON = `{"id":"x","source":{"compositionURL":"https://c/x","outputId":"o","scaleRatio":0.5},"status":"available","metadata":{"show":"weekly"},"files":[{"url":"https://media/index.mp4"}]}`
	templateJSON  = `{"id":"x","source":{"compositionURL":"https://c/x","resolution":{"width":640,"height":360},"audio":false},"status":"active","metadata":null,"files":[]}`
)

var (
	secret   = fishjam.NewSecret
	wantRoom = fishjam.Room{
		ID:     "r",
		Config: fishjam.RoomConfig{Type: fishjam.RoomConference, VideoCodec: fishjam.VideoCodecH264, BatchWebhookNotifications: true, WebhookURL: secret("https://h/")},
		Peers: []fishjam.Peer{{
			ID: "p", Type: fishjam.PeerWebRTC, Status: fishjam.StatusConnected,
			Tracks:        []decode.Track{{ID: "t", Type: decode.TrackTypeAudio, Metadata: `{"paused":true}`}},
			Metadata:      `{"peer":{"name":"A"},"server":{"role":1}}`,
			SubscribeMode: fishjam.SubscribeManual,
			Subscriptions: fishjam.Subscriptions{Peers: []string{"q"}, Tracks: []string{"u", "v"}},
		}},
		Composition: &fishjam.Composition{URL: "https://c/x", Forwardings: []fishjam.Forwarding{{PeerID: "p", InputID: "i", AudioTrackID: "t"}}},
	}
	wantStream = fishjam.Livestream{
		ID: "s", Public: true, AudioOnly: true,
		Streamers: []fishjam.Streamer{{ID: "a", Status: fishjam.StatusConnected, Token: secret("tok")}},
		Viewers:   []fishjam.Viewer{{ID: "b", Token: secret("vt")}},
	}
	wantRecording = fishjam.Recording{
		ID: "x", Source: fishjam.CompositionSource{CompositionURL: "https://c/x", OutputID: "o", ScaleRatio: 0.5},
		Status: fishjam.RecordingAvailable, Metadata: `{"show":"weekly"}`, Files: []string{"https://media/index.mp4"},
	}
	wantTemplate = fishjam.Recording{
		ID: "x", Source: fishjam.TemplateSource{CompositionURL: "https://c/x", Width: 640, Height: 360, DisableAudio: true},
		Status: fishjam.RecordingActive, Metadata: `null`, Files: []string{},
	}
)

// exchange is a call, the request that it makes, and what it returns for a response.
type exchange struct {
	name     string
	call     func(context.Context, *fishjam.Client) (any, error)
	request  string // Method, path with query, and body if there is one.
	status   int
	response string
	want     any // Nil if the call returns only an error.
}

// only adapts a call that returns only an error.
func only(call func(context.Context, *fishjam.Client) error) func(context.Context, *fishjam.Client) (any, error) {
	return func(ctx context.Context, c *fishjam.Client) (any, error) { return nil, call(ctx, c) }
}

func data(text string) string { return `{"data":` + text + `}` }

func exchanges() []exchange {
	type ctx = context.Context
	type client = *fishjam.Client
	return []exchange{
		{"ListRooms", func(ctx ctx, c client) (any, error) { return c.ListRooms(ctx) },
			"GET /room", 200, data("[" + roomJSON + "]"), []fishjam.Room{wantRoom}},
		{"CreateRoom", func(ctx ctx, c client) (any, error) { return c.CreateRoom(ctx, fishjam.RoomConfig{}) },
			"POST /room {}", 201, data(`{"room":` + roomJSON + `,"fishjam_url":"f"}`), wantRoom},
		{"CreateRoom with all", func(ctx ctx, c client) (any, error) {
			return c.CreateRoom(ctx, fishjam.RoomConfig{
				Type: "broadcaster", MaxPeers: 3, VideoCodec: fishjam.VideoCodecVP8, Public: true, BatchWebhookNotifications: true, WebhookURL: secret("http://h/"),
			})
		}, `POST /room {"roomType":"livestream","maxPeers":3,"videoCodec":"vp8","public":true,"batchWebhookNotifications":true,"webhookUrl":"http://h/"}`,
			201, data(`{"room":` + roomJSON + `}`), wantRoom},
		{"GetRoom", func(ctx ctx, c client) (any, error) { return c.GetRoom(ctx, "r/1") }, "GET /room/r%2F1", 200, data(roomJSON), wantRoom},
		{"DeleteRoom", only(func(ctx ctx, c client) error { return c.DeleteRoom(ctx, "r") }), "DELETE /room/r", 204, "", nil},

		{"AddPeer", func(ctx ctx, c client) (any, error) { return c.AddPeer(ctx, "r", fishjam.WebRTCOptions{}) },
			`POST /room/r/peer {"type":"webrtc","options":{}}`, 201, data(`{"peer":{"id":"p"},"token":"t","peer_websocket_url":"https://n.test/x/socket/peer/websocket"}`),
			fishjam.AddedPeer{Peer: fishjam.Peer{ID: "p"}, Token: secret("t"), WebSocketURL: "wss://n.test/x/socket/peer/websocket"}},
		{"AddPeer with all", func(ctx ctx, c client) (any, error) {
			return c.AddPeer(ctx, "r", fishjam.WebRTCOptions{Metadata: map[string]any{"role": 1}, SubscribeMode: fishjam.SubscribeManual})
		}, `POST /room/r/peer {"type":"webrtc","options":{"metadata":{"role":1},"subscribeMode":"manual"}}`, 201, data(`{"peer":{"id":"p"},"token":"t","peer_websocket_url":"n.test/socket/peer/websocket"}`),
			fishjam.AddedPeer{Peer: fishjam.Peer{ID: "p"}, Token: secret("t"), WebSocketURL: "wss://n.test/socket/peer/websocket"}},
		{"AddPeer of an agent", func(ctx ctx, c client) (any, error) {
			return c.AddPeer(ctx, "r", fishjam.AgentOptions{AudioFormat: fishjam.AudioPCM16, AudioSampleRate: 24000, SubscribeMode: fishjam.SubscribeAuto})
		}, `POST /room/r/peer {"type":"agent","options":{"output":{"audioFormat":"pcm16","audioSampleRate":24000},"subscribeMode":"auto"}}`, 201,
			data(`{"peer":` + peerJSON + `,"token":"t","peer_websocket_url":"http://n.test:1/x/socket/peer/websocket"}`),
			fishjam.AddedPeer{
				Peer: fishjam.Peer{ID: "p", Type: fishjam.PeerAgent, Status: fishjam.StatusDisconnected, Tracks: []decode.Track{}, Metadata: "null", SubscribeMode: fishjam.SubscribeAuto,
					Subscriptions: fishjam.Subscriptions{Peers: []string{}, Tracks: []string{}}},
				Token: secret("t"), WebSocketURL: "ws://n.test:1/x/socket/peer/websocket", AgentURL: "ws://n.test:1/x/socket/agent/websocket",
			}},
		{"AddPeer of VAPI", func(ctx ctx, c client) (any, error) {
			return c.AddPeer(ctx, "r", fishjam.VAPIOptions{APIKey: secret("key-1"), CallID: "call-1"})
		}, `POST /room/r/peer {"type":"vapi","options":{"apiKey":"key-1","callId":"call-1"}}`, 201, data(`{"peer":{"id":"p"},"token":"t","peer_websocket_url":"wss://n.test/other"}`),
			fishjam.AddedPeer{Peer: fishjam.Peer{ID: "p"}, Token: secret("t"), WebSocketURL: "wss://n.test/other"}},
		{"DeletePeer", only(func(ctx ctx, c client) error { return c.DeletePeer(ctx, "r", "p") }), "DELETE /room/r/peer/p", 204, "", nil},
		{"RefreshPeerToken", func(ctx ctx, c client) (any, error) { return c.RefreshPeerToken(ctx, "r", "p") },
			"POST /room/r/peer/p/refresh_token", 201, data(`{"token":"t2"}`), secret("t2")},
		{"SubscribePeer", only(func(ctx ctx, c client) error { return c.SubscribePeer(ctx, "r", "p", "q&1") }), "POST /room/r/peer/p/subscribe_peer?peer_id=q%261", 200, "", nil},
		{"SubscribeTracks", only(func(ctx ctx, c client) error { return c.SubscribeTracks(ctx, "r", "p", "t", "u") }),
			`POST /room/r/peer/p/subscribe_tracks {"track_ids":["t","u"]}`, 200, "", nil},

		{"ForwardTracks", only(func(ctx ctx, c client) error {
			return c.ForwardTracks(ctx, "r", fishjam.TrackForwarding{CompositionURL: "https://c/x", Selector: "all"})
		}), `POST /room/r/track_forwardings {"compositionURL":"https://c/x","selector":"all"}`, 201, "", nil},

		{"ListLivestreams", func(ctx ctx, c client) (any, error) { return c.ListLivestreams(ctx) },
			"GET /livestream", 200, data("[" + streamJSON + "]"), []fishjam.Livestream{wantStream}},
		{"CreateLivestream", func(ctx ctx, c client) (any, error) {
			return c.CreateLivestream(ctx, fishjam.LivestreamConfig{Public: true, AudioOnly: true, BatchWebhookNotifications: true, WebhookURL: secret("http://h/")})
		}, `POST /livestream {"audioOnly":true,"public":true,"batchWebhookNotifications":true,"webhookUrl":"http://h/"}`, 201, data(streamJSON), wantStream},
		{"GetLivestream", func(ctx ctx, c client) (any, error) { return c.GetLivestream(ctx, "s") }, "GET /livestream/s", 200, data(streamJSON), wantStream},
		{"DeleteLivestream", only(func(ctx ctx, c client) error { return c.DeleteLivestream(ctx, "s") }), "DELETE /livestream/s", 204, "", nil},
		{"AddStreamer", func(ctx ctx, c client) (any, error) { return c.AddStreamer(ctx, "s") },
			"POST /livestream/s/streamer", 201, data(`{"id":"a","status":"connected","token":"tok"}`), wantStream.Streamers[0]},
		{"DeleteStreamer", only(func(ctx ctx, c client) error { return c.DeleteStreamer(ctx, "s", "a") }), "DELETE /livestream/s/streamer/a", 204, "", nil},
		{"AddViewer", func(ctx ctx, c client) (any, error) { return c.AddViewer(ctx, "s") },
			"POST /livestream/s/viewer", 201, data(`{"id":"b","token":"vt","status":"connected"}`), wantStream.Viewers[0]},
		{"DeleteViewer", only(func(ctx ctx, c client) error { return c.DeleteViewer(ctx, "s", "b") }), "DELETE /livestream/s/viewer/b", 204, "", nil},
		{"CreateStreamerToken", func(ctx ctx, c client) (any, error) { return c.CreateStreamerToken(ctx, "r") }, "POST /room/r/streamer", 201, `{"token":"t"}`, secret("t")},
		{"CreateViewerToken", func(ctx ctx, c client) (any, error) { return c.CreateViewerToken(ctx, "r") }, "POST /room/r/viewer", 201, `{"token":"t"}`, secret("t")},

		{"ListRecordings", func(ctx ctx, c client) (any, error) { return c.ListRecordings(ctx, fishjam.RecordingFilter{}) },
			"GET /recordings", 200, data("[" + recordingJSON + "," + templateJSON + "]"), []fishjam.Recording{wantRecording, wantTemplate}},
		{"ListRecordings with a filter", func(ctx ctx, c client) (any, error) {
			return c.ListRecordings(ctx, fishjam.RecordingFilter{Status: fishjam.RecordingAvailable, Metadata: map[string]any{"show": "week & day", "a": map[string]any{"b": nil}}})
		}, "GET /recordings?metadata%5Ba%5D%5Bb%5D=null&metadata%5Bshow%5D=week+%26+day&status=available", 200, data("[]"), []fishjam.Recording{}},
		{"CreateRecording", func(ctx ctx, c client) (any, error) {
			return c.CreateRecording(ctx, fishjam.RecordingConfig{Source: fishjam.CompositionSource{CompositionURL: "https://c/x", OutputID: "o", ScaleRatio: 0.5}, Metadata: decode.Metadata(`{"show":"weekly"}`)})
		}, `POST /recordings {"source":{"compositionURL":"https://c/x","outputId":"o","scaleRatio":0.5},"metadata":{"show":"weekly"}}`, 201, data(recordingJSON), wantRecording},
		{"GetRecording", func(ctx ctx, c client) (any, error) { return c.GetRecording(ctx, "x") }, "GET /recordings/x", 200, data(recordingJSON), wantRecording},
		{"StopRecording", func(ctx ctx, c client) (any, error) { return c.StopRecording(ctx, "x") }, "POST /recordings/x/stop", 200, data(templateJSON), wantTemplate},
		{"DeleteRecording", only(func(ctx ctx, c client) error { return c.DeleteRecording(ctx, "x") }), "DELETE /recordings/x", 204, "", nil},

		{"CreateMoQAccess", func(ctx ctx, c client) (any, error) {
			return c.CreateMoQAccess(ctx, fishjam.MoQAccessConfig{PublishPath: "a/b", SubscribePath: "a"})
		}, `POST /moq/access {"publishPath":"a/b","subscribePath":"a"}`, 200, `{"connection_url":"https://relay/?jwt=j","token":"j"}`,
			fishjam.MoQAccess{ConnectionURL: secret("https://relay/?jwt=j"), Token: secret("j")}},
		{"Validate", only(func(ctx ctx, c client) error { return c.Validate(ctx) }), "GET /validate", 200, "", nil},
	}
}

// Each call makes the request of Fishjam's OpenAPI, and reads its response.
func TestCalls(t *testing.T) {
	t.Parallel()
	for _, e := range exchanges() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, fishjam.Config{}, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got := strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, body))
				if want := strings.Replace(e.request, " /", " /api/v1/connect/abc/", 1); got != want {
					t.Errorf("request %s\nwant    %s", got, want)
				}
				if kind := r.Header.Get("Content-Type"); (kind == "application/json") != (len(body) > 0) {
					t.Errorf("Content-Type %q of a body of %d bytes", kind, len(body))
				}
				if got := r.Header.Get("Authorization"); got != "Bearer development" {
					t.Errorf("Authorization %q", got)
				}
				if got := r.Header.Get("X-Fishjam-Api-Client"); !strings.HasPrefix(got, "jellyfish-go/") || got == "jellyfish-go/" {
					t.Errorf("x-fishjam-api-client %q", got)
				}
				responding(e.status, "application/json", e.response)(w, r)
			})
			got, err := e.call(t.Context(), client)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A template is sent as a form whose parts have their own content types.
func TestTemplateRecording(t *testing.T) {
	t.Parallel()
	client := serve(t, fishjam.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil || r.URL.Path != "/api/v1/connect/abc/recordings" {
			t.Errorf("%s: error %v", r.URL.Path, err)
			return
		}
		config := `{"source":{"compositionURL":"https://c/x","resolution":{"width":640,"height":360},"audio":false},"metadata":{"a":1}}`
		kind := r.MultipartForm.File["template"][0].Header.Get("Content-Type")
		if got := r.MultipartForm.Value["config"]; len(got) != 1 || got[0] != config || kind != "text/javascript" {
			t.Errorf("config %q, template of type %q", got, kind)
		}
		file, err := r.MultipartForm.File["template"][0].Open()
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		if text, err := io.ReadAll(file); err != nil || string(text) != "bundle" {
			t.Errorf("template %q, error %v", text, err)
		}
		responding(201, "application/json", data(templateJSON))(w, r)
	})
	got, err := client.CreateRecording(t.Context(), fishjam.RecordingConfig{
		Source: fishjam.TemplateSource{CompositionURL: "https://c/x", Template: []byte("bundle"), Width: 640, Height: 360, DisableAudio: true},
		Metadata: struct {
			A int `json:"a"`
		}{1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantTemplate, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Without a peer_websocket_url the URLs are derived from the Fishjam id.
func TestSocketURLsOfTheFishjamID(t *testing.T) {
	t.Parallel()
	client := serve(t, fishjam.Config{}, responding(201, "application/json", data(`{"peer":{"id":"p"},"token":"t"}`)))
	added, err := client.AddPeer(t.Context(), "r", &fishjam.AgentOptions{})
	if err != nil {
		t.Fatal(err)
	}
	base := "ws://" + client.Address()
	if added.WebSocketURL != base+"/socket/peer/websocket" || added.AgentURL != base+"/socket/agent/websocket" {
		t.Errorf("URLs %q and %q, want those of %s", added.WebSocketURL, added.AgentURL, base)
	}
}
