package decode

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// MetricsReport is one node's WebRTC metrics, sent once a second to those who
// asked for metrics. (Server 0.2.0 and later.)
type MetricsReport struct {
	// JSON is the report as the server sent it: one JSON object, often {} and
	// sometimes hundreds of kilobytes.
	JSON string `json:"metrics"`
}

// Kind returns [KindMetricsReport].
func (MetricsReport) Kind() Kind { return KindMetricsReport }

// Unmarshal parses the report into the value that v points to, as
// [json.Unmarshal] does.
func (r MetricsReport) Unmarshal(v any) error {
	if err := json.Unmarshal([]byte(r.JSON), v); err != nil {
		return fmt.Errorf("decode: metrics report: %w", err)
	}
	return nil
}

// MarshalJSON returns an object with the report as the value of "metrics".
func (r MetricsReport) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Metrics Metadata `json:"metrics"`
	}{Metadata(r.JSON)})
}

// String returns the report's size and beginning on one line of at most about
// 100 characters.
func (r MetricsReport) String() string {
	text := r.JSON
	if cut := 80; len(text) > cut {
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return fmt.Sprintf("metrics report of %d bytes: %s", len(r.JSON), text)
}
