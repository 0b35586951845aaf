package decode_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// storedReport returns a report from testdata/metrics: protocol.json is the sample of
// the Jellyfish protocol, section 7.4, recorded.json the second report that a running
// server sent about a peer.
func storedReport(t testing.TB, file string) decode.MetricsReport {
	t.Helper()
	text, err := os.ReadFile("testdata/metrics/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return decode.MetricsReport{JSON: string(text)}
}

func parsed(t testing.TB, report decode.MetricsReport) decode.Metrics {
	t.Helper()
	checkMetrics(t, report.JSON)
	metrics, err := report.Parse()
	if err != nil {
		t.Fatal(err)
	}
	return metrics
}

// listed returns a set's metrics, one a line: name, type and value.
func listed(s decode.MetricSet) string {
	var b strings.Builder
	for name, value := range s.All() {
		b.WriteString(string(name) + " " + value.Type().String() + " " + value.String() + "\n")
	}
	return b.String()
}

func checkSet(t *testing.T, node string, got decode.MetricSet, want ...string) {
	t.Helper()
	if got, want := listed(got), strings.Join(append(want, ""), "\n"); got != want {
		t.Errorf("%s has\n%swant\n%s", node, got, want)
	}
}

// TestParseProtocolSample parses the sample of the Jellyfish protocol, section 7.4.
func TestParseProtocolSample(t *testing.T) {
	metrics := parsed(t, storedReport(t, "protocol.json"))
	checkSet(t, "the report", metrics.MetricSet, "inbound-rtp.frames integer 406", "inbound-rtp.keyframes integer 9")
	room, ok := metrics.Room("room-1")
	if !ok || len(metrics.Rooms) != 1 {
		t.Fatalf("rooms %v", metrics.Rooms)
	}
	checkSet(t, "the room", room.MetricSet)
	endpoint, ok := room.Endpoint("E1")
	if !ok || len(room.Endpoints) != 1 {
		t.Fatalf("endpoints %v", room.Endpoints)
	}
	checkSet(t, "the endpoint", endpoint.MetricSet, "ice.port integer 51895", "ice.protocol text udp")

	sent, ok := endpoint.Track("E1:T1:")
	if !ok || len(endpoint.Tracks) != 2 {
		t.Fatalf("tracks %v", endpoint.Tracks)
	}
	checkSet(t, "the track sent", sent.MetricSet,
		"inbound-rtp.bytes_received integer 379567",
		"inbound-rtp.bytes_received-per-second float 68355.6",
		"inbound-rtp.encoding text VP8",
		`track.metadata data {"active":true,"type":"camera"}`)
	checkSet(t, "its retransmissions", sent.RTX.MetricSet,
		"inbound-rtp.bytes_received integer 7680",
		"inbound-rtp.bytes_received-per-second float 0.0")
	received, ok := endpoint.Track("E2:T2")
	if !ok || !reflect.DeepEqual(received.RTX, decode.MetricsNode{}) {
		t.Errorf("the track received is %v, %v", received, ok)
	}
	checkSet(t, "the track received", received.MetricSet,
		"outbound-rtp.bytes integer 354075",
		"outbound-rtp.bytes-per-second float 63083.9",
		"outbound-rtp.variant text high")
}

// TestRoomOfRecordedReport reads one room of what a running server sent.
func TestRoomOfRecordedReport(t *testing.T) {
	report := storedReport(t, "recorded.json")
	checkMetrics(t, report.JSON)
	room, ok, err := report.Room("7cfd42e0-ef04-4bf0-8b8e-991eeaf592c2")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	endpoint, ok := room.Endpoint("a8de68da-eb7e-44d7-8c06-0c4b3c12d5a1")
	if !ok || endpoint.Metadata() != `{"name":"Zoë"}` {
		t.Errorf("the endpoint is %v, %v", endpoint, ok)
	}
	if offer, ok := endpoint.Text(decode.SDPOffer); !ok || offer != "v=0\r\no=- \"x\"\r\n" {
		t.Errorf("the offer is %q, %v", offer, ok)
	}
	if rate, ok := endpoint.Float(decode.ICEBytesReceived.PerSecond()); !ok || rate != 3996.003996003996 {
		t.Errorf("bytes received per second: %v, %v", rate, ok)
	}
	track, ok := endpoint.Track("a8de68da-eb7e-44d7-8c06-0c4b3c12d5a1:11111111-0000-4000-8000-000000000000:h")
	if n, found := track.Int(decode.InboundRTPPackets); !ok || !found || n != 8 {
		t.Errorf("packets of the track: %v, %v, %v", n, found, ok)
	}
	if _, ok, err := report.Room("7cfd42e0"); ok || err != nil {
		t.Errorf("a room that is not in the report: %v, %v", ok, err)
	}
}

// TestCustomRoomIDs reads rooms with ids of any characters, as servers 0.3.0 to
// 0.4.2 allow them (Jellyfish protocol, section 1.8).
func TestCustomRoomIDs(t *testing.T) {
	for key, id := range map[string]string{
		`room_id=`:                             "",
		`room_id=a=b==`:                        "a=b==",
		`room_id=room_id=a`:                    "room_id=a",
		`room_id=a:b:`:                         "a:b:",
		`room_id=a\"b\\`:                       `a"b\`,
		`room_id=}],{[`:                        "}],{[",
		`room_id=Zoë ☃`:                        "Zoë ☃",
		`\u0072oom_id\u003da\/b\n\u2603`:       "a/b\n☃",
		`room_id=\ud83d\ude00`:                 "😀",
		"room_id=\u007f\u2028":                 "\u007f\u2028",
		`room_id=rtx_stream`:                   "rtx_stream",
		`room_id=` + strings.Repeat("x", 5000): strings.Repeat("x", 5000),
	} {
		report := decode.MetricsReport{JSON: `{"a":"}{\\\"","` + key + `":{"ice.port":1},"room_id=other":{}}`}
		metrics := parsed(t, report)
		room, ok := metrics.Room(id)
		if port, _ := room.Int(decode.ICEPort); !ok || room.ID != id || port != 1 {
			t.Errorf("%s gives rooms %v", key, metrics.Rooms)
		}
		direct, ok, err := report.Room(id)
		if !ok || err != nil || !reflect.DeepEqual(direct, room) {
			t.Errorf("Room(%q) = %v, %v, %v", id, direct, ok, err)
		}
	}
}

func TestMetadataIsNoNode(t *testing.T) {
	const any = `{"room_id=x":{"a":1},"rtx_stream":{},"track_id=y":[{"endpoint_id=z":"}"}],"=":1}`
	metrics := parsed(t, decode.MetricsReport{JSON: `{"room_id=r":{"endpoint_id=e":{
		"endpoint.metadata":` + any + `,
		"track_id=e:t:":{"track.metadata":` + any + `,"rtx_stream":{"track.metadata":` + any + `}}}}}`})
	endpoint := metrics.Rooms[0].Endpoints[0]
	track := endpoint.Tracks[0]
	rtx, _ := track.RTX.Get(decode.TrackMetadata)
	for _, got := range []decode.Metadata{endpoint.Metadata(), track.Metadata(), rtx.Metadata()} {
		if got != any {
			t.Errorf("metadata %s, want %s", got, any)
		}
	}
	if len(metrics.Nodes)+len(endpoint.Nodes)+len(track.Nodes)+len(track.RTX.Nodes) != 0 || len(endpoint.Tracks) != 1 {
		t.Errorf("metadata became nodes: %v", metrics)
	}
	if none := (decode.TrackMetrics{}).Metadata(); none != "" {
		t.Errorf("metadata of nothing is %q", none)
	}
}

// TestP8UnknownMetricsAreKept reads labels and metrics that no current server sends,
// and metrics at every level.
func TestP8UnknownMetricsAreKept(t *testing.T) {
	metrics := parsed(t, decode.MetricsReport{JSON: `{"a":1,"foo_id=1=2":{"b":2,"room_id=r":{"c":3}},"endpoint_id=e":{},
		"room_id=r":{"d":4,"track_id=t":{},"rtx_stream":{},"endpoint_id=e":{"e":[5],"=":{"f":{}},
		"track_id=t":{"g":6,"bar=":{},"=":{},"rtx_stream":{"h":7,"rtx_stream":{}}}}}}`})
	room := metrics.Rooms[0]
	endpoint := room.Endpoints[0]
	track := endpoint.Tracks[0]
	foo := metrics.Nodes[1]
	checkSet(t, "the report", metrics.MetricSet, "a integer 1")
	checkSet(t, "foo", foo.MetricSet, "b integer 2")
	checkSet(t, "the room in foo", foo.Nodes[0].MetricSet, "c integer 3")
	checkSet(t, "the room", room.MetricSet, "d integer 4")
	checkSet(t, "the endpoint", endpoint.MetricSet, "e data [5]")
	checkSet(t, "no label", endpoint.Nodes[0].MetricSet, "f data {}")
	checkSet(t, "the track", track.MetricSet, "g integer 6")
	checkSet(t, "its retransmissions", track.RTX.MetricSet, "h integer 7")
	for where, c := range map[string]struct {
		nodes []decode.MetricsNode
		keys  []string
	}{
		"the report": {metrics.Nodes, []string{"endpoint_id=e", "foo_id=1=2"}},
		"foo":        {foo.Nodes, []string{"room_id=r"}},
		"room":       {room.Nodes, []string{"rtx_stream", "track_id=t"}},
		"endpoint":   {endpoint.Nodes, []string{"="}},
		"track":      {track.Nodes, []string{"=", "bar="}},
		"rtx":        {track.RTX.Nodes, []string{"rtx_stream"}},
	} {
		var keys []string
		for _, n := range c.nodes {
			keys = append(keys, n.Key)
		}
		if !slices.Equal(keys, c.keys) {
			t.Errorf("%s has nodes %q, want %q", where, keys, c.keys)
		}
	}
	if name, id := foo.Label(); name != "foo_id" || id != "1=2" {
		t.Errorf("label %q, %q", name, id)
	}
	if name, id := track.RTX.Label(); name != "rtx_stream" || id != "" {
		t.Errorf("label %q, %q", name, id)
	}
}

func TestOlderNames(t *testing.T) {
	metrics := parsed(t, decode.MetricsReport{JSON: `{"room_id=r":{"peer_id=p":{"inbound-rtp.keyframe_request_sent":3}}}`})
	endpoint, ok := metrics.Rooms[0].Endpoint("p")
	if n, _ := endpoint.Int(decode.InboundRTPKeyframeRequestSent); !ok || n != 3 {
		t.Errorf("the report has %v", metrics.Rooms)
	}
}

// TestLastOfDuplicatesCounts repeats keys, which encoding/json allows too.
func TestLastOfDuplicatesCounts(t *testing.T) {
	report := decode.MetricsReport{JSON: `{"b":1,"a":1,"b":"two","room_id=r":{"a":1,"peer_id=x":{},"endpoint_id=p":{},"peer_id=p":{"a":2}},
		"room_id=q":{},"room_id=\u0072":{"endpoint_id=p":{"track_id=t":{"a":1,"rtx_stream":{"a":1}},"foo=1":{"a":1},"foo=1":{},
		"track_id=t":{"b":1,"rtx_stream":{"a":1},"rtx_stream":{"b":1}}},"peer_id=p":{"endpoint_id=p":{}},"endpoint_id=p":{"c":1}}}`}
	metrics := parsed(t, report)
	checkSet(t, "the report", metrics.MetricSet, "a integer 1", "b text two")
	room, ok := metrics.Room("r")
	if !ok || len(metrics.Rooms) != 2 || len(room.Endpoints) != 1 {
		t.Fatalf("rooms %v", metrics.Rooms)
	}
	checkSet(t, "the room", room.MetricSet)
	checkSet(t, "the endpoint", room.Endpoints[0].MetricSet, "c integer 1")

	first := strings.Replace(report.JSON, `,"peer_id=p":{"endpoint_id=p":{}},"endpoint_id=p":{"c":1}`, "", 1)
	endpoint := parsed(t, decode.MetricsReport{JSON: first}).Rooms[1].Endpoints[0]
	if len(endpoint.Nodes) != 1 || len(endpoint.Tracks) != 1 {
		t.Fatalf("the endpoint is %v", endpoint)
	}
	checkSet(t, "foo", endpoint.Nodes[0].MetricSet)
	checkSet(t, "the track", endpoint.Tracks[0].MetricSet, "b integer 1")
	checkSet(t, "its retransmissions", endpoint.Tracks[0].RTX.MetricSet, "b integer 1")
}

func TestParseErrors(t *testing.T) {
	chunk := strings.Repeat("secret", 1000)
	for _, c := range []struct {
		name, text, want string
	}{
		{"empty", "", "expected an object at byte 0"},
		{"space", " ", "expected an object at byte 1"},
		{"no JSON", chunk, "expected an object at byte 0"},
		{"cut short", `{"a":"` + chunk, "expected a closing quote at byte 6006"},
		{"more than one", `{"a":"` + chunk + `"}{}`, "expected the end at byte 6008"},
		{"comma at the end", `{"a":1,}`, "expected a key at byte 7"},
		{"no number", `{"a":01}`, "expected a comma at byte 6"},
		{"no literal", `{"a":nul}`, "expected a value at byte 5"},
		{"no fraction", `{"a":1.}`, "expected a value at byte 5"},
		{"control character", "{\"a\":\"b\n\"}", "expected no control character at byte 7"},
		{"no escape", `{"a":"\x"}`, "expected an escape at byte 6"},
		{"half an escape", `{"a":"\u12"}`, "expected an escape at byte 6"},
		{"comma in an array", `{"a":[1,]}`, "expected a value at byte 8"},
		{"brace for a bracket", `{"a":[1}}`, "expected a comma or a closing bracket at byte 7"},
		{"bracket for a brace", `{"a":{"b":1]}`, "expected a comma or a closing brace at byte 11"},
		{"array", `["` + chunk + `"]`, "expected an object at byte 0"},
		{"text", `"` + chunk + `"`, "expected an object at byte 0"},
		{"null", ` null`, "expected an object at byte 1"},
		{"number", `1`, "expected an object at byte 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkMetrics(t, c.text)
			report := decode.MetricsReport{JSON: c.text}
			metrics, err := report.Parse()
			if err == nil || err.Error() != "decode: metrics report: "+c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if !reflect.DeepEqual(metrics, decode.Metrics{}) {
				t.Errorf("a tree beside the error: %v", metrics)
			}
			if report.JSON != c.text {
				t.Error("the text is gone")
			}
		})
	}
}

func TestRoomErrors(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
	}{
		{"empty", "", "expected an object at byte 0"},
		{"array", "[]", "expected an object at byte 0"},
		{"null", "null", "expected an object at byte 0"},
		{"cut short", `{"room_id=1":{}`, "expected a comma at byte 15"},
		{"cut in another room", `{"room_id=1":{},"room_id=2":{"a":1`, "expected a closing bracket at byte 34"},
		{"cut in a text", `{"room_id=1":{},"a":"\"`, "expected a closing quote at byte 23"},
		{"cut in a key", `{"room_id=1":{},"a`, "expected a closing quote at byte 18"},
		{"cut behind a key", `{"room_id=1":{},"a"`, "expected a colon at byte 19"},
		{"cut behind a colon", `{"room_id=1":{},"a":`, "expected a value at byte 20"},
		{"cut behind a number", `{"room_id=1":{},"a":1`, "expected a value at byte 20"},
		{"no value", `{"room_id=1":{},"a":,"b":1}`, "expected a value at byte 20"},
		{"no key", `{"room_id=1":{},1:2}`, "expected a key at byte 16"},
		{"comma at the end", `{"room_id=1":{},}`, "expected a key at byte 16"},
		{"no comma", `{"room_id=1":{}"a":1}`, "expected a comma at byte 15"},
		{"more than one", `{"room_id=1":{}} {}`, "expected the end at byte 17"},
		{"the room is no JSON", `{"room_id=1":{"a":tru}}`, "expected a value at byte 18"},
		{"brackets of the room", `{"room_id=1":{"a":[}}}`, "expected a value at byte 19"},
	} {
		t.Run(c.name, func(t *testing.T) {
			room, ok, err := decode.MetricsReport{JSON: c.text}.Room("1")
			if err == nil || err.Error() != "decode: metrics report: "+c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if ok || !reflect.DeepEqual(room, decode.RoomMetrics{}) {
				t.Errorf("a room beside the error: %v, %v", room, ok)
			}
		})
	}
}

