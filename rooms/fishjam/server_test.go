package fishjam_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// Every call works, and has the documented errors: one entry for each row of the API's
// table.
func TestRooms(t *testing.T) {
	ctx := t.Context()
	server, client := connect(t)
	room := must[fishjam.Room](t)(client.CreateRoom(ctx, fishjam.RoomConfig{}))
	want := fishjam.Room{ID: room.ID, Peers: []fishjam.Peer{}, Config: fishjam.RoomConfig{
		Type: fishjam.RoomConference, VideoCodec: fishjam.VideoCodecH264,
	}}
	if diff := cmp.Diff(want, room); diff != "" {
		t.Errorf("CreateRoom (-want +got):\n%s", diff)
	}
	if got := string(lastCall(server).Body); got != "{}" {
		t.Errorf("the zero RoomConfig is sent as %s", got)
	}
	full := fishjam.RoomConfig{
		Type: fishjam.RoomAudioOnlyLivestream, MaxPeers: 3, VideoCodec: fishjam.VideoCodecVP8, Public: true,
		BatchWebhookNotifications: true, WebhookURL: fishjam.NewSecret("https://user:pass@a.test/hook"),
	}
	other := must[fishjam.Room](t)(client.CreateRoom(ctx, full))
	if other.Config != full && other.Config.WebhookURL.Reveal() != full.WebhookURL.Reveal() {
		t.Errorf("created with %v, got %v", full, other.Config)
	}
	if got := must[fishjam.Room](t)(client.GetRoom(ctx, room.ID)); got.ID != room.ID {
		t.Errorf("GetRoom: %v", got)
	}
	all := must[[]fishjam.Room](t)(client.ListRooms(ctx))
	if len(all) != 2 {
		t.Errorf("listed %v", all)
	}
	if err := client.DeleteRoom(ctx, room.ID); err != nil {
		t.Error(err)
	}
	for _, id := range []string{room.ID, "invalid_id", "a/b?c"} {
		_, err := client.GetRoom(ctx, id)
		wantError(t, "GetRoom", err, fishjam.ErrRoomNotFound, 404)
		wantError(t, "DeleteRoom", client.DeleteRoom(ctx, id), fishjam.ErrRoomNotFound, 404)
	}
}

func TestRoomTypes(t *testing.T) {
	_, client := connect(t)
	for sent, want := range map[fishjam.RoomType]fishjam.RoomType{
		fishjam.RoomConference: fishjam.RoomConference, fishjam.RoomAudioOnly: fishjam.RoomAudioOnly,
		fishjam.RoomLivestream: fishjam.RoomLivestream, "full_feature": fishjam.RoomConference, "broadcaster": fishjam.RoomLivestream,
	} {
		room := must[fishjam.Room](t)(client.CreateRoom(t.Context(), fishjam.RoomConfig{Type: sent}))
		if room.Config.Type != want {
			t.Errorf("created %s, got %s", sent, room.Config.Type)
		}
	}
	_, err := client.CreateRoom(t.Context(), fishjam.RoomConfig{Type: "other"})
	wantError(t, "CreateRoom", err, fishjam.ErrInvalid, 400)
}

