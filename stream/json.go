package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// UnmarshalNotification parses the JSON of anything that a subscription delivers,
// such as one line of a log: a [Gap], or what [decode.UnmarshalNotification] parses.
func UnmarshalNotification(text []byte) (decode.Notification, error) {
	var named struct {
		Kind decode.Kind `json:"kind"`
	}
	if json.Unmarshal(text, &named) != nil || named.Kind != decode.KindGap {
		return decode.UnmarshalNotification(text)
	}
	var g Gap
	if err := json.Unmarshal(text, &g); err != nil {
		return nil, fmt.Errorf("stream: gap: %w", err)
	}
	return g, nil
}

// gapJSON is a Gap in JSON.
type gapJSON struct {
	Kind        decode.Kind `json:"kind"`
	Dropped     uint64      `json:"dropped,omitzero"`
	Undecodable uint64      `json:"undecodable,omitzero"`
	Outages     int         `json:"outages,omitzero"`
	Since       time.Time   `json:"since,omitzero"`
	Until       time.Time   `json:"until,omitzero"`
	From        string      `json:"from,omitzero"`
	To          string      `json:"to,omitzero"`
	Error       string      `json:"error,omitzero"`
}

// MarshalJSON returns the gap as an object with the fields kind, dropped,
// undecodable, outages, since, until, from, to and error, without zero fields.
func (g Gap) MarshalJSON() ([]byte, error) {
	fields := gapJSON{
		Kind: g.Kind(), Dropped: g.Dropped, Undecodable: g.Undecodable, Outages: g.Outages,
		Since: forJSON(g.Since), Until: forJSON(g.Until), From: g.From, To: g.To,
	}
	if g.Err != nil {
		fields.Error = g.Err.Error()
	}
	return json.Marshal(fields)
}

// UnmarshalJSON parses the result of MarshalJSON. Err is then only its text, and the
// times have millisecond precision.
func (g *Gap) UnmarshalJSON(text []byte) error {
	var fields gapJSON
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	*g = Gap{
		Dropped: fields.Dropped, Undecodable: fields.Undecodable, Outages: fields.Outages,
		Since: fields.Since, Until: fields.Until, From: fields.From, To: fields.To,
	}
	if fields.Error != "" {
		g.Err = errors.New(fields.Error)
	}
	return nil
}

// LogValue returns the kind and, as text, the result of String.
func (g Gap) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", g.Kind().String())}
	if g.Dropped > 0 {
		attrs = append(attrs, slog.Uint64("dropped", g.Dropped))
	}
	if g.Undecodable > 0 {
		attrs = append(attrs, slog.Uint64("undecodable", g.Undecodable))
	}
	if g.Outages > 0 {
		attrs = append(attrs, slog.Int("outages", g.Outages), slog.Time("since", g.Since), slog.Time("until", g.Until))
	}
	return slog.GroupValue(append(attrs, slog.String("text", g.String()))...)
}

// forJSON returns t in UTC with millisecond precision, enough for a time measured over
// a network.
func forJSON(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// reportJSON is a Report in JSON.
type reportJSON struct {
	Kind    decode.Kind     `json:"kind"`
	Skipped uint64          `json:"skipped"`
	Metrics decode.Metadata `json:"metrics"`
}

// MarshalJSON returns the report as an object with the fields kind, skipped and
// metrics, as the server sent them. [UnmarshalNotification] reads it as a
// [decode.MetricsReport].
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(reportJSON{r.Kind(), r.Skipped, decode.Metadata(r.JSON)})
}

// UnmarshalJSON parses the result of MarshalJSON.
func (r *Report) UnmarshalJSON(text []byte) error {
	var fields reportJSON
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	*r = Report{decode.MetricsReport{JSON: string(fields.Metrics)}, fields.Skipped}
	return nil
}

// LogValue returns the kind, how many were skipped, and the report's beginning, as a
// group.
func (r Report) LogValue() slog.Value {
	return slog.GroupValue(append(r.MetricsReport.LogValue().Group(), slog.Uint64("skipped", r.Skipped))...)
}
