package decode

import (
	"encoding/json"
	"fmt"
)

// MetricsReport is one node's WebRTC metrics, sent once a second to those who
// asked for metrics. (Server 0.2.0 and later.)
type MetricsReport struct {
	// JSON is the report as the server sent it: one JSON object, often {} and
	// sometimes hundreds of kilobytes.
	JSON string
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

// String returns the report's size and beginning on one line of at most about
// 100 characters.
func (r MetricsReport) String() string {
	const shown = 80
	text := r.JSON
	if len(text) > shown {
		text = text[:shown] + "…"
	}
	return fmt.Sprintf("metrics report of %d bytes: %s", len(r.JSON), text)
}
