package jsonread_test

import (
	"context"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
)

func read(t *testing.T, text string) (item, []string, error) {
	t.Helper()
	r := jsonread.New(t.Context(), strings.NewReader(text), fuzzLimit)
	i := readItem(r)
	return i, r.Problems(), r.End()
}

// One odd value costs itself alone, and is told with its path.
func TestP11OddValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text     string
		problems []string
	}{
		{`{"text":1,"kind":"k"}`, []string{"text: want a text"}},
		{`{"text":{"a":[1]},"kind":"k"}`, []string{"text: want a text"}},
		{`{"text":nul,"kind":"k"}`, []string{"text: want a text"}},
		{`{"text":null,"kind":"k"}`, nil},
		{`{"Text":"a\qb","kind":"k"}`, []string{"Text: has an escape that is none"}},
		{`{"text":"\ud8","kind":"k"}`, []string{"text: has an escape that is none"}},
		{`{"wholeNumber":1.5,"kind":"k"}`, []string{"wholeNumber: want a whole number"}},
		{`{"wholeNumber":"1","flag":"true","kind":"k"}`, []string{"wholeNumber: want a whole number", "flag: want true or false"}},
		{`{"wholeNumber":` + strings.Repeat("1", 5000) + `,"kind":"k"}`, []string{"wholeNumber: want a whole number"}},
		{`{"items":{"0":{}},"kind":"k"}`, []string{"items: want a list"}},
		{`{"items":[{},{"text":"a"},{"text":[]},7],"kind":"k"}`, []string{"items[2].text: want a text", "items[3]: want an object"}},
		{`{"kind":"k","items":[1,2,3,4,5,6,7,8,9,10]}`, []string{
			"items[0]: want an object", "items[1]: want an object", "items[2]: want an object", "items[3]: want an object",
			"items[4]: want an object", "items[5]: want an object", "items[6]: want an object", "items[7]: want an object"}},
	} {
		got, problems, err := read(t, test.text)
		if err != nil || got.Kind != "k" {
			t.Errorf("%.60s: %+v, error %v", test.text, got, err)
		}
		if diff := cmp.Diff(test.problems, problems); diff != "" {
			t.Errorf("%.60s (-want +got):\n%s", test.text, diff)
		}
	}
}

// What breaks the structure ends reading, and the error says where.
func TestMalformed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                            "at byte 0: it ends too early",
		`{`:                           "at byte 1: want a key",
		`{"text"`:                     "want a colon",
		`{"text":`:                    "it ends too early",
		`{"text":"a`:                  "it ends too early",
		`{"text":"a\"`:                "it ends too early",
		`{"text":"a" "kind":"b"}`:     "at byte 12: want a comma",
		`{"text":"a",}`:               "behind a comma",
		`{"items":[{},]}`:             "behind a comma",
		`{"items":[,{}]}`:             "at byte 10: want a value",
		`{,"text":"a"}`:               "at byte 1: want a key",
		`{"text":,"kind":"b"}`:        "at byte 8: want a value",
		`{"other":[{"a":"b"}`:         "it ends too early",
		`{"te\qxt":1}`:                "bad escape",
		`{} {}`:                       "at byte 3: want its end",
		"{}\x00":                      "want its end",
		`<html> <p>`:                  "want its end",
		`{"items":[{"text":"a"`:       "want a comma",
		`{"wholeNumber":1`:            "want a comma",
		`{"raw":[1,2`:                 "it ends too early",
		"{\"text\":\"a\"\x00}":        "want a comma",
		`{"items":[{"text":"a"}}`:     "want a comma",
		strings.Repeat(`{"x":`, 1000): "it ends too early",
	} {
		if _, _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want one with %q", text, err, want)
		}
	}
}

// Whole numbers may be spelt in any way, and be of any size.
func TestP11WholeNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "-0.0e7": 0, "10.0": 10, "1e1": 10, "1E+1": 10, "1200e-2": 12, "0.5e1": 5, "-12.50E1": -125,
		"0.0001e4": 1, "1e18": 1e18, "9223372036854775807.000": math.MaxInt64, "99999999999999999999": math.MaxInt64,
		"-1e400": math.MinInt64, "1e99999999999999999999": math.MaxInt64, "0e99999999999999999999": 0,
		"-9223372036854775808": math.MinInt64,
	} {
		got, problems, err := read(t, `{"wholeNumber":`+text+`}`)
		if err != nil || problems != nil || got.Whole != want {
			t.Errorf("%s: %d, want %d; problems %q, error %v", text, got.Whole, want, problems, err)
		}
	}
	for _, text := range []string{"0.5", "1e-1", "1.", "01", "+1", ".5", "1e", "1e+", "--1", "1.0.0", "0x10", "NaN", "1_0", "125e-1", "1e-99999999999999999999"} {
		got, problems, err := read(t, `{"wholeNumber":`+text+`}`)
		if err != nil || len(problems) != 1 || got.Whole != 0 {
			t.Errorf("%s: %d; problems %q, error %v", text, got.Whole, problems, err)
		}
	}
}

