package rooms_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// on returns a client for a test server.
func on(t *testing.T, server *jellyfishtest.Server) *rooms.Client {
	t.Helper()
	return newClient(t, rooms.Config{
		ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient(),
	})
}

// must ends the test if there is an error.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// is checks that an error is the expected one.
func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func TestRoomsOnServer(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	client, ctx := on(t, server), t.Context()

	if list := must(client.List(ctx))(t); len(list) != 0 {
		t.Errorf("rooms at first: %v", list)
	}
	config := rooms.RoomConfig{
		RoomID: "My-Room-1", MaxPeers: rooms.Ptr(1), VideoCodec: rooms.VideoCodecH264,
		PeerlessPurgeTimeout: time.Hour, PeerDisconnectedTimeout: time.Minute,
	}
	created := must(client.Create(ctx, config))(t)
	if created.Address != server.Address() || created.Room.ID != "My-Room-1" || *created.Room.Config.MaxPeers != 1 ||
		created.Room.Config.PeerlessPurgeTimeout != time.Hour || created.Room.Config.PeerDisconnectedTimeout != time.Minute {
		t.Errorf("created %v", created)
	}
	_, err := client.Create(ctx, config)
	is(t, err, rooms.ErrAlreadyExists)
	_, err = client.Create(ctx, rooms.RoomConfig{RoomID: "a b"})
	is(t, err, rooms.ErrInvalid)

	added := must(client.AddPeer(ctx, "My-Room-1", rooms.PeerOptions{}))(t)
	if added.Token.IsZero() || added.WebSocketURL != "ws://"+server.Address()+"/socket/peer/websocket" {
		t.Errorf("added %v", added)
	}
	_, err = client.AddPeer(ctx, "My-Room-1", rooms.PeerOptions{})
	is(t, err, rooms.ErrLimitReached)
	room := must(client.Get(ctx, "My-Room-1"))(t)
	if len(room.Peers) != 1 || room.Peers[0].ID != added.Peer.ID || room.Peers[0].Status != rooms.StatusDisconnected {
		t.Errorf("room %v", room)
	}
	if list := must(client.List(ctx))(t); len(list) != 1 || list[0].ID != "My-Room-1" {
		t.Errorf("rooms: %v", list)
	}

	must(0, client.DeletePeer(ctx, "My-Room-1", added.Peer.ID))(t)
	is(t, client.DeletePeer(ctx, "My-Room-1", added.Peer.ID), rooms.ErrPeerNotFound)
	is(t, client.DeleteComponent(ctx, "My-Room-1", "none"), rooms.ErrComponentNotFound)
	must(0, client.Delete(ctx, "My-Room-1"))(t)
	is(t, client.Delete(ctx, "My-Room-1"), rooms.ErrRoomNotFound)
	_, err = client.Get(ctx, "My-Room-1")
	is(t, err, rooms.ErrRoomNotFound)

	if health := must(client.Health(ctx))(t); health.Status != "UP" || health.Version == "" {
		t.Errorf("health %+v", health)
	}
	server.SetToken("changed")
	_, err = client.List(ctx)
	is(t, err, rooms.ErrUnauthorized)
}

