package rooms_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// Servers 0.3.0 to 0.4.2 accept any text as a room's id (Jellyfish protocol,
// section 4.3); in a path it is one escaped segment.
func TestIDsAreEscaped(t *testing.T) {
	t.Parallel()
	var asked string
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.RequestURI
		w.WriteHeader(http.StatusNoContent)
	})
	for id, want := range map[string]string{
		"room-1":        "room-1",
		"a/b":           "a%2Fb",
		"/":             "%2F",
		"../room":       "..%2Froom",
		"a b":           "a%20b",
		"100%":          "100%25",
		"%2F":           "%252F",
		"a?b#c":         "a%3Fb%23c",
		"a+b":           "a+b",
		"żółw":          "%C5%BC%C3%B3%C5%82w",
		"a\r\nX: y\x00": "a%0D%0AX:%20y%00",
		"\xff":          "%FF",
		"{roomID}":      "%7BroomID%7D",
		"...":           "...",
	} {
		if err := client.Delete(t.Context(), id); err != nil || asked != "DELETE /room/"+want {
			t.Errorf("%q: %s, want …/%s; error %v", id, asked, want, err)
		}
		if err := client.DeletePeer(t.Context(), id, id); err != nil || asked != "DELETE /room/"+want+"/peer/"+want {
			t.Errorf("%q as a peer: %s, want …/%s; error %v", id, asked, want, err)
		}
		if got, err := client.HLSURL(id, rooms.MasterPlaylist); err != nil || !strings.HasSuffix(got, "/hls/"+want+"/index.m3u8") {
			t.Errorf("%q: URL %s, error %v", id, got, err)
		}
	}
}

// Ids that a path can't carry are refused by every method that takes one, and
// nothing is sent.
func TestIDsAreRefused(t *testing.T) {
	t.Parallel()
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("sent %s %s", r.Method, r.URL) })
	ctx := t.Context()
	for _, id := range []string{"", ".", ".."} {
		for field, calls := range map[string][]func() error{
			"roomID": {
				func() error { _, err := client.Get(ctx, id); return err },
				func() error { return client.Delete(ctx, id) },
				func() error { _, err := client.AddPeer(ctx, id, rooms.PeerOptions{}); return err },
				func() error { return client.DeletePeer(ctx, id, "p") },
				func() error { _, err := client.AddComponent(ctx, id, rooms.HLSOptions{}); return err },
				func() error { return client.DeleteComponent(ctx, id, "c") },
				func() error { return client.Subscribe(ctx, id, "c") },
				func() error { return client.Dial(ctx, id, "c", "1") },
				func() error { return client.HangUp(ctx, id, "c") },
				func() error { _, err := client.HLSURL(id, "f"); return err },
			},
			"peerID": {func() error { return client.DeletePeer(ctx, "r", id) }},
			"componentID": {
				func() error { return client.DeleteComponent(ctx, "r", id) },
				func() error { return client.Subscribe(ctx, "r", id) },
				func() error { return client.Dial(ctx, "r", id, "1") },
				func() error { return client.HangUp(ctx, "r", id) },
			},
			"recordingID": {
				func() error { return client.DeleteRecording(ctx, id) },
				func() error { _, err := client.RecordingURL(id, "f"); return err },
			},
			"filename": {
				func() error { _, err := client.HLSURL("r", id); return err },
				func() error { _, err := client.RecordingURL("r", id); return err },
			},
		} {
			for i, call := range calls {
				refused(t, call(), field)
				if t.Failed() {
					t.Fatalf("call %d with %s %q", i, field, id)
				}
			}
		}
	}
}

// refused checks that a call was refused because of the field.
func refused(t *testing.T, err error, field string) {
	t.Helper()
	var input *rooms.InputError
	if !errors.As(err, &input) || input.Field != field || !errors.Is(err, rooms.ErrInvalid) {
		t.Errorf("error %v, want one about %s", err, field)
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cfg  rooms.Config
		want string
	}{
		{rooms.Config{ServerAddress: "localhost:5002"}, "http://localhost:5002"},
		{rooms.Config{ServerAddress: "localhost:5002", Secure: true}, "https://localhost:5002"},
		{rooms.Config{ServerAddress: "wss://media.example.org/jf/"}, "https://media.example.org/jf"},
	} {
		test.cfg.ServerAPIToken = rooms.NewSecret("t")
		client := newClient(t, test.cfg)
		if got, err := client.HLSURL("r", rooms.MasterPlaylist); err != nil || got != test.want+"/hls/r/index.m3u8" {
			t.Errorf("%v: %s, error %v", test.cfg, got, err)
		}
		if got, err := client.RecordingURL("r", "muxed.m3u8"); err != nil || got != test.want+"/recording/r/muxed.m3u8" {
			t.Errorf("%v: %s, error %v", test.cfg, got, err)
		}
	}
}