// What is skipped or kept as it is may be nested without limit, and is read
// without recursion.
func TestP11NestedWithoutLimit(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{1, 9_996, 10_001, 100_000} {
		deep := strings.Repeat(`[{"a":`, depth) + `"]}"` + strings.Repeat(`}]`, depth)
		got, problems, err := read(t, `{"other":`+deep+`,"raw":`+deep+`,"kind":"k"}`)
		if large := errors.Is(err, jsonread.ErrTooLarge); large != (2*len(deep) > fuzzLimit) {
			t.Errorf("%d levels: error %v", depth, err)
		} else if !large && (err != nil || problems != nil || string(got.Raw) != deep || got.Kind != "k") {
			t.Errorf("%d levels: error %v, problems %q", depth, err, problems)
		}
	}
}

// A raw text is kept byte by byte, whatever its inside is.
func TestRawIsKept(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`null`, `""`, `"a\"b\\"`, `-1.5e7`, `{"a" :  [1, "}"]}`, `{not json}`, "{\"a\":\"\xff\"}", `[}`, `word`} {
		got, problems, err := read(t, `{"raw": `+raw+` ,"kind":"k"}`)
		if err != nil || problems != nil || string(got.Raw) != raw || got.Kind != "k" {
			t.Errorf("%s: kept %s, error %v", raw, got.Raw, err)
		}
	}
}