func TestComponentsOnServer(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	client, ctx := on(t, server), t.Context()
	room := must(client.Create(ctx, rooms.RoomConfig{VideoCodec: rooms.VideoCodecH264}))(t).Room.ID

	ids := map[rooms.ComponentType]string{}
	for _, test := range []struct {
		options rooms.ComponentOptions
		kind    rooms.ComponentType
		want    rooms.ComponentProperties
	}{
		{rooms.HLSOptions{LowLatency: true, TargetWindowDuration: time.Minute, SubscribeMode: rooms.SubscribeManual, S3: someS3}, rooms.ComponentHLS,
			rooms.HLSProperties{LowLatency: true, TargetWindowDuration: time.Minute, SubscribeMode: rooms.SubscribeManual}},
		{rooms.RTSPOptions{SourceURI: rooms.NewSecret("rtsp://camera/"), RTPPort: 5000, ReconnectDelay: rooms.Ptr(time.Second), DisablePierceNAT: true}, rooms.ComponentRTSP,
			rooms.RTSPProperties{SourceURI: rooms.NewSecret("rtsp://camera/"), RTPPort: 5000, ReconnectDelay: time.Second, KeepAliveInterval: 15 * time.Second}},
		{rooms.FileOptions{FilePath: "video.h264"}, rooms.ComponentFile, rooms.FileProperties{FilePath: "video.h264", Framerate: 30}},
		{rooms.SIPOptions{RegistrarCredentials: someSIP}, rooms.ComponentSIP, rooms.SIPProperties{RegistrarCredentials: someSIP}},
		{rooms.RecordingOptions{Credentials: someS3}, rooms.ComponentRecording, rooms.RecordingProperties{SubscribeMode: rooms.SubscribeAuto}},
	} {
		component := must(client.AddComponent(ctx, room, test.options))(t)
		if component.Type != test.kind || !cmp.Equal(component.Properties, test.want) {
			t.Errorf("got %v, want %v", component, test.want)
		}
		ids[test.kind] = component.ID
	}
	if got := must(client.Get(ctx, room))(t); len(got.Components) != 5 {
		t.Errorf("room %v", got)
	}
	_, err := client.AddComponent(ctx, room, rooms.HLSOptions{})
	is(t, err, rooms.ErrLimitReached)
	_, err = client.AddComponent(ctx, room, rooms.FileOptions{FilePath: "none.h264"})
	is(t, err, rooms.ErrInvalid)

	must(0, client.Subscribe(ctx, room, ids[rooms.ComponentHLS], "peer-1", ids[rooms.ComponentFile]))(t)
	must(0, client.Subscribe(ctx, room, ids[rooms.ComponentHLS]))(t)
	is(t, client.Subscribe(ctx, room, ids[rooms.ComponentRecording], "peer-1"), rooms.ErrInvalid)
	is(t, client.Subscribe(ctx, room, "none", "peer-1"), rooms.ErrComponentNotFound)
	is(t, client.Subscribe(ctx, "none", "none", "peer-1"), rooms.ErrRoomNotFound)

	must(0, client.Dial(ctx, room, ids[rooms.ComponentSIP], "+48123456789"))(t)
	must(0, client.HangUp(ctx, room, ids[rooms.ComponentSIP]))(t)
	is(t, client.Dial(ctx, room, ids[rooms.ComponentHLS], "1"), rooms.ErrInvalid)
	is(t, client.Dial(ctx, room, "none", "1"), rooms.ErrComponentNotFound)
	is(t, client.HangUp(ctx, room, "none"), rooms.ErrComponentNotFound)
	is(t, client.HangUp(ctx, "none", "none"), rooms.ErrRoomNotFound)

	for _, id := range ids {
		must(0, client.DeleteComponent(ctx, room, id))(t)
		is(t, client.DeleteComponent(ctx, room, id), rooms.ErrComponentNotFound)
	}
	other := must(client.Create(ctx, rooms.RoomConfig{}))(t).Room.ID
	_, err = client.AddComponent(ctx, other, rooms.HLSOptions{})
	is(t, err, rooms.ErrInvalid)
}

// REST returns the same metadata and tracks as notifications.
func TestTracksOnServer(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	client, ctx := on(t, server), t.Context()
	room := must(client.Create(ctx, rooms.RoomConfig{}))(t).Room.ID
	file := must(client.AddComponent(ctx, room, rooms.FileOptions{FilePath: "audio.ogg"}))(t)
	track := decode.Track{ID: "track-1", Type: decode.TrackTypeAudio, Metadata: `{"a":1}`}
	must(0, server.AddTrack(room, file.ID, track))(t)
	if got := must(client.Get(ctx, room))(t).Components[0]; !slices.Contains(got.Tracks, track) {
		t.Errorf("tracks %v, want %v", got.Tracks, track)
	}
}

