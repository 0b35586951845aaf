// Package jsonread reads JSON from a stream in a single pass, into the caller's
// values and within a memory limit. An unreadable element doesn't affect the others:
// a value of an unexpected kind is recorded as a problem, and reading continues after
// it. Only malformed structure ends it.
//
//	if r.Object() {
//		for r.Field() {
//			switch string(r.Key()) {
//			case "id":
//				room.ID = r.Text()
//			default:
//				r.Skip()
//			}
//		}
//	}
//
// Each field and element must be read or skipped before the next, and a loop run
// to its end. The first error stays: from then on loops end and values are zero.
//
// Values are read as encoding/json does: invalid UTF-8 becomes U+FFFD, keys are
// matched case-insensitively, and null leaves the zero value. If a key is repeated,
// the last value counts. In addition: 10.0 and 1e1 are whole numbers, numbers out of
// range are the nearest bound, and strings may hold control characters. Values that
// are skipped or kept as raw text are scanned only for their end, and may be nested
// without limit.
package jsonread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// ErrTooLarge means that the input is longer than its limit, or that the values kept
// from it exceed the memory budget.
var ErrTooLarge = errors.New("response is too large")

const (
	windowSize   = 16 << 10 // What a window begins with, in bytes.
	maxKeyLength = 40       // A longer key is none that anybody asks for.
	emptyReads   = 100      // How often in a row a source may return nothing.
)

// Reader reads one JSON value. It belongs to one goroutine.
type Reader struct {
	ctx    context.Context
	source io.Reader // Nil if the whole text is in the window.
	budget
	err error

	window   []byte
	pos, end int   // What of the window is unread.
	before   int64 // How many bytes of the text came before the window.

	opened bool // Whether an object or an array has begun and nothing of it is read.
	key    []byte
	folded []byte // Where a key with capitals is put in lower case.
	words  map[string]string
	path
}

// New returns a reader of what source has. It ends with ctx: between two reads of
// the source, which should end with it as well. At most limit bytes are read, and
// what is kept of them in memory is at most 64 KiB and 8 times the bytes read so
// far, and at most 4 times the limit: beyond that, reading ends with ErrTooLarge.
func New(ctx context.Context, source io.Reader, limit int64) *Reader {
	limit = min(limit, math.MaxInt64/perByte-ahead) // More than any text has.
	r := &Reader{ctx: ctx, source: source, budget: budget{limit: limit}}
	size := int(min(windowSize, limit+1))
	r.Charge(size)
	r.window = make([]byte, size)
	return r
}

// Err returns what ended reading, or nil.
func (r *Reader) Err() error { return r.err }

// fail keeps the first error and makes the window look empty.
func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.source = nil
	r.pos, r.end = 0, 0
}

// malformed ends reading because the text isn't JSON.
func (r *Reader) malformed(what string) {
	r.fail(fmt.Errorf("response is malformed at byte %d: %s", r.before+int64(r.pos), what))
}

// more reads further bytes into the window, behind those that are unread. At the
// end of the text it returns false.
func (r *Reader) more() bool {
	if r.source == nil {
		return false
	}
	if r.pos > 0 {
		copy(r.window, r.window[r.pos:r.end])
		r.before += int64(r.pos)
		r.pos, r.end = 0, r.end-r.pos
	}
	if r.end == len(r.window) && !r.widen() {
		return false
	}
	for range emptyReads {
		if r.ctx.Err() != nil {
			r.fail(context.Cause(r.ctx))
			return false
		}
		n, err := r.source.Read(r.window[r.end:])
		r.end += n
		r.read += int64(n)
		switch {
		case r.read > r.limit:
			r.fail(fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, r.limit))
			return false
		case err == io.EOF:
			r.source = nil
			return n > 0
		case err != nil:
			r.fail(fmt.Errorf("read the response: %w", err))
			return false
		case n > 0:
			return true
		}
	}
	r.fail(fmt.Errorf("read the response: %w", io.ErrNoProgress))
	return false
}

// widen doubles the window.
func (r *Reader) widen() bool {
	if !r.Charge(2 * len(r.window)) {
		return false
	}
	wider := make([]byte, 2*len(r.window))
	copy(wider, r.window[:r.end])
	r.release(len(r.window))
	r.window = wider
	return true
}

// peek returns the next byte that is no white space, without taking it; 0 at the
// end.
func (r *Reader) peek() byte {
	if r.pos < r.end && r.window[r.pos] > ' ' {
		return r.window[r.pos]
	}
	return r.peekOn()
}

func (r *Reader) peekOn() byte {
	for {
		for ; r.pos < r.end; r.pos++ {
			switch c := r.window[r.pos]; c {
			case ' ', '\t', '\r', '\n':
			default:
				return c
			}
		}
		if !r.more() {
			return 0
		}
	}
}

