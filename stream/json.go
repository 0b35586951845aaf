package stream

import (
	"encoding/json"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// MarshalJSON returns the gap as an object with the fields dropped, undecodable,
// outages, since, until, from, to and error, without those that say nothing.
func (g Gap) MarshalJSON() ([]byte, error) {
	fields := struct {
		Dropped     uint64    `json:"dropped,omitzero"`
		Undecodable uint64    `json:"undecodable,omitzero"`
		Outages     int       `json:"outages,omitzero"`
		Since       time.Time `json:"since,omitzero"`
		Until       time.Time `json:"until,omitzero"`
		From        string    `json:"from,omitzero"`
		To          string    `json:"to,omitzero"`
		Error       string    `json:"error,omitzero"`
	}{
		Dropped: g.Dropped, Undecodable: g.Undecodable, Outages: g.Outages,
		Since: forJSON(g.Since), Until: forJSON(g.Until), From: g.From, To: g.To,
	}
	if g.Err != nil {
		fields.Error = g.Err.Error()
	}
	return json.Marshal(fields)
}

// forJSON is exact enough for a moment that was measured around a network.
func forJSON(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// MarshalJSON returns the report as an object with the fields skipped and
// metrics, as the server sent them.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Skipped uint64          `json:"skipped"`
		Metrics decode.Metadata `json:"metrics"`
	}{r.Skipped, decode.Metadata(r.JSON)})
}