func TestPeers(t *testing.T) {
	ctx := t.Context()
	server, client := connect(t)
	room := must[fishjam.Room](t)(client.CreateRoom(ctx, fishjam.RoomConfig{MaxPeers: 3}))
	add := func(options fishjam.PeerOptions) fishjam.AddedPeer {
		t.Helper()
		return must[fishjam.AddedPeer](t)(client.AddPeer(ctx, room.ID, options))
	}
	ada := add(fishjam.WebRTCOptions{Metadata: map[string]string{"name": "Ada"}, SubscribeMode: fishjam.SubscribeManual})
	agent := add(fishjam.AgentOptions{AudioSampleRate: 24_000})
	vapi := add(fishjam.VAPIOptions{APIKey: fishjam.NewSecret("key"), CallID: "call-1"})
	want := fishjam.Peer{
		ID: ada.Peer.ID, Type: fishjam.PeerWebRTC, Status: fishjam.StatusDisconnected, Tracks: []decode.Track{},
		SubscribeMode: fishjam.SubscribeManual, Metadata: `{"peer":{},"server":{"name":"Ada"}}`,
		Subscriptions: fishjam.Subscriptions{Peers: []string{}, Tracks: []string{}},
	}
	if diff := cmp.Diff(want, ada.Peer); diff != "" {
		t.Errorf("AddPeer (-want +got):\n%s", diff)
	}
	if agent.Peer.Type != fishjam.PeerAgent || vapi.Peer.Type != fishjam.PeerVAPI || agent.Peer.SubscribeMode != fishjam.SubscribeAuto {
		t.Errorf("added %v and %v", agent.Peer, vapi.Peer)
	}
	if got := agent.AgentURL; !strings.HasPrefix(got, "wss://fishjam.io") || !strings.HasSuffix(got, "/socket/agent/websocket") {
		t.Errorf("an agent connects to %s", got)
	}
	_, err := client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{})
	wantError(t, "AddPeer to a full room", err, fishjam.ErrLimitReached, 409)

	refreshed := must[fishjam.Secret](t)(client.RefreshPeerToken(ctx, room.ID, ada.Peer.ID))
	if refreshed.IsZero() || refreshed.Equal(ada.Token) {
		t.Errorf("the token is refreshed to the same")
	}
	if err := client.SubscribePeer(ctx, room.ID, ada.Peer.ID, agent.Peer.ID); err != nil {
		t.Error(err)
	}
	if err := client.SubscribeTracks(ctx, room.ID, ada.Peer.ID, "t1", "t2"); err != nil {
		t.Error(err)
	}
	if err := server.ConnectPeer(room.ID, ada.Peer.ID, `{"a":1}`); err != nil {
		t.Fatal(err)
	}
	if err := server.AddTrack(room.ID, ada.Peer.ID, decode.Track{ID: "t", Type: decode.TrackTypeAudio, Metadata: `{"paused":true}`}); err != nil {
		t.Fatal(err)
	}
	got := must[fishjam.Room](t)(client.GetRoom(ctx, room.ID))
	i := slices.IndexFunc(got.Peers, func(p fishjam.Peer) bool { return p.ID == ada.Peer.ID })
	want.Status, want.Metadata = fishjam.StatusConnected, `{"peer":{"a":1},"server":{"name":"Ada"}}`
	want.Tracks = []decode.Track{{ID: "t", Type: decode.TrackTypeAudio, Metadata: `{"paused":true}`}}
	want.Subscriptions = fishjam.Subscriptions{Peers: []string{agent.Peer.ID}, Tracks: []string{"t1", "t2"}}
	if diff := cmp.Diff(want, got.Peers[i]); diff != "" {
		t.Errorf("GetRoom's peer (-want +got):\n%s", diff)
	}
	if err := client.DeletePeer(ctx, room.ID, ada.Peer.ID); err != nil {
		t.Error(err)
	}
	for what, call := range map[string]func(room, peer string) error{
		"DeletePeer":       func(room, peer string) error { return client.DeletePeer(ctx, room, peer) },
		"RefreshPeerToken": func(room, peer string) error { _, err := client.RefreshPeerToken(ctx, room, peer); return err },
		"SubscribePeer":    func(room, peer string) error { return client.SubscribePeer(ctx, room, peer, agent.Peer.ID) },
		"SubscribeTracks":  func(room, peer string) error { return client.SubscribeTracks(ctx, room, peer, "t") },
	} {
		wantError(t, what, call(room.ID, ada.Peer.ID), fishjam.ErrPeerNotFound, 404)
		wantError(t, what, call("nowhere", agent.Peer.ID), fishjam.ErrRoomNotFound, 404)
	}
	wantError(t, "SubscribePeer to nobody", client.SubscribePeer(ctx, room.ID, agent.Peer.ID, "nobody"), fishjam.ErrPeerNotFound, 404)
	_, err = client.AddPeer(ctx, "nowhere", fishjam.WebRTCOptions{})
	wantError(t, "AddPeer", err, fishjam.ErrRoomNotFound, 404)
}

// The URL of a peer's socket is sent with a scheme, without one, or not at all; that of
// an agent is derived from it.
func TestPeerSocketURLs(t *testing.T) {
	ctx := t.Context()
	server, client := connect(t)
	room := must[fishjam.Room](t)(client.CreateRoom(ctx, fishjam.RoomConfig{}))
	const own = "wss://fishjam.io/api/v1/connect/" + account
	for _, test := range []struct{ said, peer, agent string }{
		{"https://b.test/x/socket/peer/websocket", "wss://b.test/x/socket/peer/websocket", "wss://b.test/x/socket/agent/websocket"},
		{"ws://b.test:1/socket/peer/websocket", "ws://b.test:1/socket/peer/websocket", "ws://b.test:1/socket/agent/websocket"},
		{"b.test/socket/peer/websocket", "wss://b.test/socket/peer/websocket", "wss://b.test/socket/agent/websocket"},
		{"", own + "/socket/peer/websocket", own + "/socket/agent/websocket"},
	} {
		server.SetPeerWebSocketURL(test.said)
		peer := must[fishjam.AddedPeer](t)(client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{}))
		agent := must[fishjam.AddedPeer](t)(client.AddPeer(ctx, room.ID, fishjam.AgentOptions{}))
		if peer.WebSocketURL != test.peer || agent.AgentURL != test.agent || peer.AgentURL != "" {
			t.Errorf("Fishjam said %q: a peer connects to %s, an agent to %s", test.said, peer.WebSocketURL, agent.AgentURL)
		}
	}
}

