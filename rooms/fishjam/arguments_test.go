package fishjam_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// What Fishjam can't accept is refused before anything is sent.
func TestArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	client := serve(t, fishjam.Config{}, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL) })
	loop := map[string]any{}
	loop["a"] = loop
	long := "https://c/" + strings.Repeat("x", 250)
	peer := func(options fishjam.PeerOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := client.AddPeer(ctx, "r", options); return err }
	}
	room := func(config fishjam.RoomConfig) func(context.Context) error {
		return func(ctx context.Context) error { _, err := client.CreateRoom(ctx, config); return err }
	}
	record := func(source fishjam.RecordingSource) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.CreateRecording(ctx, fishjam.RecordingConfig{Source: source})
			return err
		}
	}
	list := func(metadata map[string]any) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.ListRecordings(ctx, fishjam.RecordingFilter{Metadata: metadata})
			return err
		}
	}
	template := func(width, height int) func(context.Context) error {
		return record(fishjam.TemplateSource{CompositionURL: "https://c/", Template: []byte("x"), Width: width, Height: height})
	}
	var noAgent *fishjam.AgentOptions
	for _, test := range []struct {
		field string
		call  func(context.Context) error
	}{
		{"roomID", func(ctx context.Context) error { return client.DeleteRoom(ctx, "") }},
		{"roomID", func(ctx context.Context) error { _, err := client.GetRoom(ctx, ".."); return err }},
		{"peerID", func(ctx context.Context) error { return client.DeletePeer(ctx, "r", ".") }},
		{"subscriberID", func(ctx context.Context) error { return client.SubscribePeer(ctx, "r", "", "p") }},
		{"publisherID", func(ctx context.Context) error { return client.SubscribePeer(ctx, "r", "p", "") }},
		{"trackIDs", func(ctx context.Context) error { return client.SubscribeTracks(ctx, "r", "p") }},
		{"trackIDs", func(ctx context.Context) error { return client.SubscribeTracks(ctx, "r", "p", "t", "") }},
		{"streamID", func(ctx context.Context) error { _, err := client.AddViewer(ctx, ""); return err }},
		{"viewerID", func(ctx context.Context) error { return client.DeleteViewer(ctx, "s", "") }},
		{"streamerID", func(ctx context.Context) error { return client.DeleteStreamer(ctx, "s", "") }},
		{"recordingID", func(ctx context.Context) error { return client.DeleteRecording(ctx, "") }},
		{"RoomConfig.MaxPeers", room(fishjam.RoomConfig{MaxPeers: -1})},
		{"RoomConfig.WebhookURL", room(fishjam.RoomConfig{WebhookURL: secret("https://hunter2.test")})},
		{"RoomConfig.WebhookURL", room(fishjam.RoomConfig{WebhookURL: secret("https:///hunter2")})},
		{"RoomConfig.WebhookURL", room(fishjam.RoomConfig{WebhookURL: secret("ftp://hunter2/")})},
		{"RoomConfig.WebhookURL", room(fishjam.RoomConfig{WebhookURL: secret("https://hunter2/\n")})},
		{"LivestreamConfig.WebhookURL", func(ctx context.Context) error {
			_, err := client.CreateLivestream(ctx, fishjam.LivestreamConfig{WebhookURL: secret("hunter2")})
			return err
		}},
		{"options", peer(nil)},
		{"options", peer(noAgent)},
		{"WebRTCOptions.Metadata", peer(fishjam.WebRTCOptions{Metadata: []int{1}})},
		{"WebRTCOptions.Metadata", peer(fishjam.WebRTCOptions{Metadata: "text"})},
		{"WebRTCOptions.Metadata", peer(fishjam.WebRTCOptions{Metadata: func() {}})},
		{"WebRTCOptions.Metadata", peer(fishjam.WebRTCOptions{Metadata: decode.Metadata("{not: json")})},
		{"AgentOptions.AudioSampleRate", peer(fishjam.AgentOptions{AudioSampleRate: 48000})},
		{"VAPIOptions.APIKey", peer(fishjam.VAPIOptions{CallID: "c"})},
		{"VAPIOptions.APIKey", peer(fishjam.VAPIOptions{APIKey: secret("hunter2\n"), CallID: "c"})},
		{"VAPIOptions.CallID", peer(fishjam.VAPIOptions{APIKey: secret("k")})},
		{"VAPIOptions.CallID", peer(fishjam.VAPIOptions{APIKey: secret("k"), CallID: "a_b"})},
		{"TrackForwarding.CompositionURL", func(ctx context.Context) error { return client.ForwardTracks(ctx, "r", fishjam.TrackForwarding{}) }},
		{"TrackForwarding.CompositionURL", func(ctx context.Context) error {
			return client.ForwardTracks(ctx, "r", fishjam.TrackForwarding{CompositionURL: "c"})
		}},
		{"RecordingConfig.Source", record(nil)},
		{"CompositionSource.CompositionURL", record(fishjam.CompositionSource{CompositionURL: long, OutputID: "o"})},
		{"CompositionSource.OutputID", record(fishjam.CompositionSource{CompositionURL: "https://c/"})},
		{"CompositionSource.OutputID", record(fishjam.CompositionSource{CompositionURL: "https://c/", OutputID: long})},
		{"CompositionSource.ScaleRatio", record(fishjam.CompositionSource{CompositionURL: "https://c/", OutputID: "o", ScaleRatio: -1})},
		{"CompositionSource.ScaleRatio", record(fishjam.CompositionSource{CompositionURL: "https://c/", OutputID: "o", ScaleRatio: math.NaN()})},
		{"CompositionSource.ScaleRatio", record(fishjam.CompositionSource{CompositionURL: "https://c/", OutputID: "o", ScaleRatio: math.Inf(1)})},
		{"TemplateSource.CompositionURL", record(fishjam.TemplateSource{Template: []byte("x")})},
		{"TemplateSource.Template", record(fishjam.TemplateSource{CompositionURL: "https://c/"})},
		{"TemplateSource.Template", record(fishjam.TemplateSource{CompositionURL: "https://c/", Template: make([]byte, 1<<20+1)})},
		{"TemplateSource.Width", template(641, 360)},
		{"TemplateSource.Width", template(0, 360)},
		{"TemplateSource.Width", template(3842, 360)},
		{"TemplateSource.Height", template(640, -2)},
		{"TemplateSource.Height", template(640, 2162)},
		{"RecordingFilter.Metadata", list(map[string]any{"n": 1})},
		{"RecordingFilter.Metadata", list(map[string]any{"n": map[string]any{"b": true}})},
		{"RecordingFilter.Metadata", list(map[string]any{"a]": "x"})},
		{"RecordingFilter.Metadata", list(map[string]any{"": "x"})},
		{"RecordingFilter.Metadata", list(loop)},
		{"MoQAccessConfig", func(ctx context.Context) error {
			_, err := client.CreateMoQAccess(ctx, fishjam.MoQAccessConfig{})
			return err
		}},
	} {
		err := test.call(t.Context())
		var refused *fishjam.InputError
		if !errors.As(err, &refused) || refused.Field != test.field || !errors.Is(err, fishjam.ErrInvalid) {
			t.Errorf("error %v, want one about %s", err, test.field)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %v shows a secret", err)
		}
	}
}