// AtObject reports whether the next value is an object, of which nothing is read.
func (r *Reader) AtObject() bool { return r.peek() == '{' }

// Object begins to read an object. If the next value is of another kind, it is
// skipped and the result is false, with a problem recorded unless it is null.
func (r *Reader) Object() bool { return r.open('{', "an object") }

// Array begins to read an array. If the next value is of another kind, it is skipped
// and the result is false, with a problem recorded unless it is null.
func (r *Reader) Array() bool { return r.open('[', "a list") }

func (r *Reader) open(bracket byte, want string) bool {
	if r.peek() != bracket {
		r.unwanted(want)
		return false
	}
	r.pos++
	r.opened = true
	r.enter()
	return true
}

// Field goes to the next field of the object that was begun last, whose value is
// to be read then. At the object's end it returns false.
func (r *Reader) Field() bool {
	if !r.next('}') {
		return false
	}
	if r.peek() != '"' {
		r.malformed("want a key")
		return false
	}
	raw, plain := r.quoted()
	if r.err != nil {
		return false
	}
	if !plain {
		text, ok := r.unquote(raw)
		if !ok {
			r.malformed("key with a bad escape")
			return false
		}
		r.release(textSize(len(text))) // It is kept nowhere.
		raw = []byte(text)
	}
	if len(raw) > maxKeyLength {
		raw = nil
	}
	r.key = r.fold(r.named(raw)) // Of the copy, since the window may change.
	if r.peek() != ':' {
		r.malformed("want a colon")
		return false
	}
	r.pos++
	return true
}

// Key returns the field's key with its letters in lower case, until its value is
// read.
func (r *Reader) Key() []byte { return r.key }

// Element goes to the next element of the array that was begun last, which is to
// be read then. At the array's end it returns false.
func (r *Reader) Element() bool {
	if !r.next(']') {
		return false
	}
	r.counted()
	return true
}

// next goes past the comma before a field or an element, or past the bracket
// after the last one, where it returns false.
func (r *Reader) next(bracket byte) bool {
	first := r.opened
	r.opened = false
	c := r.peek()
	switch {
	case r.err != nil:
		return false
	case c == bracket:
		r.pos++
		r.leave()
		return false
	case first:
		return true
	case c != ',':
		r.malformed("want a comma or the end of what was begun")
		return false
	}
	r.pos++
	if r.peek() == bracket {
		r.malformed("want something behind a comma")
		return false
	}
	return true
}

// End checks that nothing is left to read, and returns Err.
func (r *Reader) End() error {
	if c := r.peek(); c != 0 || r.pos < r.end {
		r.malformed("want its end")
	}
	return r.err
}

// fold returns a key in lower case. As in encoding/json lower case goes for the two
// letters beyond ASCII that are the same as others but for their case, the Kelvin sign
// and the long s.
func (r *Reader) fold(key []byte) []byte {
	i := 0
	for i < len(key) && key[i] < utf8.RuneSelf && (key[i] < 'A' || key[i] > 'Z') {
		i++
	}
	if i == len(key) {
		return key
	}
	folded := append(r.folded[:0], key[:i]...)
	for ; i < len(key); i++ {
		switch c := key[i]; {
		case 'A' <= c && c <= 'Z':
			folded = append(folded, c+'a'-'A')
		case c == 0xC5 && i+1 < len(key) && key[i+1] == 0xBF:
			folded = append(folded, 's')
			i++
		case c == 0xE2 && i+2 < len(key) && key[i+1] == 0x84 && key[i+2] == 0xAA:
			folded = append(folded, 'k')
			i += 2
		default:
			folded = append(folded, c)
		}
	}
	r.folded = folded
	return folded
}

const (
	perByte = 8        // How many bytes may be kept for each that was read,
	ahead   = 64 << 10 // and how many before any was.
	atMost  = 4        // How many times the limit may be kept in all.
)

// budget counts what is kept of a text in memory.
type budget struct {
	limit int64 // Of the text, in bytes.
	read  int64
	kept  int64
	spent bool // Whether more was to be kept than may be.
}

// Charge counts n bytes that are to be allocated, and returns whether they may be.
func (r *Reader) Charge(n int) bool {
	r.kept += int64(n)
	if r.kept > min(perByte*r.read+ahead, atMost*r.limit) {
		r.spent = true
		r.fail(ErrTooLarge)
	}
	return !r.spent
}

// release takes back what was charged for memory that is used no longer.
func (r *Reader) release(n int) { r.kept -= int64(n) }

// textSize is what a text of n bytes takes in memory, about.
func textSize(n int) int { return (n + 15) &^ 15 }