// TestRoomSkipsTheRest checks that other rooms may be broken as long as their
// strings and brackets end.
func TestRoomSkipsTheRest(t *testing.T) {
	report := decode.MetricsReport{JSON: `{"a":tru,"room_id=2":{"a":"}\\\"{",b],,"room_id=3":1,"room_id=1":{"ice.port":1},"x":[1 2]}`}
	room, ok, err := report.Room("1")
	if port, _ := room.Int(decode.ICEPort); port != 0 || ok || err == nil {
		t.Errorf("Room = %v, %v, %v, want an error: the brackets do not match", room, ok, err)
	}
	report.JSON = strings.Replace(report.JSON, "b],,", "b},", 1)
	room, ok, err = report.Room("1")
	if port, _ := room.Int(decode.ICEPort); port != 1 || !ok || err != nil {
		t.Errorf("Room = %v, %v, %v", room, ok, err)
	}
	if _, err := report.Parse(); err == nil {
		t.Error("Parse takes a report that is no JSON")
	}
}

// TestLabelNeedsAnEqualsSign has a metric with the name of a label.
func TestLabelNeedsAnEqualsSign(t *testing.T) {
	report := decode.MetricsReport{JSON: `{"room_id":{"a":1}}`}
	checkSet(t, "the report", parsed(t, report).MetricSet, `room_id data {"a":1}`)
	if room, ok, err := report.Room(""); ok || err != nil {
		t.Errorf("Room = %v, %v, %v", room, ok, err)
	}
}

