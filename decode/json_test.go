package decode_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
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
		{decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"}, `{"kind":"peer_connected","room_id":"room-1","peer_id":"peer-1"}`},
		{decode.PeerConnected{PeerType: decode.PeerTypeVAPI}, `{"kind":"peer_connected","room_id":"","peer_id":"","peer_type":"vapi"}`},
		{decode.PeerCrashed{RoomID: "room-1", PeerID: "peer-1"}, `{"kind":"peer_crashed","room_id":"room-1","peer_id":"peer-1","reason":""}`},
		{decode.PeerMetadataUpdated{Metadata: "null"}, `{"kind":"peer_metadata_updated","room_id":"","peer_id":"","metadata":null}`},
		{decode.ComponentCrashed{ComponentID: "comp-1"}, `{"kind":"component_crashed","room_id":"","component_id":"comp-1"}`},
		{decode.TrackAdded{RoomID: "room-1", Owner: owner, Track: track}, `{"kind":"track_added","room_id":"room-1","owner":{"type":"component","id":"comp-1"},"track":{"id":"t1","type":"video","metadata":{"a":1}}}`},
		{decode.TrackAdded{Track: decode.Track{Type: 7, Metadata: "{"}}, `{"kind":"track_added","room_id":"","owner":{"type":"unspecified","id":""},"track":{"id":"","type":"track type(7)","metadata":"{"}}`},
		{decode.TrackForwarding{CompositionURL: "u", InputID: "i", Audio: track}, `{"kind":"track_forwarding","room_id":"","peer_id":"","composition_url":"u","input_id":"i","audio_track":{"id":"t1","type":"video","metadata":{"a":1}}}`},
		{decode.ChannelAdded{ChannelID: "c1"}, `{"kind":"channel_added","room_id":"","owner":{"type":"unspecified","id":""},"channel_id":"c1"}`},
		{decode.ViewerConnected{StreamID: "s1", ViewerID: "v1"}, `{"kind":"viewer_connected","stream_id":"s1","viewer_id":"v1"}`},
		{decode.StreamerConnected{StreamID: "s1", StreamerID: "x1"}, `{"kind":"streamer_connected","stream_id":"s1","streamer_id":"x1"}`},
		{decode.VAD{TrackID: "t1", Status: decode.VADSpeech}, `{"kind":"vad_notification","room_id":"","peer_id":"","track_id":"t1","status":"speech"}`},
		{decode.RecordingStatusChanged{RecordingID: "r1", Status: decode.RecordingFailed}, `{"kind":"recording_status_changed","recording_id":"r1","status":"failed"}`},
		{decode.MetricsReport{JSON: `{"room_id=1":{}}`}, `{"kind":"metrics_report","metrics":{"room_id=1":{}}}`},
		{decode.Unknown{Number: 99, Payload: "\xff"}, `{"kind":"unknown","number":99,"payload":"/w=="}`},
		{decode.Undecodable{Reason: "a batch within a batch"}, `{"kind":"undecodable","reason":"a batch within a batch"}`},
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
	if got, want := (decode.MetricsReport{JSON: "{}"}).String(), `metrics_report bytes=2 metrics="{}"`; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	for lead := range 4 {
		long := decode.MetricsReport{JSON: strings.Repeat("x", lead) + strings.Repeat("☃", 1000)}.String()
		if !utf8.ValidString(long) || !strings.HasSuffix(long, "☃…\"") || len(long) > 130 {
			t.Errorf("String() of a long report = %q", long)
		}
	}
}

// filled returns a notification of each kind with every field set.
func filled() []decode.Notification {
	list := []decode.Notification{
		decode.Unknown{Number: 99, Payload: "\xff\x00new"},
		decode.Undecodable{Reason: "a batch within a batch"},
		decode.MetricsReport{JSON: `{"room_id=r":{"a":1}}`},
	}
	for _, n := range kinds() {
		if n.Kind() == decode.KindMetricsReport {
			continue
		}
		v := reflect.New(reflect.TypeOf(n)).Elem()
		fill(v)
		list = append(list, v.Interface().(decode.Notification))
	}
	return list
}

