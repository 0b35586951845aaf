package decode_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

func TestJSON(t *testing.T) {
	owner := decode.Owner{Type: decode.OwnerComponent, ID: "comp-1"}
	track := decode.Track{ID: "t1", Type: decode.TrackTypeVideo, Metadata: `{"a":1}`}
	for _, c := range []struct {
		value any
		want  string
	}{
		{decode.KindPeerConnected, `"peer_connected"`},
		{map[decode.Kind]int{decode.KindVAD: 1}, `{"vad_notification":1}`},
		{decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"}, `{"room_id":"room-1","peer_id":"peer-1"}`},
		{decode.PeerConnected{PeerType: decode.PeerTypeVAPI}, `{"room_id":"","peer_id":"","peer_type":"vapi"}`},
		{decode.PeerCrashed{RoomID: "room-1", PeerID: "peer-1"}, `{"room_id":"room-1","peer_id":"peer-1","reason":""}`},
		{decode.PeerMetadataUpdated{Metadata: "null"}, `{"room_id":"","peer_id":"","metadata":null}`},
		{decode.ComponentCrashed{ComponentID: "comp-1"}, `{"room_id":"","component_id":"comp-1"}`},
		{decode.TrackAdded{RoomID: "room-1", Owner: owner, Track: track}, `{"room_id":"room-1","owner":{"type":"component","id":"comp-1"},"track":{"id":"t1","type":"video","metadata":{"a":1}}}`},
		{decode.TrackAdded{Track: decode.Track{Type: 7, Metadata: "{"}}, `{"room_id":"","owner":{"type":"unspecified","id":""},"track":{"id":"","type":"track type(7)","metadata":"{"}}`},
		{decode.TrackForwarding{CompositionURL: "u", InputID: "i", Audio: track}, `{"room_id":"","peer_id":"","composition_url":"u","input_id":"i","audio_track":{"id":"t1","type":"video","metadata":{"a":1}}}`},
		{decode.ChannelAdded{ChannelID: "c1"}, `{"room_id":"","owner":{"type":"unspecified","id":""},"channel_id":"c1"}`},
		{decode.ViewerConnected{StreamID: "s1", ViewerID: "v1"}, `{"stream_id":"s1","viewer_id":"v1"}`},
		{decode.StreamerConnected{StreamID: "s1", StreamerID: "x1"}, `{"stream_id":"s1","streamer_id":"x1"}`},
		{decode.VAD{TrackID: "t1", Status: decode.VADSpeech}, `{"room_id":"","peer_id":"","track_id":"t1","status":"speech"}`},
		{decode.RecordingStatusChanged{RecordingID: "r1", Status: decode.RecordingFailed}, `{"recording_id":"r1","status":"failed","metadata":null}`},
		{decode.MetricsReport{JSON: `{"room_id=1":{}}`}, `{"metrics":{"room_id=1":{}}}`},
		{decode.Unknown{Number: 99, Payload: "\xff"}, `{"number":99,"payload":"/w=="}`},
		{decode.Undecodable{Reason: "a batch within a batch"}, `{"reason":"a batch within a batch"}`},
	} {
		got, err := json.Marshal(c.value)
		if err != nil {
			t.Errorf("%#v: %v", c.value, err)
		}
		if string(got) != c.want {
			t.Errorf("%#v is %s, want %s", c.value, got, c.want)
		}
	}
}

func TestEnumNames(t *testing.T) {
	for _, c := range []struct {
		value interface{ String() string }
		want  string
	}{
		{decode.PeerTypeUnspecified, "unspecified"},
		{decode.PeerTypeWebRTC, "webrtc"},
		{decode.PeerTypeAgent, "agent"},
		{decode.PeerTypeVAPI, "vapi"},
		{decode.PeerType(-1), "peer type(-1)"},
		{decode.TrackTypeUnspecified, "unspecified"},
		{decode.TrackTypeVideo, "video"},
		{decode.TrackTypeAudio, "audio"},
		{decode.TrackType(9), "track type(9)"},
		{decode.VADUnspecified, "unspecified"},
		{decode.VADSilence, "silence"},
		{decode.VADSpeech, "speech"},
		{decode.VADStatus(9), "vad status(9)"},
		{decode.RecordingUnspecified, "unspecified"},
		{decode.RecordingActive, "active"},
		{decode.RecordingFinished, "finished"},
		{decode.RecordingAvailable, "available"},
		{decode.RecordingFailed, "failed"},
		{decode.RecordingStatus(9), "recording status(9)"},
		{decode.OwnerUnspecified, "unspecified"},
		{decode.Owner{Type: decode.OwnerPeer, ID: "beef-1"}, "peer beef-1"},
		{decode.Owner{Type: decode.OwnerComponent, ID: "comp-1"}, "component comp-1"},
	} {
		if got := c.value.String(); got != c.want {
			t.Errorf("%#v is %q, want %q", c.value, got, c.want)
		}
	}
}

func TestMetadataUnmarshal(t *testing.T) {
	for metadata, want := range map[decode.Metadata]string{
		`{"name":"Zoë"}`: "Zoë",
		"null":           "before",
		"":               "before",
	} {
		v := struct{ Name string }{"before"}
		if err := metadata.Unmarshal(&v); err != nil || v.Name != want {
			t.Errorf("Metadata(%q) gives %q, %v, want %q", metadata, v.Name, err, want)
		}
	}
	var v any
	err := decode.Metadata("{").Unmarshal(&v)
	if err == nil || !strings.HasPrefix(err.Error(), "decode: metadata: ") {
		t.Errorf("Metadata of half a text gives error %v", err)
	}
}

func TestMetricsReportUnmarshal(t *testing.T) {
	var rooms map[string]any
	report := decode.MetricsReport{JSON: `{"room_id=room-1":{}}`}
	if err := report.Unmarshal(&rooms); err != nil || rooms["room_id=room-1"] == nil {
		t.Errorf("%v gives %v, %v", report, rooms, err)
	}
	err := decode.MetricsReport{JSON: "{"}.Unmarshal(&rooms)
	if err == nil || !strings.HasPrefix(err.Error(), "decode: metrics report: ") {
		t.Errorf("half a report gives error %v", err)
	}
}

func TestMetricsReportString(t *testing.T) {
	if got, want := (decode.MetricsReport{JSON: "{}"}).String(), "metrics report of 2 bytes: {}"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	for lead := range 4 {
		long := decode.MetricsReport{JSON: strings.Repeat("x", lead) + strings.Repeat("☃", 1000)}.String()
		if !utf8.ValidString(long) || !strings.HasSuffix(long, "☃…") || len(long) > 130 {
			t.Errorf("String() of a long report = %q", long)
		}
	}
}