func TestConfigsAreRefused(t *testing.T) {
	t.Parallel()
	source := func(context.Context) (string, error) { return "t", nil }
	token := secret("t")
	for _, test := range []struct {
		field  string
		config fishjam.Config
	}{
		{"FishjamID", fishjam.Config{ManagementToken: token}},
		{"FishjamID", fishjam.Config{ManagementToken: token, FishjamID: ".."}},
		{"FishjamID", fishjam.Config{ManagementToken: token, FishjamID: "a b"}},
		{"FishjamID", fishjam.Config{ManagementToken: token, FishjamID: "ftp://a"}},
		{"ManagementToken", fishjam.Config{FishjamID: "abc"}},
		{"ManagementToken", fishjam.Config{FishjamID: "abc", ManagementToken: secret("t\n")}},
		{"TokenSource", fishjam.Config{FishjamID: "abc", ManagementToken: token, TokenSource: source}},
		{"Timeout", fishjam.Config{FishjamID: "abc", ManagementToken: token, Timeout: -time.Second}},
		{"ReadLimit", fishjam.Config{FishjamID: "abc", ManagementToken: token, ReadLimit: -1}},
		{"Header", fishjam.Config{FishjamID: "abc", ManagementToken: token, Header: http.Header{"a b": {"x"}}}},
	} {
		_, err := fishjam.New(test.config)
		var refused *fishjam.InputError
		if !errors.As(err, &refused) || !strings.HasPrefix(refused.Field, test.field) {
			t.Errorf("error %v, want one about %s", err, test.field)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ id, want string }{
		{"0123abc", "fishjam.io/api/v1/connect/0123abc"},
		{"a/b", "fishjam.io/api/v1/connect/a%2Fb"},
		{"https://media.test:8443/x/", "media.test:8443/x"},
		{"wss://media.test", "media.test"},
	} {
		client, err := fishjam.New(fishjam.Config{FishjamID: test.id, ManagementToken: secret("t")})
		if err != nil || client.Address() != test.want {
			t.Errorf("%s: %v, error %v, want %s", test.id, client, err, test.want)
		}
	}
}
