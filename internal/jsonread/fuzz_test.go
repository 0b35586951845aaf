package jsonread_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
)

// item has a field of each kind that the reader reads.
type item struct {
	Text  string          `json:"text"`
	Kind  string          `json:"kind"`
	Whole int64           `json:"wholeNumber"`
	Flag  bool            `json:"flag"`
	Raw   json.RawMessage `json:"raw"`
	Items []leaf          `json:"items"`
}

type leaf struct {
	Text string `json:"text"`
}

func readItem(r *jsonread.Reader) item {
	var i item
	var spare jsonread.Chunks[leaf]
	if !r.Object() {
		return i
	}
	for r.Field() {
		switch string(r.Key()) {
		case "text":
			i.Text = r.Text()
		case "kind":
			i.Kind = r.Word()
		case "wholenumber":
			i.Whole, _ = r.Int()
		case "flag":
			i.Flag = r.Bool()
		case "raw":
			i.Raw = json.RawMessage(r.Raw())
		case "items":
			i.Items = jsonread.List(r, &spare, func() (leaf, bool) { return readLeaf(r) })
		default:
			r.Skip()
		}
	}
	return i
}

func readLeaf(r *jsonread.Reader) (leaf, bool) {
	var l leaf
	if !r.Object() {
		return l, true
	}
	for r.Field() {
		if string(r.Key()) == "text" {
			l.Text = r.Text()
		} else {
			r.Skip()
		}
	}
	return l, true
}

const fuzzLimit = 1 << 20

// FuzzAgainstEncodingJSON: what encoding/json reads without an error, the reader
// reads as the same, without a problem, however the text arrives. Whatever the
// text is, reading ends.
func FuzzAgainstEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, ` {"text":"a","kind":"b","wholeNumber":1,"flag":true,"raw":{"a":[1,"]"]},"items":[{"text":"x"},null,{}]} `,
		`{"TEXT":"é\u00e9\ud83d\ude00\ud800","K\u0131ND":1,"\u212aind":"k","item\u017f":[{"Text":"\"\\\/\b\f\n\r\t"}]}`,
		`{"text":"` + "\xff\xc3" + `","raw":"a\"b","wholeNumber":-0}`, `{"wholeNumber":9223372036854775807,"flag":false}`,
		`{"items":[],"raw":null,"other":[[[{"a":"]"}]]]}`, `{"items":[{"text":1}],"wholeNumber":1e1}`, `{"a"`, `[}`, `{"flag":tru}`, `{"text":"\q"}`, `{"a":1,}`, `{"a":,"b":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func(source io.Reader) (item, []string, error) {
			r := jsonread.New(t.Context(), source, fuzzLimit)
			i := readItem(r)
			return i, r.Problems(), r.End()
		}
		got, problems, err := read(bytes.NewReader(text))
		again, _, errAgain := read(iotest.OneByteReader(bytes.NewReader(text)))
		large := errors.Is(err, jsonread.ErrTooLarge) || errors.Is(errAgain, jsonread.ErrTooLarge)
		if !large && ((err == nil) != (errAgain == nil) || err == nil && !cmp.Equal(got, again)) {
			t.Fatalf("%q in one go: %+v, %v; byte by byte: %+v, %v", text, got, err, again, errAgain)
		}
		var want item
		if large || json.Unmarshal(text, &want) != nil || repeats(text) {
			return
		}
		if err != nil || len(problems) > 0 {
			t.Fatalf("%q: error %v, problems %q", text, err, problems)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-encoding/json +reader):\n%s", text, diff)
		}
	})
}

// repeats reports whether an object has a key twice, where encoding/json merges.
func repeats(text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var keys []map[string]bool // Nil for an array.
	wantKey := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		top := len(keys) - 1
		if key, ok := token.(string); ok && wantKey && top >= 0 && keys[top] != nil {
			key = strings.Map(foldRune, key)
			if keys[top][key] {
				return true
			}
			keys[top][key] = true
			wantKey = false
			continue
		}
		switch token {
		case json.Delim('{'):
			keys, wantKey = append(keys, map[string]bool{}), true
			continue
		case json.Delim('['):
			keys, wantKey = append(keys, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			keys = keys[:top]
		}
		wantKey = len(keys) > 0 && keys[len(keys)-1] != nil
	}
}

func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// FuzzWhole: a number that encoding/json reads into an int64 is that, and one
// that is no number to it is none.
func FuzzWhole(f *testing.F) {
	for _, seed := range []string{"0", "-0", "10.0", "1e1", "1E+2", "1200e-2", "0.1", "1e999999999999", "-1e99", "9223372036854775808", "01", "1.", ".5", "-", "1e", "0e0", "0.000e5", "12.50e1", "true"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsAny(text, " \t\r\n") {
			return
		}
		r := jsonread.New(t.Context(), strings.NewReader(text), fuzzLimit)
		got, ok := r.Int()
		if err := r.End(); err != nil {
			return
		}
		var want int64
		if err := json.Unmarshal([]byte(text), &want); err == nil && text != "null" && (!ok || got != want) {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
		var number json.Number
		if json.Unmarshal([]byte(text), &number) != nil && ok {
			t.Errorf("%q: %d, which is no number", text, got)
		}
	})
}
