package fishjam_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// No value that holds a token, a key or a URL with one reveals it when printed.
func TestP10FishjamValuesHideSecrets(t *testing.T) {
	t.Parallel()
	hidden := secret("hunter2-secret")
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	values := []any{
		fishjam.Config{FishjamID: "abc", ManagementToken: hidden, Header: http.Header{"X": {"hunter2-secret"}}},
		fishjam.RoomConfig{WebhookURL: hidden},
		fishjam.Room{Config: fishjam.RoomConfig{WebhookURL: hidden}},
		fishjam.AddedPeer{Token: hidden},
		fishjam.VAPIOptions{APIKey: hidden},
		fishjam.LivestreamConfig{WebhookURL: hidden},
		fishjam.Livestream{Streamers: []fishjam.Streamer{{Token: hidden}}, Viewers: []fishjam.Viewer{{Token: hidden}}},
		fishjam.MoQAccess{ConnectionURL: hidden, Token: hidden},
	}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&text, verb+"\n", v)
			fmt.Fprintf(&text, verb+"\n", []any{v})
		}
		log.Info("value", "v", v)
		if _, ok := v.(fishjam.Config); ok {
			continue // It has functions.
		}
		printed, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%T: %v", v, err)
		}
		text.Write(printed)
	}
	for _, shown := range []string{"hunter2", fmt.Sprintf("%x", "hunter2")} {
		if i := strings.Index(text.String(), shown); i >= 0 {
			t.Errorf("a secret was shown: …%s…", text.String()[max(0, i-200):i])
		}
	}
	if text.Len() < 1000 {
		t.Errorf("only %d bytes were printed", text.Len())
	}
}

// What was sent isn't shown if Fishjam, or a gateway, repeats it.
func TestP10FishjamErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	client := serve(t, fishjam.Config{Header: http.Header{"X-Key": {"hunter2-header"}}}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said, _ := json.Marshal(fmt.Sprintf("bad request: %s %s %s", r.Header.Get("Authorization"), r.Header.Get("X-Key"), body))
		responding(400, jsonType, `{"detail":`+string(said)+`}`)(w, r)
	})
	hook := secret("https://me:hunter2-password@host/?key=hunter2-query")
	for name, call := range map[string]func() error{
		"room": func() error {
			_, err := client.CreateRoom(t.Context(), fishjam.RoomConfig{WebhookURL: hook})
			return err
		},
		"livestream": func() error {
			_, err := client.CreateLivestream(t.Context(), fishjam.LivestreamConfig{WebhookURL: hook})
			return err
		},
		"VAPI": func() error {
			_, err := client.AddPeer(t.Context(), "r", fishjam.VAPIOptions{APIKey: secret("hunter2-key"), CallID: "c"})
			return err
		},
		"recording": func() error {
			_, err := client.CreateRecording(t.Context(), fishjam.RecordingConfig{Source: fishjam.CompositionSource{CompositionURL: hook.Reveal(), OutputID: "o"}})
			return err
		},
		"template": func() error {
			_, err := client.CreateRecording(t.Context(), fishjam.RecordingConfig{Source: fishjam.TemplateSource{CompositionURL: hook.Reveal(), Template: []byte("x")}})
			return err
		},
		"forwarding": func() error {
			return client.ForwardTracks(t.Context(), "r", fishjam.TrackForwarding{CompositionURL: hook.Reveal()})
		},
	} {
		err := call()
		var failure *fishjam.Error
		if !errors.As(err, &failure) || !strings.Contains(err.Error(), "bad request: Bearer [redacted]") {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		for _, hidden := range []string{"hunter2", "development"} {
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("%s: error %v shows a secret", name, err)
			}
		}
	}
}