// A stream that was kept is listed, played at its URL, and deleted.
func TestRecordingsOnServer(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	client, ctx := on(t, server), t.Context()
	must(0, server.AddRecording("rec 1", map[string]string{rooms.MasterPlaylist: "#EXTM3U\n"}))(t)
	if ids := must(client.Recordings(ctx))(t); !slices.Equal(ids, []string{"rec 1"}) {
		t.Errorf("recordings %q", ids)
	}
	response := must(server.HTTPClient().Get(must(client.RecordingURL("rec 1", rooms.MasterPlaylist))(t)))(t)
	body := must(io.ReadAll(response.Body))(t)
	must(0, response.Body.Close())(t)
	if response.StatusCode != http.StatusOK || string(body) != "#EXTM3U\n" {
		t.Errorf("%d %q", response.StatusCode, body)
	}
	must(0, client.DeleteRecording(ctx, "rec 1"))(t)
	is(t, client.DeleteRecording(ctx, "rec 1"), rooms.ErrRecordingNotFound)
	is(t, client.DeleteRecording(ctx, "../x"), rooms.ErrInvalid)
	if ids := must(client.Recordings(ctx))(t); len(ids) != 0 {
		t.Errorf("recordings %q", ids)
	}
}

// A room may be created on a node other than the one asked. Calls use its address;
// every other node responds that there is no such room (Jellyfish protocol, section
// 4.8).
func TestCluster(t *testing.T) {
	t.Parallel()
	cluster := new(jellyfishtest.Cluster)
	servers := []*jellyfishtest.Server{
		jellyfishtest.Run(t, jellyfishtest.Config{Cluster: cluster}),
		jellyfishtest.Run(t, jellyfishtest.Config{Cluster: cluster}),
	}
	asked, ctx := on(t, servers[0]), t.Context()
	elsewhere := 0
	for range 4 {
		created := must(asked.Create(ctx, rooms.RoomConfig{}))(t)
		node := must(asked.At(created.Address))(t)
		if room := must(node.Get(ctx, created.Room.ID))(t); room.ID != created.Room.ID {
			t.Errorf("got room %s", room.ID)
		}
		must(node.AddPeer(ctx, created.Room.ID, rooms.PeerOptions{}))(t)
		if created.Address != asked.Address() {
			elsewhere++
			_, err := asked.Get(ctx, created.Room.ID)
			is(t, err, rooms.ErrRoomNotFound)
		}
		must(0, node.Delete(ctx, created.Room.ID))(t)
	}
	if elsewhere == 0 {
		t.Error("every room was made on the node that was asked")
	}
}

func TestTLSOnServer(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{TLS: true})
	client := newClient(t, rooms.Config{
		ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), Secure: true, HTTPClient: server.HTTPClient(),
	})
	created := must(client.Create(t.Context(), rooms.RoomConfig{}))(t)
	added := must(must(client.At(created.Address))(t).AddPeer(t.Context(), created.Room.ID, rooms.PeerOptions{}))(t)
	if want := "wss://" + server.Address() + "/socket/peer/websocket"; added.WebSocketURL != want {
		t.Errorf("peers connect to %s, want %s", added.WebSocketURL, want)
	}
	distrustful := newClient(t, rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), Secure: true})
	var failure *rooms.Error
	if _, err := distrustful.List(t.Context()); !errors.As(err, &failure) || failure.Status != 0 {
		t.Errorf("error %v", err)
	}
}

// A room has the options that it was created with, and its config creates another one
// like it.
func TestConfigOfARoomMakesAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		client := on(t, server)
		config := must(client.Create(t.Context(), rooms.RoomConfig{MaxPeers: rooms.Ptr(3), VideoCodec: rooms.VideoCodecVP8}))(t).Room.Config
		config.RoomID = "another"
		again := must(client.Create(t.Context(), config))(t).Room.Config
		if diff := cmp.Diff(config, again); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// With a silent server a call takes its time limit, not more.
func TestSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		client := on(t, server)
		server.Silence(true)
		begin := time.Now()
		_, err := client.List(t.Context())
		if took := time.Since(begin); err == nil || took != 10*time.Second {
			t.Errorf("after %v: error %v", took, err)
		}
		server.Silence(false)
		must(client.List(t.Context()))(t)
	})
}
