package decode_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// tree is a node of a report, for comparison: a *tree for every child node, and the
// value of every metric.
type tree map[string]any

// member is a member of an object.
type member struct {
	key   string
	value any
}

// decoded is the next value as encoding/json reads it, an object as []member.
func decoded(d *json.Decoder) any {
	token, err := d.Token()
	if err != nil {
		panic(err) // The text is valid.
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			list = append(list, decoded(d))
		}
		_, _ = d.Token()
		return list
	case json.Delim('{'):
		object := []member{}
		for d.More() {
			key, _ := d.Token()
			object = append(object, member{key.(string), decoded(d)})
		}
		_, _ = d.Token()
		return object
	}
	return token
}

func decodedText(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return decoded(d)
}

// referenceTree is Parse, written with encoding/json.
func referenceTree(text string) (tree, error) {
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf("not valid")
	}
	return nodeTree(decodedText(text), "report", 1)
}

// nodeTree returns the tree of a node whose key begins with the label. What can't be a
// node becomes a metric, under an odd name so that it replaces none.
func nodeTree(value any, label string, depth int) (tree, error) {
	object, ok := value.([]member)
	if !ok {
		return nil, fmt.Errorf("%s is %T", label, value)
	}
	t := make(tree)
	for _, m := range object {
		below, id, isLabel := strings.Cut(m.key, "=")
		if !isLabel && m.key != "rtx_stream" {
			t[m.key] = m.value
			continue
		}
		if _, ok := m.value.([]member); !ok || depth == 100 {
			t["odd "+m.key] = m.value
			continue
		}
		if below == "peer_id" && label == "room_id" {
			m.key = "endpoint_id=" + id
			below = "endpoint_id"
		}
		known := label == "report" && below == "room_id" || label == "room_id" && below == "endpoint_id" ||
			label == "endpoint_id" && below == "track_id"
		if !known {
			below = "other"
		}
		node, err := nodeTree(m.value, below, depth+1)
		if err != nil {
			return nil, err
		}
		t[m.key] = &node
	}
	return t, nil
}

// setTree returns the tree of a node without its child nodes.
func setTree(t testing.TB, s decode.MetricSet, nodes []decode.MetricsNode) tree {
	result := make(tree)
	last := decode.Metric("")
	for name, value := range s.All() {
		if name <= last && len(result) > 0 {
			t.Fatalf("%q comes after %q", name, last)
		}
		last = name
		if again, ok := s.Get(name); !ok || again != value {
			t.Fatalf("Get(%q) = %v, %v, want %v", name, again, ok, value)
		}
		key := string(name)
		if strings.Contains(key, "=") || key == "rtx_stream" {
			key = "odd " + key
		}
		result[key] = valueOf(t, value)
	}
	addNodes(t, result, nodes, func(n decode.MetricsNode) string { return n.Key },
		func(n decode.MetricsNode) tree { return setTree(t, n.MetricSet, n.Nodes) })
	return result
}

// addNodes adds the child nodes and checks their order.
func addNodes[T any](t testing.TB, result tree, nodes []T, key func(T) string, below func(T) tree) {
	for i, n := range nodes {
		if i > 0 && key(nodes[i-1]) >= key(n) {
			t.Fatalf("%q comes after %q", key(n), key(nodes[i-1]))
		}
		node := below(n)
		result[key(n)] = &node
	}
}

// valueOf returns the value as encoding/json reads it, using the accessors of its type.
func valueOf(t testing.TB, v decode.MetricValue) any {
	i, isInt := v.Int()
	f, isFloat := v.Float()
	s, isText := v.Text()
	b, isBool := v.Bool()
	number := json.Number(v.String())
	wantInt, intErr := number.Int64()
	wantFloat, floatErr := number.Float64()
	kind := v.Type()
	isNumber := kind == decode.MetricInteger || kind == decode.MetricFloat
	switch {
	case isInt != (kind == decode.MetricInteger && intErr == nil), isInt && i != wantInt:
		t.Fatalf("%v %v is the integer %v, %v", kind, v, i, isInt)
	case isFloat != (isNumber && floatErr == nil), isFloat && f != wantFloat:
		t.Fatalf("%v %v is the number %v, %v", kind, v, f, isFloat)
	case isText != (kind == decode.MetricText):
		t.Fatalf("%v %v is the text %v, %v", kind, v, s, isText)
	case isBool != (kind == decode.MetricBool), b && !isBool:
		t.Fatalf("%v %v is %v, %v", kind, v, b, isBool)
	}
	switch {
	case isNumber:
		return number
	case isText:
		return s
	case isBool:
		return b
	case kind == decode.MetricData:
		return decodedText(string(v.Metadata()))
	}
	if kind != decode.MetricNull || v.Metadata() != "null" {
		t.Fatalf("%v is of type %v", v, kind)
	}
	return nil
}

