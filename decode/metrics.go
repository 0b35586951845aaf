package decode

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// MetricsReport is one node's WebRTC metrics, sent once a second to those who
// asked for metrics. (Server 0.2.0 and later.)
//
// Parse gives the whole of it as a tree, Room only one room's part. Nothing is
// kept of what they find, so keep it yourself instead of asking again.
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
// A report that isn't valid JSON is an error, and so is one of another shape:
// anything but an object in place of the report, under a key with an equals sign,
// or under "rtx_stream". The error names the place and wraps a [json.SyntaxError]
// where there is one.
//
// Where a key comes twice in an object the last value counts, as in encoding/json;
// endpoint_id and its older name peer_id are the same.
func (r MetricsReport) Parse() (Metrics, error) {
	if err := r.validate(0, len(r.JSON)); err != nil {
		return Metrics{}, err
	}
	var m Metrics
	if err := m.read(newMetricParser(r.JSON, 0)); err != nil {
		return Metrics{}, err
	}
	return m, nil
}

// Room returns the part of the report that is about the room with the given id,
// and whether there is one. It is the same as in the tree that Parse returns, but
// takes a fraction of the time and none of the memory for the other rooms.
//
// Room looks for errors, the same as Parse does, in that room alone. Of the rest
// it reads the keys of the outermost object and skips their values, in which it
// sees only the ends of strings, objects and arrays. So it may return a room
// from a report that Parse refuses.
func (r MetricsReport) Room(id string) (room RoomMetrics, ok bool, err error) {
	from, to, err := findRoom(r.JSON, id)
	if err != nil || from == to {
		return RoomMetrics{}, false, err
	}
	if err := r.validate(from, to); err != nil {
		return RoomMetrics{}, false, err
	}
	room.ID = id
	if err := room.read(newMetricParser(r.JSON, from)); err != nil {
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
		if l, ok := labelOf(key); ok && l.name == roomLabel && l.id == id {
			from, to = valueFrom, valueTo
		}
	}
}

// validate returns an error unless that part of the report is one JSON value.
func (r MetricsReport) validate(from, to int) error {
	text := []byte(r.JSON[from:to])
	if json.Valid(text) {
		return nil
	}
	var value json.RawMessage
	err := json.Unmarshal(text, &value)
	at := from
	if syntax, ok := err.(*json.SyntaxError); ok {
		at += int(syntax.Offset)
	}
	return fmt.Errorf("decode: metrics report: %w at byte %d", err, at)
}

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