// A source that fails, does nothing, or outlives its context ends reading.
func TestP11SourceEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	r := jsonread.New(t.Context(), io.MultiReader(strings.NewReader(`{"text":"a`), iotest.ErrReader(broken)), fuzzLimit)
	readItem(r)
	if err := r.End(); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	r = jsonread.New(t.Context(), idle{}, fuzzLimit)
	readItem(r)
	if err := r.End(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r = jsonread.New(ctx, endless(func() string { cancel(); return "[" }), math.MaxInt64/8)
	r.Skip()
	if err := r.End(); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// endless repeats a text for ever.
type endless func() string

func (e endless) Read(p []byte) (int, error) { return copy(p, e()), nil }

// However a text tries to be large in memory, it is kept within the budget.
func TestP11Budget(t *testing.T) {
	const limit = 4 << 20
	for name, text := range map[string]string{
		"elements":            `{},`,
		"one text":            "",
		"texts":               `{"text":"a"},`,
		"bad UTF-8":           "{\"text\":\"\xff\xff\xff\xff\"},",
		"long texts":          `{"text":"` + strings.Repeat("é", 500) + `"},`,
		"nulls":               `null,`,
		"problems":            `1,`,
		"nested":              `[`,
		"long keys":           `{"` + strings.Repeat("k", 5000) + `":1},`,
		"numbers without end": "",
	} {
		t.Run(name, func(t *testing.T) {
			begin := `{"items":[`
			switch name {
			case "one text":
				begin, text = `{"text":"`, strings.Repeat("\xff", 1000)
			case "numbers without end":
				begin, text = `{"wholeNumber":`, strings.Repeat("1", 1000)
			}
			text = strings.Repeat(text, 1+4096/len(text))
			before := live()
			grown := func() uint64 {
				now := live()
				return now - min(now, before)
			}
			var highest, given uint64
			source := io.MultiReader(strings.NewReader(begin), endless(func() string {
				if given += uint64(len(text)); given%(1<<20) < uint64(len(text)) {
					highest = max(highest, grown())
				}
				return text
			}))
			r := jsonread.New(t.Context(), source, limit)
			i := readItem(r)
			if err := r.End(); !errors.Is(err, jsonread.ErrTooLarge) {
				t.Errorf("error %v", err)
			}
			highest = max(highest, grown())
			runtime.KeepAlive(i)
			if bound := min(8*given+64<<10, 4*limit) + 1<<20; highest > bound {
				t.Errorf("%d bytes live after %d were read, more than %d", highest, given, bound)
			}
			t.Logf("%d bytes read, %d live", given, highest)
		})
	}
}

// A text that takes more than it had bytes is refused before it is made, and one
// that does not is read however long it is.
func TestP11OneLongText(t *testing.T) {
	t.Parallel()
	const limit = 5 << 20
	for character, large := range map[string]bool{"a": false, "é": false, `\n`: false, "\xff": true} {
		text := `{"text":"` + strings.Repeat(character, (limit-100)/len(character)) + `"}`
		r := jsonread.New(t.Context(), strings.NewReader(text), limit)
		got := readItem(r)
		if err := r.End(); errors.Is(err, jsonread.ErrTooLarge) != large || !large && (err != nil || got.Text == "") {
			t.Errorf("%d times %q: %d bytes, error %v", limit, character, len(got.Text), err)
		}
	}
}

// live returns how many bytes of the heap are in use.
func live() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// A raw text is read in the same way, and what is malformed in it is a problem.
func TestNested(t *testing.T) {
	t.Parallel()
	r := jsonread.New(t.Context(), strings.NewReader(`[{"text":"a"},{"text":1},[1],{"text":"b"]]`), fuzzLimit)
	var texts []string
	for ok := r.Array(); ok && r.Element(); {
		r.Nested(r.Raw(), func(r *jsonread.Reader) { texts = append(texts, readItem(r).Text) })
	}
	if err := r.End(); err != nil || !slices.Equal(texts, []string{"a", "", "", "b"}) {
		t.Errorf("%q, error %v", texts, err)
	}
	want := []string{"[1].text: want a text", "[2]: want an object", "[3]: is malformed"}
	if diff := cmp.Diff(want, r.Problems()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is too large within a raw text is too large as a whole.
func TestP11NestedBudget(t *testing.T) {
	t.Parallel()
	r := jsonread.New(t.Context(), strings.NewReader(`[{}]`), fuzzLimit)
	for ok := r.Array(); ok && r.Element(); {
		r.Nested(r.Raw(), func(r *jsonread.Reader) { r.Charge(1 << 30); r.Skip() })
	}
	if err := r.End(); !errors.Is(err, jsonread.ErrTooLarge) {
		t.Errorf("error %v", err)
	}
}

// Words that come again are the same in memory, others aren't kept for it.
func TestWords(t *testing.T) {
	var text strings.Builder
	text.WriteString(`{"items":[`)
	for range 1000 {
		text.WriteString(`{"text":"x"},`)
	}
	text.WriteString(`{}],"kind":"k"}`)
	whole := text.String()
	allocs := testing.AllocsPerRun(10, func() {
		r := jsonread.New(t.Context(), strings.NewReader(strings.ReplaceAll(whole, `"text"`, `"kind"`)), fuzzLimit)
		readKinds(r)
		if err := r.End(); err != nil {
			t.Error(err)
		}
	})
	if allocs > 100 {
		t.Errorf("%v allocations for 1,000 equal words", allocs)
	}
}

func readKinds(r *jsonread.Reader) {
	for ok := r.Object(); ok && r.Field(); {
		if string(r.Key()) != "items" {
			r.Skip()
			continue
		}
		for ok := r.Array(); ok && r.Element(); {
			for ok := r.Object(); ok && r.Field(); {
				r.Word()
			}
		}
	}
}

// A text that arrives in two parts is read as one that arrives at once, wherever it
// is parted: also between a key and its colon, when the second part takes the first
// one's place in the window.
func TestPartsMeanTheSameAsTheWhole(t *testing.T) {
	t.Parallel()
	text := ` {"text" : "a","Kind":"b", "wholeNumber":-12 ,"flag":true,"raw":{"a":[1,"]"]},"items":[{"text":"x"},null,{"other":1,"TEXT":"\u00e9\\"}]} `
	read := func(source io.Reader) item {
		r := jsonread.New(t.Context(), source, fuzzLimit)
		i := readItem(r)
		if err := r.End(); err != nil || len(r.Problems()) > 0 {
			t.Errorf("error %v, problems %q", err, r.Problems())
		}
		return i
	}
	want := read(strings.NewReader(text))
	for i := range text {
		parts := io.MultiReader(strings.NewReader(text[:i]), strings.NewReader(text[i:]))
		if diff := cmp.Diff(want, read(parts)); diff != "" {
			t.Fatalf("parted as %q and %q (-whole +parts):\n%s", text[:i], text[i:], diff)
		}
	}
}

// A limit may be any number.
func TestLimits(t *testing.T) {
	t.Parallel()
	for limit, large := range map[int64]bool{math.MaxInt64: false, math.MaxInt64 / 2: false, 1 << 62: false, 14: false, 13: true, 1: true, 0: true} {
		r := jsonread.New(t.Context(), strings.NewReader(`{"text":"abc"}`), limit)
		got := readItem(r)
		if err := r.End(); errors.Is(err, jsonread.ErrTooLarge) != large || !large && (err != nil || got.Text != "abc") {
			t.Errorf("limit %d: %+v, error %v", limit, got, err)
		}
	}
}

func TestFloat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want float64
		odd  bool
	}{
		{"0.5", 0.5, false},
		{"-1e2", -100, false},
		{"7", 7, false},
		{"null", 0, false},
		{"1e999", math.MaxFloat64, false},
		{"-1e999", -math.MaxFloat64, false},
		{`"0.5"`, 0, true},
		{"0x1p2", 0, true},
		{"Inf", 0, true},
		{"true", 0, true},
		{"[1]", 0, true},
		{strings.Repeat("1", 5000), 0, true},
	} {
		r := jsonread.New(t.Context(), strings.NewReader(test.text), fuzzLimit)
		got := r.Float()
		if err := r.End(); err != nil || got != test.want || len(r.Problems()) > 0 != test.odd {
			t.Errorf("%.20s: %v, problems %q, error %v", test.text, got, r.Problems(), err)
		}
	}
}