func TestReportsStayComparable(t *testing.T) {
	a, b := storedReport(t, "recorded.json"), storedReport(t, "recorded.json")
	parsed(t, a)
	if a != b {
		t.Error("a report that was parsed differs from one that was not")
	}
}

// A malformed element of a report doesn't affect the others.
func TestOddElementOfAReportHidesNoOther(t *testing.T) {
	const good = `"room_id=good":{"endpoint_id=e":{"ice.port":7,"track_id=t":{"inbound-rtp.frames":1}}}`
	for _, c := range []struct{ odd, room, problem string }{
		{`"room_id=odd":null`, "", `"room_id=odd" at byte 15 is no object`},
		{`"room_id=odd":[]`, "", `"room_id=odd" at byte 15 is no object`},
		{`"rtx_stream":7`, "", `"rtx_stream" at byte 14 is no object`},
		{`"room_id=odd":{"endpoint_id=e":"x","a":1}`, "odd", `"endpoint_id=e" at byte 32 is no object`},
		{`"room_id=odd":{"peer_id=e":{"track_id=t":{"rtx_stream":true}},"a":1}`, "odd", `"rtx_stream" at byte 56 is no object`},
		{`"room_id=odd":{"a":1,"b=":` + strings.Repeat(`{"\u202e=":`, 200) + "{}" + strings.Repeat("}", 200) + "}", "odd", `"=" at byte`},
		{`"room_id=odd":{"a":1,"endpoint_id=e":{"endpoint.metadata":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}}", "odd", ""},
	} {
		report := decode.MetricsReport{JSON: "{" + c.odd + "," + good + "}"}
		metrics := parsed(t, report)
		room, _ := metrics.Room("good")
		endpoint, _ := room.Endpoint("e")
		if _, ok := endpoint.Track("t"); !ok || len(room.Problems) > 0 {
			t.Errorf("%.50s hides the other room: %v", c.odd, room)
		}
		problems := metrics.Problems
		if c.room != "" {
			odd, ok := metrics.Room(c.room)
			if n, _ := odd.Int("a"); !ok || n != 1 {
				t.Errorf("%.50s: the room is %v", c.odd, odd)
			}
			problems = odd.Problems
			alone, ok, err := report.Room(c.room)
			if !ok || err != nil || !reflect.DeepEqual(alone, odd) {
				t.Errorf("%.50s: Room is %v, %v, %v", c.odd, alone, ok, err)
			}
		}
		if c.problem == "" && len(problems) == 0 {
			continue
		}
		if len(problems) != 1 || !strings.HasPrefix(problems[0], c.problem) {
			t.Errorf("%.50s: problems %q, want %q", c.odd, problems, c.problem)
		}
	}
	metrics := parsed(t, decode.MetricsReport{JSON: "{" + strings.Repeat(`"a=":1,`, 100) + `"b":1}`})
	if _, ok := metrics.Int("b"); !ok || len(metrics.Problems) != 8 {
		t.Errorf("%d problems are told of 100", len(metrics.Problems))
	}
}

// A tree marshals to its values.
func TestMetricsMarshal(t *testing.T) {
	report := decode.MetricsReport{JSON: `{"z":"\u00e9", "room_id=r":{"peer_id=e":{"ice.bytes_received":7,"track_id=t":{"rtx_stream":{"a":null},"b=":{}}},"x=1":{"y":1.50}}}`}
	metrics := parsed(t, report)
	room := metrics.Rooms[0]
	for _, c := range []struct {
		value any
		want  string
	}{
		{metrics, `{"z":"\u00e9","room_id=r":{"endpoint_id=e":{"ice.bytes_received":7,"track_id=t":{"rtx_stream":{"a":null},"b=":{}}},"x=1":{"y":1.50}}}`},
		{room.Nodes, `[{"y":1.50}]`},
		{room.Endpoints[0].MetricSet, `{"ice.bytes_received":7}`},
		{map[string]any{"v": decode.MetricValue{}, "t": room.Endpoints[0].Tracks[0]}, `{"t":{"rtx_stream":{"a":null},"b=":{}},"v":null}`},
		{decode.Metrics{}, `{}`},
	} {
		if got, err := json.Marshal(c.value); err != nil || string(got) != c.want {
			t.Errorf("%v marshals to %s (%v), want %s", c.value, got, err, c.want)
		}
	}
}
