package decode

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// MetricsReport is one node's WebRTC metrics, sent once a second to clients that
// subscribed to metrics. (Server 0.2.0 and later.)
//
// Parse returns the whole report as a tree, Room only one room's part. Their results
// aren't cached, so keep them instead of calling again.
type MetricsReport struct {
	// JSON is the report as the server sent it: one JSON object, often {} and
	// sometimes hundreds of kilobytes.
	JSON string `json:"metrics"`
}

// Kind returns [KindMetricsReport].
func (MetricsReport) Kind() Kind { return KindMetricsReport }

// Parse returns the report as a tree. Its time and memory grow with the size of
// the report.
//
// A report that isn't a valid JSON object is an error with the position. A malformed
// part doesn't prevent the rest from being parsed; it is reported in the Problems of
// its room.
//
// If a key is repeated in an object, the last value counts, as in encoding/json;
// endpoint_id and its older name peer_id are the same.
func (r MetricsReport) Parse() (Metrics, error) {
	var m Metrics
	p := newMetricParser(r.JSON, 0)
	if err := m.read(p); err != nil {
		return Metrics{}, err
	}
	if err := p.end(); err != nil {
		return Metrics{}, err
	}
	return m, nil
}

// Room returns the part of the report that is about the room with the given id,
// and whether there is one. It is the same as in the tree that Parse returns, but
// takes a fraction of the time and none of the memory for the other rooms.
//
// Room checks only that room for errors, as Parse does. It skips the rest of the
// report without checking more than the ends of strings, objects and arrays. So it
// may return a room from a report that Parse refuses.
func (r MetricsReport) Room(id string) (room RoomMetrics, ok bool, err error) {
	from, to, err := findRoom(r.JSON, id)
	if err != nil || from == to {
		return RoomMetrics{}, false, err
	}
	room.ID = id
	p := newMetricParser(r.JSON[:to], from)
	p.depth = 1 // The report itself, as in Parse.
	if err := room.read(p); err != nil {
		return RoomMetrics{}, false, err
	}
	return room, true, nil
}

// findRoom returns where in a report the room's node is. The range is empty where
// there is none.
func findRoom(report, id string) (from, to int, err error) {
	s := jsonScanner{text: report}
	if err := s.enter(); err != nil {
		return 0, 0, err
	}
	for {
		key, ok, err := s.member()
		if err != nil {
			return 0, 0, err
		}
		if !ok {
			return from, to, s.end()
		}
		valueFrom, valueTo, err := s.skip()
		if err != nil {
			return 0, 0, err
		}
		if l, ok := labelOf(key); ok && l.name == roomLabel && l.id == id && report[valueFrom] == '{' {
			from, to = valueFrom, valueTo
		}
	}
}

// skip steps over a member's value and returns where it is. In that it looks for
// nothing but the ends of strings, objects and arrays: it is fast, and misreads
// nothing that is JSON, but takes much that isn't.
func (s *jsonScanner) skip() (from, to int, err error) {
	c := s.peek()
	from = s.at
	switch c {
	case '"':
		err = s.skipString()
	case '{', '[':
		err = s.skipNested()
	default:
		err = s.skipLiteral()
	}
	return from, s.at, err
}

// skipString steps over a string: to the first quote that isn't escaped.
func (s *jsonScanner) skipString() error {
	s.at++
	for {
		n := strings.IndexByte(s.text[s.at:], '"')
		if n < 0 {
			return s.expected("a closing quote")
		}
		before := s.text[s.at : s.at+n]
		s.at += n + 1
		backslashes := len(before) - len(strings.TrimRight(before, `\`))
		if backslashes%2 == 0 {
			return nil
		}
	}
}

// skipNested steps over an object or an array.
func (s *jsonScanner) skipNested() error {
	depth := 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return nil
		}
	}
	return s.expected("a closing bracket")
}

// skipLiteral steps over a number, true, false or null of an object.
func (s *jsonScanner) skipLiteral() error {
	n := strings.IndexAny(s.text[s.at:], ",} \t\n\r")
	if n <= 0 {
		return s.expected("a value")
	}
	s.at += n
	return nil
}

// Unmarshal parses the report into the value that v points to, as
// [json.Unmarshal] does.
func (r MetricsReport) Unmarshal(v any) error {
	if err := json.Unmarshal([]byte(r.JSON), v); err != nil {
		return fmt.Errorf("decode: metrics report: %w", err)
	}
	return nil
}

// reportJSON is a MetricsReport in JSON.
type reportJSON struct {
	Kind    Kind     `json:"kind"`
	Metrics Metadata `json:"metrics"`
}

// MarshalJSON returns an object with the kind, and the report as the value of
// "metrics".
func (r MetricsReport) MarshalJSON() ([]byte, error) {
	return json.Marshal(reportJSON{r.Kind(), Metadata(r.JSON)})
}

// UnmarshalJSON reads what MarshalJSON returns.
func (r *MetricsReport) UnmarshalJSON(text []byte) error {
	var j reportJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	r.JSON = string(j.Metrics)
	return nil
}

// String returns the kind, and the report's size and beginning, on one line.
func (r MetricsReport) String() string { return lineOf(r.Kind(), r.attrs()) }

// LogValue returns the kind, and the report's size and beginning, as a group.
func (r MetricsReport) LogValue() slog.Value { return groupOf(r.Kind(), r.attrs()) }

// attrs makes no more of a report fit to be shown than is shown.
func (r MetricsReport) attrs() []slog.Attr {
	const shownReport = 80
	beginning := redact.Cut(r.JSON, 2*shownReport)
	return []slog.Attr{
		slog.Int("bytes", len(r.JSON)),
		slog.String("metrics", redact.Cut(redact.Line(beginning), shownReport)),
	}
}
