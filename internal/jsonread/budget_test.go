package jsonread_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
)

// What is kept is charged, whatever it is, and what isn't kept any more is not.
func TestP11Charges(t *testing.T) {
	t.Parallel()
	const (
		leafSize = int64(unsafe.Sizeof(leaf{}))
		problem  = 32
	)
	for _, test := range []struct {
		name, text string
		kept       int64
	}{
		{"nothing", `{}`, 0},
		{"an empty text", `{"text":""}`, 0},
		{"a plain text", `{"text":"abc"}`, 16},
		{"a plain text of 17 bytes", `{"text":"` + strings.Repeat("a", 17) + `"}`, 32},
		{"two texts", `{"text":"abc","text":"def"}`, 32},
		{"an escaped text", `{"text":"a\n"}`, 16},
		{"bad UTF-8", "{\"text\":\"" + strings.Repeat("\xff", 16) + "\"}", 48},
		{"a word", `{"kind":"k"}`, 16},
		{"a word that comes again", `{"kind":"k","kind":"k","kind":"k"}`, 16},
		{"a word with an escape", `{"kind":"\n","kind":"\n"}`, 32},
		{"a long word", `{"kind":"` + strings.Repeat("k", 33) + `"}`, 48},
		{"a raw text", `{"raw":[1,2,3]}`, 16},
		{"a raw text of 17 bytes", `{"raw":[1,2,3,4,5,6,7,8]}`, 32},
		{"raw null", `{"raw":null}`, 0},
		{"numbers", `{"wholeNumber":1e1,"flag":true}`, 0},
		{"what is skipped", `{"other":{"text":"abc"}}`, 0},
		{"an escaped key", `{"\u0061":1}`, 0},
		{"an empty list", `{"items":[]}`, 0},
		// The list where elements are collected, and the copy of it.
		{"a list", `{"items":[{},{},{}]}`, 4*leafSize + 3*leafSize},
		{"a list that grew", `{"items":[{},{},{},{},{}]}`, 8*leafSize + 5*leafSize},
		{"a list of texts", `{"items":[{"text":"a"},{"text":"b"}]}`, 4*leafSize + 2*leafSize + 32},
		{"a list again", `{"items":[{},{}],"items":[{}]}`, 4*leafSize + 2*leafSize + leafSize},
		{"a problem", `{"text":1}`, problem + 32}, // "text: want a text"
		{"two problems", `{"text":1,"flag":1}`, 2*problem + 32 + 32},
		{"a window that was widened", `{"text":"` + strings.Repeat("a", 16<<10) + `"}`, 16<<10 + 16<<10},
		{"a window that was widened twice", `{"raw":"` + strings.Repeat("a", 32<<10) + `"}`, 48<<10 + 32<<10 + 16},
	} {
		r := jsonread.New(t.Context(), strings.NewReader(test.text), fuzzLimit)
		readItem(r)
		if err := r.End(); err != nil || r.Kept() != test.kept {
			t.Errorf("%s: %d bytes charged, want %d; error %v", test.name, r.Kept(), test.kept, err)
		}
	}
	r := jsonread.New(t.Context(), strings.NewReader(`[{"text":"abc"}]`), fuzzLimit)
	for ok := r.Array(); ok && r.Element(); {
		r.Nested(r.Raw(), func(r *jsonread.Reader) { readItem(r) })
	}
	if err := r.End(); err != nil || r.Kept() != 16+16 { // The raw text and the text in it.
		t.Errorf("nested: %d bytes charged, error %v", r.Kept(), err)
	}
}

// A long list is charged for its texts, for its elements where they are collected and
// in the result, and for no more than one chunk besides. The next list is charged for
// its texts and its result alone.
func TestP11LongList(t *testing.T) {
	t.Parallel()
	const (
		n     = 10_000
		size  = int64(unsafe.Sizeof(leaf{}))
		chunk = 32 << 10
	)
	var text strings.Builder
	for range 2 {
		for i := range n {
			fmt.Fprintf(&text, `%c{"text":"%d", "other":12345}`, "[,"[min(i, 1)], i)
		}
		text.WriteString("]")
	}
	r := jsonread.New(t.Context(), strings.NewReader(text.String()), 1<<30)
	var spare jsonread.Chunks[leaf]
	read := func() []leaf { return jsonread.List(r, &spare, func() (leaf, bool) { return readLeaf(r) }) }
	first := read()
	kept := r.Kept()
	if least := 2*n*size + n*16; len(first) != n || kept < least || kept > least+chunk {
		t.Errorf("%d elements, %d bytes charged, want %d to %d more", len(first), kept, least, chunk)
	}
	second := read()
	if r.Kept()-kept != n*size+n*16 || !slices.Equal(first, second) {
		t.Errorf("again: %d elements, %d bytes charged, want %d", len(second), r.Kept()-kept, n*size+n*16)
	}
}

// Each of the two bounds ends reading at the byte.
func TestP11Bounds(t *testing.T) {
	t.Parallel()
	const window = 16 << 10
	for _, test := range []struct {
		name        string
		read, limit int
		kept        int
	}{
		{"8 times what was read", 1000, 1 << 20, 8*1000 + 64<<10 - window},
		{"4 times the limit", 20_000, 20_000, 4*20_000 - window},
	} {
		for _, more := range []int{0, 1} {
			text := `[` + strings.Repeat(" ", test.read-2) + `]`
			r := jsonread.New(t.Context(), strings.NewReader(text), int64(test.limit))
			r.Skip()
			if kept := r.Charge(test.kept + more); kept != (more == 0) || errors.Is(r.Err(), jsonread.ErrTooLarge) == kept {
				t.Errorf("%s, and %d: %t, error %v", test.name, more, kept, r.Err())
			}
		}
	}
}

// The context is asked before each read, and its cause is the error.
func TestP11ContextEndsReading(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	for reads := range 3 {
		ctx, cancel := context.WithCancelCause(t.Context())
		n := 0
		source := endless(func() string {
			if n++; n > reads {
				cancel(why)
			}
			return fmt.Sprintf(`{"%d":`, n)
		})
		r := jsonread.New(ctx, source, 1000)
		r.Skip()
		if err := r.End(); !errors.Is(err, why) || n != reads+1 {
			t.Errorf("%d reads of %d: error %v", n, reads+1, err)
		}
	}
}