// Options that contradict each other, are incomplete, or would crash the room are
// refused, and nothing is sent.
func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("sent %s %s", r.Method, r.URL) })
	for field, config := range map[string]rooms.RoomConfig{
		"RoomConfig.MaxPeers":                {MaxPeers: rooms.Ptr(-1)},
		"RoomConfig.PeerlessPurgeTimeout":    {PeerlessPurgeTimeout: 1},
		"RoomConfig.PeerDisconnectedTimeout": {PeerDisconnectedTimeout: -5e9},
	} {
		_, err := client.Create(t.Context(), config)
		refused(t, err, field)
	}
	noBucket, noKey := someS3, someS3
	noBucket.Bucket, noKey.SecretAccessKey = "", rooms.Secret{}
	noPassword := someSIP
	noPassword.Password = rooms.Secret{}
	for _, test := range []struct {
		options rooms.ComponentOptions
		field   string
	}{
		{nil, "options"},
		{(*rooms.HLSOptions)(nil), "options"},
		{rooms.HLSOptions{TargetWindowDuration: 1500e6}, "HLSOptions.TargetWindowDuration"},
		{rooms.HLSOptions{S3: noBucket}, "HLSOptions.S3.Bucket"},
		{&rooms.HLSOptions{S3: noKey}, "HLSOptions.S3.SecretAccessKey"},
		{rooms.HLSOptions{S3: rooms.S3Credentials{Bucket: "b"}}, "HLSOptions.S3.AccessKeyID"},
		{rooms.RecordingOptions{Credentials: rooms.S3Credentials{AccessKeyID: rooms.NewSecret("k"), SecretAccessKey: rooms.NewSecret("s"), Bucket: "b"}}, "RecordingOptions.Credentials.Region"},
		{rooms.RTSPOptions{}, "RTSPOptions.SourceURI"},
		{rooms.RTSPOptions{SourceURI: rooms.NewSecret("x"), RTPPort: -1}, "RTSPOptions.RTPPort"},
		{rooms.RTSPOptions{SourceURI: rooms.NewSecret("x"), RTPPort: 65536}, "RTSPOptions.RTPPort"},
		{rooms.RTSPOptions{SourceURI: rooms.NewSecret("x"), ReconnectDelay: rooms.Ptr(-milli)}, "RTSPOptions.ReconnectDelay"},
		{rooms.RTSPOptions{SourceURI: rooms.NewSecret("x"), KeepAliveInterval: rooms.Ptr(milli / 2)}, "RTSPOptions.KeepAliveInterval"},
		{rooms.FileOptions{}, "FileOptions.FilePath"},
		{rooms.FileOptions{FilePath: "v.h264", Framerate: -1}, "FileOptions.Framerate"},
		{rooms.FileOptions{FilePath: "a.ogg", Framerate: 20}, "FileOptions.Framerate"},
		{rooms.SIPOptions{}, "SIPOptions.RegistrarCredentials.Address"},
		{rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Address: "a"}}, "SIPOptions.RegistrarCredentials.Username"},
		{rooms.SIPOptions{RegistrarCredentials: noPassword}, "SIPOptions.RegistrarCredentials.Password"},
	} {
		_, err := client.AddComponent(t.Context(), "r", test.options)
		refused(t, err, test.field)
	}
	refused(t, client.Subscribe(t.Context(), "r", "c", "p", ""), "origins")
	refused(t, client.Dial(t.Context(), "r", "c", ""), "phoneNumber")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	source := func(context.Context) (string, error) { return "t", nil }
	for field, cfg := range map[string]rooms.Config{
		"ServerAddress":  {ServerAPIToken: rooms.NewSecret("t")},
		"ServerAPIToken": {ServerAddress: "a:1"},
		"TokenSource":    {ServerAddress: "a:1", ServerAPIToken: rooms.NewSecret("t"), TokenSource: source},
		"Timeout":        {ServerAddress: "a:1", ServerAPIToken: rooms.NewSecret("t"), Timeout: -1},
		"ReadLimit":      {ServerAddress: "a:1", ServerAPIToken: rooms.NewSecret("t"), ReadLimit: -1},
	} {
		_, err := rooms.New(cfg)
		refused(t, err, field)
	}
	_, err := rooms.New(rooms.Config{ServerAddress: "http://a:1", ServerAPIToken: rooms.NewSecret("t"), Secure: true})
	refused(t, err, "ServerAddress")
	secure := newClient(t, rooms.Config{ServerAddress: "https://a:1", ServerAPIToken: rooms.NewSecret("t")})
	for _, node := range []string{"", "http://b:1", "user:secret@b", "::1"} {
		_, err := secure.At(node)
		refused(t, err, "node")
	}
}

const milli = time.Millisecond