func trackTree(t testing.TB, track decode.TrackMetrics) tree {
	result := setTree(t, track.MetricSet, track.Nodes)
	if track.RTX.Key != "" {
		rtx := setTree(t, track.RTX.MetricSet, track.RTX.Nodes)
		result[track.RTX.Key] = &rtx
	}
	return result
}

func endpointTree(t testing.TB, e decode.EndpointMetrics) tree {
	result := setTree(t, e.MetricSet, e.Nodes)
	addNodes(t, result, e.Tracks,
		func(track decode.TrackMetrics) string { return "track_id=" + string(track.ID) },
		func(track decode.TrackMetrics) tree { return trackTree(t, track) })
	return result
}

func roomTree(t testing.TB, r decode.RoomMetrics) tree {
	result := setTree(t, r.MetricSet, r.Nodes)
	addNodes(t, result, r.Endpoints,
		func(e decode.EndpointMetrics) string { return "endpoint_id=" + e.ID },
		func(e decode.EndpointMetrics) tree { return endpointTree(t, e) })
	return result
}

func metricsTree(t testing.TB, m decode.Metrics) tree {
	result := setTree(t, m.MetricSet, m.Nodes)
	addNodes(t, result, m.Rooms,
		func(r decode.RoomMetrics) string { return "room_id=" + r.ID },
		func(r decode.RoomMetrics) tree { return roomTree(t, r) })
	return result
}

// checkMetrics fails the test unless Parse agrees with encoding/json about the text,
// and Room with Parse about every room. It reports whether Parse accepted the text.
func checkMetrics(t testing.TB, text string) bool {
	t.Helper()
	report := decode.MetricsReport{JSON: text}
	want, wantErr := referenceTree(text)
	metrics, err := report.Parse()
	if err == nil && wantErr != nil && strings.Count(text, "{")+strings.Count(text, "[") > 10_000 {
		return true // Nested too deeply for encoding/json.
	}
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("Parse(%.1000q): error %v, encoding/json: %v", text, err, wantErr)
	}
	if err != nil {
		checkRoomsOfInvalid(t, report, err)
		return false
	}
	if got := metricsTree(t, metrics); !reflect.DeepEqual(got, want) {
		t.Fatalf("Parse(%.1000q) (-want +got):\n%s", text, cmp.Diff(want, got, cmp.AllowUnexported(member{})))
	}
	checkMarshaled(t, metrics)
	absent := "-"
	for _, want := range metrics.Rooms {
		got, ok, err := report.Room(want.ID)
		if !ok || err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("Room(%q) of %.1000q is %v, %v, %v, want %v", want.ID, text, got, ok, err, want)
		}
		absent += want.ID
	}
	if _, ok, err := report.Room(absent); ok || err != nil {
		t.Fatalf("Room(%q) of %.1000q: %v, %v", absent, text, ok, err)
	}
	return true
}

// checkMarshaled checks that a tree marshals to a report that gives the same tree.
func checkMarshaled(t testing.TB, metrics decode.Metrics) {
	t.Helper()
	text, err := json.Marshal(metrics)
	if err != nil {
		t.Fatal(err)
	}
	again, err := decode.MetricsReport{JSON: string(text)}.Parse()
	if err != nil {
		t.Fatalf("%.1000q: %v", text, err)
	}
	if got, want := metricsTree(t, again), metricsTree(t, metrics); !reflect.DeepEqual(got, want) {
		t.Fatalf("%.1000q (-want +got):\n%s", text, cmp.Diff(want, got, cmp.AllowUnexported(member{})))
	}
}

// checkRoomsOfInvalid asks for rooms of a report that Parse refused. Nothing is
// promised about them, only that Room returns and that errors are short.
func checkRoomsOfInvalid(t testing.TB, report decode.MetricsReport, err error) {
	t.Helper()
	for i, part := range strings.Split(report.JSON, "room_id=") {
		if i == 20 {
			break
		}
		id, _, _ := strings.Cut(part, `"`)
		room, ok, roomErr := report.Room(id)
		switch {
		case roomErr != nil:
			err = roomErr
		case ok:
			roomTree(t, room)
		}
		if len(err.Error()) > 200 || !strings.HasPrefix(err.Error(), "decode: metrics report: ") {
			t.Fatalf("%.1000q gives error %v", report.JSON, err)
		}
	}
}
