package decode_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// TestMetricsAgreeWithJSON compares Parse and Room with encoding/json on random
// reports, many of them broken.
func TestMetricsAgreeWithJSON(t *testing.T) {
	const reports = 4_000
	valid := 0
	for seed := range uint64(reports) {
		g := reportGenerator{rand.New(rand.NewPCG(seed, 3))}
		if checkMetrics(t, g.report()) {
			valid++
		}
	}
	if valid < reports/4 || valid > reports*3/4 {
		t.Errorf("%d of %d reports were valid, want between a quarter and three", valid, reports)
	}
}

// FuzzMetrics compares Parse and Room with encoding/json on arbitrary text.
func FuzzMetrics(f *testing.F) {
	for _, file := range []string{"protocol.json", "recorded.json"} {
		text := storedReport(f, file).JSON
		f.Add(text)
		f.Add(text[:len(text)/2])
		f.Add(strings.ReplaceAll(text, `{`, ` {"a":[],"rtx_stream":{"=":{}},`))
		f.Add(strings.ReplaceAll(text, `"`, `\"`))
	}
	for seed := range uint64(300) {
		f.Add(reportGenerator{rand.New(rand.NewPCG(seed, 4))}.report())
	}
	f.Add(`{"room_id=\ud800":{},"room_id=` + "\xff" + `":{"endpoint_id=1":{},"peer_id=1":{}}}`)
	f.Add(`{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}")
	f.Add(strings.Repeat(`{"=":`, 100) + "{}" + strings.Repeat("}", 100))

	f.Fuzz(func(t *testing.T, text string) {
		checkMetrics(t, text)
	})
}

// reportGenerator makes random reports.
type reportGenerator struct {
	*rand.Rand
}

// oneOf returns one of the texts.
func (g reportGenerator) oneOf(texts ...string) string {
	return texts[g.IntN(len(texts))]
}

// report returns a report, often broken afterwards.
func (g reportGenerator) report() string {
	text := g.node(0)
	if g.IntN(4) == 0 {
		text = text[:g.IntN(len(text))] + g.oneOf("", `"`, "{", "}", ",", ":", `\`, "1", "]", "\x00", "\xff") + text[g.IntN(len(text)):]
	}
	return text
}

// node returns the text of a node, levels below the report.
func (g reportGenerator) node(level int) string {
	var members []string
	for range g.IntN(6) {
		members = append(members, g.space()+g.key(level)+g.space())
	}
	return "{" + strings.Join(members, ",") + "}" + g.space()
}

// key returns a key and its value.
func (g reportGenerator) key(level int) string {
	if level > 5 || g.IntN(3) == 0 {
		return g.oneOf(`"a"`, `"b"`, `"\u0061"`, `""`, `"ice.port"`, `"track.metadata"`, `"room_id"`, `"\"}"`, `"`+"\xff"+`"`) +
			g.space() + ":" + g.space() + g.value(3)
	}
	labels := []string{"room_id", "endpoint_id", "track_id", "rtx_stream", "foo_id"}
	label := labels[min(level, len(labels)-1)]
	switch g.IntN(8) {
	case 0:
		label = g.oneOf(labels...)
	case 1, 2:
		label = g.oneOf("peer_id", `\u0070eer_id`, "")
	}
	key := label + g.oneOf("=", `\u003d`) + g.oneOf("1", "2", "", "=", "1:2:", `\"`, "é")
	if label == "rtx_stream" && g.IntN(4) > 0 {
		key = label
	}
	if g.IntN(60) == 0 {
		return `"` + key + `":` + g.value(1)
	}
	return `"` + key + `"` + g.space() + ":" + g.node(level+1)
}

// value returns any value with the given number of levels.
func (g reportGenerator) value(levels int) string {
	switch n := g.IntN(8); {
	case n == 0 && levels > 0:
		return `{"room_id=1":` + g.value(levels-1) + g.oneOf("", `,"a":[]`) + "}"
	case n == 1 && levels > 0:
		return "[" + g.value(levels-1) + "," + g.value(levels-1) + "]"
	case n == 2:
		return `"` + strings.Repeat(g.oneOf(`\\`, `\"`, "}", `,"`[:1], "é", `\ud83d`), g.IntN(4)) + `"`
	}
	return g.oneOf("0", "-1", "1.5", "0.0", "1e400", "9223372036854775808", "null", "true", "false", `"VP8"`, "{}", "[]", "01", "nul")
}

func (g reportGenerator) space() string {
	if g.IntN(10) > 0 {
		return ""
	}
	return g.oneOf(" ", "\t\n", "\r")
}

// TestP8MetricsMemoryIsBounded parses what takes the most memory for its size.
func TestP8MetricsMemoryIsBounded(t *testing.T) {
	const size = 1 << 20
	fill := func(member string) string {
		return strings.TrimSuffix(strings.Repeat(member, size/len(member)), ",")
	}
	var falling strings.Builder
	for n := 1 << 20; falling.Len() < size; n-- {
		fmt.Fprintf(&falling, `"%x":1,`, n)
	}
	for name, text := range map[string]string{
		"metrics":        "{" + fill(`"":1,`) + "}",
		"falling names":  "{" + falling.String() + `"":1}`,
		"rooms":          "{" + fill(`"room_id=":{},`) + "}",
		"endpoints":      `{"room_id=":{` + fill(`"peer_id=":{},`) + "}}",
		"whole rooms":    "{" + fill(`"room_id=":{"peer_id=":{"track_id=":{"rtx_stream":{"":1}}}},`) + "}",
		"tracks":         `{"room_id=":{"peer_id=":{` + fill(`"track_id=":{},`) + "}}}",
		"unknown nodes":  "{" + fill(`"=":{},`) + "}",
		"nodes in nodes": "{" + fill(`"=":{"=":{"=":{}}},`) + "}",
		"deep nodes":     "{" + fill(strings.Repeat(`"=":{`, 9_000)+strings.Repeat("}", 9_000)+",") + "}",
		"escaped keys":   "{" + fill(`"\n":1,`) + "}",
		"long text":      `{"sdp.offer":"` + fill("v") + `"}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		metrics, err := decode.MetricsReport{JSON: text}.Parse()
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		used := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(text))
		t.Logf("%s: %d rooms, %.1f times the text allocated", name, len(metrics.Rooms), used)
		if used > 64 {
			t.Errorf("%s: %.1f times the text allocated", name, used)
		}
	}
}
