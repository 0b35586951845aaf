package stream_test

import (
	"encoding/json"
	"errors"
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
		{stream.Gap{}, `{}`},
		{stream.Gap{Dropped: 3}, `{"dropped":3}`},
		{
			stream.Gap{Dropped: 1, Undecodable: 2, Outages: 3, Since: since, Until: since.Add(time.Second), From: "a:1", To: "b:1", Err: errors.New("reset")},
			`{"dropped":1,"undecodable":2,"outages":3,"since":"2024-05-23T11:00:00.123Z","until":"2024-05-23T11:00:01.123Z","from":"a:1","to":"b:1","error":"reset"}`,
		},
		{stream.Report{Skipped: 2, MetricsReport: decode.MetricsReport{JSON: `{"a": 1}`}}, `{"skipped":2,"metrics":{"a":1}}`},
		{stream.Report{MetricsReport: decode.MetricsReport{JSON: `oops`}}, `{"skipped":0,"metrics":"oops"}`},
	} {
		got, err := json.Marshal(c.value)
		if err != nil || string(got) != c.want {
			t.Errorf("%+v marshals to %s (%v), want %s", c.value, got, err, c.want)
		}
	}
}
