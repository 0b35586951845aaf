package stream_test

import (
	"encoding/json"
	"errors"
	"log/slog"
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

// A log of JSON lines is read back, whatever a subscription delivered.
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