func fill(v reflect.Value) {
	for i := range v.NumField() {
		switch field, name := v.Field(i), v.Type().Field(i).Name; {
		case field.Kind() == reflect.Struct:
			fill(field)
		case field.Type() == reflect.TypeFor[decode.Metadata]():
			field.SetString(`{"a":["é☃",null,1.50]}`)
		case field.Kind() == reflect.String:
			field.SetString(name + `"\ <é>`)
		default:
			field.SetInt(2)
		}
	}
}

// Every notification names its kind, and is read back from its JSON.
func TestNotificationsSayWhichTheyAre(t *testing.T) {
	for _, n := range filled() {
		kind := n.Kind().String()
		if got := fmt.Sprint(n); !strings.HasPrefix(got, kind+" ") || strings.ContainsAny(got, "\n\u202e") {
			t.Errorf("%#v prints as %s", n, got)
		}
		if group := slog.AnyValue(n).Resolve().Group(); len(group) < 2 || group[0].String() != "kind="+kind {
			t.Errorf("%#v is logged as %v", n, group)
		}
		text, err := json.Marshal(n)
		if err != nil || !strings.HasPrefix(string(text), `{"kind":"`+kind+`",`) {
			t.Errorf("%#v is %s, %v", n, text, err)
		}
		again, err := decode.UnmarshalNotification(text)
		if err != nil || again != n {
			t.Errorf("%s is read as %#v, %v, want %#v", text, again, err, n)
		}
		typed := reflect.New(reflect.TypeOf(n))
		if err := json.Unmarshal(text, typed.Interface()); err != nil || typed.Elem().Interface() != n {
			t.Errorf("%s is read into its type as %#v, %v, want %#v", text, typed.Elem(), err, n)
		}
	}
	for _, n := range append(kinds(), decode.Unknown{}, decode.Undecodable{}, decode.PeerAdded{PeerType: -7},
		decode.TrackAdded{Owner: decode.Owner{Type: 9}, Track: decode.Track{Type: 1 << 30, Metadata: "null"}}) {
		text, err := json.Marshal(n)
		if err != nil {
			t.Error(err)
		}
		again, err := decode.UnmarshalNotification(text)
		if n == (decode.MetricsReport{}) {
			n = decode.MetricsReport{JSON: "null"}
		}
		if err != nil || again != n {
			t.Errorf("%s is read as %#v, %v, want %#v", text, again, err, n)
		}
	}
}

// Text that peers choose can't control a terminal or fill a log.
func TestP10NotificationsPrintOnOneReadableLine(t *testing.T) {
	evil := "a\nb\x1b[2J\u202e" + strings.Repeat("x", 10_000)
	for _, n := range []decode.Notification{
		decode.PeerMetadataUpdated{RoomID: evil, Metadata: decode.Metadata(evil)},
		decode.TrackAdded{Owner: decode.Owner{ID: evil}, Track: decode.Track{ID: evil}},
		decode.Unknown{Payload: evil},
		decode.Undecodable{Reason: evil},
		decode.MetricsReport{JSON: evil},
	} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		logger.Info("m", "n", n)
		for _, shown := range []string{fmt.Sprint(n), fmt.Sprintf("%+v", n), strings.TrimSuffix(log.String(), "\n")} {
			if strings.ContainsAny(shown, "\n\x1b\u202e") || len(shown) > 1000 {
				t.Errorf("%T shows as %d bytes: %.200q", n, len(shown), shown)
			}
		}
	}
}

func TestUnmarshalNotificationRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                    "unexpected end",
		`[]`:                                  "cannot unmarshal array",
		`{}`:                                  "no kind",
		`{"kind":null}`:                       "no kind",
		`{"kind":"room_created","room_id":7}`: "room_created: ",
		`{"kind":"gap"}`:                      "use stream.UnmarshalNotification",
		`{"kind":"notification_batch"}`:       `unknown kind "notification_batch"`,
		`{"kind":"a\u202e\u001b[0m"}`:         `unknown kind "a [0m"`,
		`{"kind":"kind(99)"}`:                 "can't read the kind kind(99)",
		`{"kind":"peer_added","peer_type":"x(1)"}`: `unknown peer type "x(1)"`,
	} {
		if n, err := decode.UnmarshalNotification([]byte(text)); err == nil || n != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is read as %v, %v, want an error about %s", text, n, err, want)
		}
	}
}