func TestForwardTracks(t *testing.T) {
	ctx := t.Context()
	server, client := connect(t)
	room := must[fishjam.Room](t)(client.CreateRoom(ctx, fishjam.RoomConfig{}))
	peer := must[fishjam.AddedPeer](t)(client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{}))
	to := fishjam.TrackForwarding{CompositionURL: "https://rtc.fishjam.io/api/composition/1"}
	for range 2 { // The second has no effect.
		if err := client.ForwardTracks(ctx, room.ID, to); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.ConnectPeer(room.ID, peer.Peer.ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := server.AddTrack(room.ID, peer.Peer.ID, decode.Track{ID: "v", Type: decode.TrackTypeVideo}); err != nil {
		t.Fatal(err)
	}
	got := must[fishjam.Room](t)(client.GetRoom(ctx, room.ID))
	want := &fishjam.Composition{URL: to.CompositionURL, Forwardings: []fishjam.Forwarding{
		{PeerID: peer.Peer.ID, InputID: "input-" + peer.Peer.ID, VideoTrackID: "v"},
	}}
	if diff := cmp.Diff(want, got.Composition); diff != "" {
		t.Errorf("composition (-want +got):\n%s", diff)
	}
	to.CompositionURL += "2"
	wantError(t, "ForwardTracks", client.ForwardTracks(ctx, room.ID, to), fishjam.ErrConflict, 409)
	wantError(t, "ForwardTracks", client.ForwardTracks(ctx, "nowhere", to), fishjam.ErrRoomNotFound, 404)
}

func TestLivestreams(t *testing.T) {
	ctx := t.Context()
	server, client := connect(t)
	stream := must[fishjam.Livestream](t)(client.CreateLivestream(ctx, fishjam.LivestreamConfig{Public: true, AudioOnly: true}))
	if !stream.Public || !stream.AudioOnly || len(stream.Streamers)+len(stream.Viewers) != 0 {
		t.Errorf("created %v", stream)
	}
	streamer := must[fishjam.Streamer](t)(client.AddStreamer(ctx, stream.ID))
	viewer := must[fishjam.Viewer](t)(client.AddViewer(ctx, stream.ID))
	if streamer.Status != fishjam.StatusDisconnected || streamer.Token.IsZero() || viewer.Token.IsZero() {
		t.Errorf("added %v and %v", streamer, viewer)
	}
	if err := server.ConnectStreamer(stream.ID, streamer.ID); err != nil {
		t.Fatal(err)
	}
	got := must[fishjam.Livestream](t)(client.GetLivestream(ctx, stream.ID))
	if len(got.Streamers) != 1 || got.Streamers[0].Status != fishjam.StatusConnected || !got.Streamers[0].Token.Equal(streamer.Token) ||
		len(got.Viewers) != 1 || got.Viewers[0].ID != viewer.ID || !got.Viewers[0].Token.Equal(viewer.Token) {
		t.Errorf("GetLivestream: %v", got)
	}
	if all := must[[]fishjam.Livestream](t)(client.ListLivestreams(ctx)); len(all) != 1 || all[0].ID != stream.ID {
		t.Errorf("listed %v", all)
	}
	for _, create := range []func(context.Context, string) (fishjam.Secret, error){client.CreateStreamerToken, client.CreateViewerToken} {
		if token := must[fishjam.Secret](t)(create(ctx, stream.ID)); token.IsZero() {
			t.Error("an empty token")
		}
		conference := must[fishjam.Room](t)(client.CreateRoom(ctx, fishjam.RoomConfig{}))
		_, err := create(ctx, conference.ID)
		wantError(t, "a token for a conference", err, fishjam.ErrRoomNotFound, 404)
	}
	for range 2 { // Deleting it again is no error.
		for _, err := range []error{
			client.DeleteStreamer(ctx, stream.ID, streamer.ID),
			client.DeleteViewer(ctx, stream.ID, viewer.ID),
		} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	got = must[fishjam.Livestream](t)(client.GetLivestream(ctx, stream.ID))
	if len(got.Streamers) != 1 || len(got.Viewers) != 1 {
		t.Errorf("left are %v, want those of the two tokens", got)
	}
	if err := client.DeleteLivestream(ctx, stream.ID); err != nil {
		t.Error(err)
	}
	_, err := client.GetLivestream(ctx, stream.ID)
	wantError(t, "GetLivestream", err, fishjam.ErrStreamNotFound, 404)
	_, err = client.AddStreamer(ctx, stream.ID)
	wantError(t, "AddStreamer", err, fishjam.ErrStreamNotFound, 404)
	_, err = client.AddViewer(ctx, stream.ID)
	wantError(t, "AddViewer", err, fishjam.ErrStreamNotFound, 404)
}

func TestRecordings(t *testing.T) {
	ctx := t.Context()
	server, client := connect(t)
	const composition = "https://rtc.fishjam.io/api/composition/1"
	first := must[fishjam.Recording](t)(client.CreateRecording(ctx, fishjam.RecordingConfig{
		Source:   fishjam.CompositionSource{CompositionURL: composition, OutputID: "out", ScaleRatio: 0.5},
		Metadata: map[string]any{"show": "weekly", "deep": map[string]any{"a": "b", "n": nil}, "number": 1},
	}))
	second := must[fishjam.Recording](t)(client.CreateRecording(ctx, fishjam.RecordingConfig{
		Source: fishjam.TemplateSource{CompositionURL: composition, Template: []byte("export {}"), Width: 640, Height: 480, DisableAudio: true},
	}))
	if kind := lastCall(server).Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/form-data; boundary=") {
		t.Errorf("a template is sent as %s", kind)
	}
	if want := (fishjam.TemplateSource{CompositionURL: composition, Width: 640, Height: 480, DisableAudio: true}); !cmp.Equal(second.Source, fishjam.RecordingSource(want)) {
		t.Errorf("the source is %+v, want %+v", second.Source, want)
	}
	for _, test := range []struct {
		filter fishjam.RecordingFilter
		want   int
	}{
		{fishjam.RecordingFilter{}, 2},
		{fishjam.RecordingFilter{Status: fishjam.RecordingActive}, 2},
		{fishjam.RecordingFilter{Status: fishjam.RecordingFailed}, 0},
		{fishjam.RecordingFilter{Metadata: map[string]any{"show": "weekly"}}, 1},
		{fishjam.RecordingFilter{Metadata: map[string]any{"show": "daily"}}, 0},
		{fishjam.RecordingFilter{Metadata: map[string]any{"deep": map[string]any{"a": "b", "n": nil}}}, 1},
		{fishjam.RecordingFilter{Metadata: map[string]any{"number": "1"}}, 0},
	} {
		if got := must[[]fishjam.Recording](t)(client.ListRecordings(ctx, test.filter)); len(got) != test.want {
			t.Errorf("%v selects %d recordings, want %d", test.filter, len(got), test.want)
		}
	}
	for range 2 { // The second has no effect.
		must[fishjam.Recording](t)(client.StopRecording(ctx, first.ID))
	}
	if err := server.SetRecordingStatus(first.ID, decode.RecordingAvailable); err != nil {
		t.Fatal(err)
	}
	got := must[fishjam.Recording](t)(client.GetRecording(ctx, first.ID))
	if got.Status != fishjam.RecordingAvailable || len(got.Files) != 1 || got.Files[0] == "" {
		t.Errorf("GetRecording: %v", got)
	}
	for range 2 {
		if err := client.DeleteRecording(ctx, first.ID); err != nil {
			t.Error(err)
		}
	}
	if err := client.DeleteRecording(ctx, second.ID); err == nil {
		t.Error("an active recording was deleted")
	}
	_, err := client.GetRecording(ctx, first.ID)
	wantError(t, "GetRecording", err, fishjam.ErrRecordingNotFound, 404)
	_, err = client.StopRecording(ctx, first.ID)
	wantError(t, "StopRecording", err, fishjam.ErrRecordingNotFound, 404)
}

func TestMoQAccess(t *testing.T) {
	_, client := connect(t)
	access := must[fishjam.MoQAccess](t)(client.CreateMoQAccess(t.Context(), fishjam.MoQAccessConfig{PublishPath: "a", SubscribePath: "b"}))
	if got := access.ConnectionURL.Reveal(); got != "https://relay.fishjam.io/"+account+"?jwt="+access.Token.Reveal() {
		t.Errorf("connect to %s", got)
	}
}

func TestValidate(t *testing.T) {
	server, client := connect(t)
	if err := client.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	mistaken := clientOf(t, server, fishjam.Config{ManagementToken: fishjam.NewSecret("mistaken")})
	err := mistaken.Validate(t.Context())
	wantError(t, "Validate", err, fishjam.ErrInvalidCredentials, 404)
	_, err = mistaken.ListRooms(t.Context())
	wantError(t, "ListRooms", err, fishjam.ErrUnauthorized, 401)
	elsewhere := clientOf(t, server, fishjam.Config{FishjamID: "other"})
	wantError(t, "Validate", elsewhere.Validate(t.Context()), fishjam.ErrInvalidCredentials, 404)
	_, err = elsewhere.ListRooms(t.Context())
	wantError(t, "ListRooms", err, nil, 404) // The gateway's.
}
