package stream_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestJSONHasStableNames(t *testing.T) {
	since := time.Date(2024, 5, 23, 12, 0, 0, 123_456_789, time.FixedZone("", 3600))
	for _, c := range []struct {
		value any
		want  string
	}{
		{stream.Gap{}, `{"kind":"gap"}`},
		{stream.Gap{Dropped: 3}, `{"kind":"gap","dropped":3}`},
		{
			stream.Gap{Dropped: 1, Undecodable: 2, Outages: 3, Since: since, Until: since.Add(time.Second), From: "a:1", To: "b:1", Err: errors.New("reset")},
			`{"kind":"gap","dropped":1,"undecodable":2,"outages":3,"since":"2024-05-23T11:00:00.123Z","until":"2024-05-23T11:00:01.123Z","from":"a:1","to":"b:1","error":"reset"}`,
		},
		{stream.Report{Skipped: 2, MetricsReport: decode.MetricsReport{JSON: `{"a": 1}`}}, `{"kind":"metrics_report","skipped":2,"metrics":{"a":1}}`},
		{stream.Report{MetricsReport: decode.MetricsReport{JSON: `oops`}}, `{"kind":"metrics_report","skipped":0,"metrics":"oops"}`},
	} {
		got, err := json.Marshal(c.value)
		if err != nil || string(got) != c.want {
			t.Errorf("%+v marshals to %s (%v), want %s", c.value, got, err, c.want)
		}
	}
}

// A log of JSON lines can be read back, whatever the subscription delivered.
func TestNotificationsAndGapsAreReadBack(t *testing.T) {
	at := time.Date(2024, 5, 23, 12, 0, 0, 123_000_000, time.UTC)
	for _, want := range []decode.Notification{
		decode.PeerConnected{RoomID: "r", PeerID: "p", PeerType: decode.PeerTypeAgent},
		decode.Unknown{Number: 99, Payload: "\xff"},
		stream.Gap{},
		stream.Gap{Dropped: 3},
		stream.Gap{Dropped: 1, Undecodable: 2, Outages: 3, Since: at, Until: at.Add(time.Second), From: "a:1", To: "b:1"},
	} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := stream.UnmarshalNotification(text); err != nil || got != want {
			t.Errorf("%s is read as %#v, %v, want %#v", text, got, err, want)
		}
		if group := slog.AnyValue(want).Resolve().Group(); len(group) == 0 || group[0].String() != "kind="+want.Kind().String() {
			t.Errorf("%#v is logged as %v", want, group)
		}
	}
	text, err := json.Marshal(stream.Gap{Undecodable: 1, Err: errors.New("oops")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stream.UnmarshalNotification(text); err != nil || got.(stream.Gap).Err.Error() != "oops" {
		t.Errorf("%s is read as %#v, %v", text, got, err)
	}
	report := stream.Report{Skipped: 7, MetricsReport: decode.MetricsReport{JSON: `{"a":1}`}}
	text, err = json.Marshal(report)
	var again stream.Report
	if err != nil || json.Unmarshal(text, &again) != nil || again != report {
		t.Errorf("%s is read as %#v, %v", text, again, err)
	}
	if got, err := stream.UnmarshalNotification(text); err != nil || got != report.MetricsReport {
		t.Errorf("%s is read as %#v, %v", text, got, err)
	}
	for _, bad := range []string{`{"kind":"gap","dropped":-1}`, `{"kind":"oops"}`, `{}`, ``} {
		if got, err := stream.UnmarshalNotification([]byte(bad)); got != nil || err == nil {
			t.Errorf("%s is read as %v, %v", bad, got, err)
		}
	}
}

// Metadata may nest as deep as a peer likes without breaking a log of notifications.
func TestP8DeepMetadataIsReadBack(t *testing.T) {
	for _, depth := range []int{1, 1_000, 1_001, 9_998, 9_999, 10_000, 100_000} {
		for _, brackets := range []string{"[]", `{"\\\"]":1}`} {
			deep := brackets
			if depth > 1 {
				deep = strings.Repeat(`[`, depth-1) + brackets + strings.Repeat(`]`, depth-1)
			}
			want := decode.Metadata(deep)
			if depth > 1_000 {
				want = decode.Metadata(quoted(t, deep))
			}
			metadata := func(n decode.Notification) decode.Metadata {
				switch n := n.(type) {
				case decode.PeerMetadataUpdated:
					return n.Metadata
				case decode.TrackAdded:
					return n.Track.Metadata
				case decode.MetricsReport:
					return decode.Metadata(n.JSON)
				}
				return ""
			}
			for _, n := range []decode.Notification{
				decode.PeerMetadataUpdated{RoomID: "a", Metadata: decode.Metadata(deep)},
				decode.TrackAdded{RoomID: "a", Track: decode.Track{Metadata: decode.Metadata(deep)}},
				decode.MetricsReport{JSON: deep},
				stream.Report{MetricsReport: decode.MetricsReport{JSON: deep}},
			} {
				text, err := json.Marshal([]any{map[string]any{"within": n}})
				if err != nil || !json.Valid(text) {
					t.Errorf("%v with metadata %d deep marshals to no JSON: %v", n.Kind(), depth, err)
					continue
				}
				text, _ = json.Marshal(n)
				if got, err := stream.UnmarshalNotification(text); err != nil || metadata(got) != want {
					t.Errorf("%v with metadata %d deep is read as %.100v, %v", n.Kind(), depth, got, err)
				}
			}
		}
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}
