package jsonread

import (
	"unsafe"
)

// Bool reads true or false.
func (r *Reader) Bool() bool {
	switch string(r.scalar()) {
	case "true":
		return true
	case "false", "null":
		return false
	}
	r.Problem("want true or false")
	return false
}

// scalar goes past the next value and returns it, until the window changes, if it
// is a number or a word.
func (r *Reader) scalar() []byte {
	switch r.peek() {
	case '"', '{', '[':
		r.Skip()
		return nil
	}
	return r.token()
}

// delimiter tells what ends a number or a word.
var delimiter = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, ',': true, ':': true, ']': true, '}': true, '[': true, '{': true, '"': true}

// token goes past a number or a word and returns it, until the window changes.
func (r *Reader) token() []byte {
	for i := 0; ; {
		unread := r.window[r.pos:r.end]
		for i < len(unread) && !delimiter[unread[i]] {
			i++
		}
		if i == len(unread) && r.more() {
			continue
		}
		switch {
		case r.err != nil:
			return nil
		case i == 0 && r.pos < r.end:
			r.malformed("want a value")
			return nil
		case i == 0:
			r.cutShort()
			return nil
		}
		token := r.window[r.pos : r.pos+i]
		r.pos += i
		return token
	}
}

// unwanted skips a value of another kind than wanted, which is a problem unless
// it is null.
func (r *Reader) unwanted(want string) {
	if r.peek() == 'n' {
		if string(r.token()) == "null" {
			return
		}
	} else {
		r.Skip()
	}
	r.Problem("want " + want)
}

// Raw reads a value of any kind and returns its text as it is.
func (r *Reader) Raw() string {
	raw := r.pass(true)
	if string(raw) == "null" {
		return "null"
	}
	if r.err != nil || !r.Charge(textSize(len(raw))) {
		return ""
	}
	return string(raw)
}

// Skip goes past a value of any kind.
func (r *Reader) Skip() { r.pass(false) }

// pass goes past a value, and returns it if it is wanted, until the window
// changes.
func (r *Reader) pass(wanted bool) []byte {
	switch r.peek() {
	case '{', '[':
		return r.passNested(wanted)
	case '"':
		if wanted {
			raw, _ := r.quoted()
			if r.err != nil {
				return nil
			}
			return r.window[r.pos-len(raw)-2 : r.pos]
		}
		return r.passNested(false)
	}
	return r.token()
}

// passNested goes past an object, an array or a string, by its brackets outside
// of strings.
func (r *Reader) passNested(wanted bool) []byte {
	depth, within, i := 0, false, 0
	for {
		unread := r.window[r.pos:r.end]
		for i < len(unread) {
			if within {
				i += ordinary(unread[i:])
				if i == len(unread) {
					break
				}
			}
			c := unread[i]
			i++
			switch {
			case c == '"':
				within = !within
			case c == '\\' && within:
				i++
				continue
			case within:
				continue
			case c == '{' || c == '[':
				depth++
				continue
			case c == '}' || c == ']':
				depth--
			default:
				continue
			}
			if depth == 0 && !within {
				r.pos += i
				return unread[:i]
			}
		}
		if !wanted {
			passed := min(i, len(unread))
			r.pos += passed
			i -= passed
		}
		if !r.more() {
			r.cutShort()
			return nil
		}
	}
}

// Nested reads the text of a value that was kept as it was. What is malformed in
// it is a problem.
func (r *Reader) Nested(text string, read func(*Reader)) {
	if text == "" || !r.Charge(len(text)) {
		return
	}
	within := *r
	within.source, within.window, within.pos, within.end = nil, []byte(text), 0, len(text)
	read(&within)
	err := within.End()
	r.budget, r.problems, r.words = within.budget, within.problems, within.words
	r.release(len(text))
	switch {
	case r.spent:
		r.fail(err)
	case err != nil:
		r.Problem("is malformed")
	}
}

// cutShort ends reading because the text ends where it mustn't.
func (r *Reader) cutShort() { r.malformed("it ends too early") }

const (
	minChunk = 4        // In elements,
	maxChunk = 32 << 10 // and in bytes.
)

// Chunks collects the elements of one list after another. It grows by whole chunks,
// which stay where they are: growing copies nothing, and leaves behind no array that
// takes memory until the next garbage collection.
type Chunks[T any] struct {
	chunks [][]T
	at     int // The chunk that is being filled.
	room   int // What all chunks hold, in elements.
}

// List reads an array. An element that read refuses is left out and recorded as a
// problem. The list is nil if the next value isn't an array. Elements are collected
// in spare, which should be used for all lists of that type that aren't within each
// other.
func List[T any](r *Reader, spare *Chunks[T], read func() (T, bool)) []T {
	if !r.Array() {
		return nil
	}
	spare.empty()
	n := 0
	for r.Element() {
		if value, ok := read(); ok && spare.add(r, value) {
			n++
		}
	}
	if r.err != nil || !r.Charge(n*int(unsafe.Sizeof(*new(T)))) {
		return nil
	}
	list := make([]T, 0, n)
	for _, chunk := range spare.chunks {
		list = append(list, chunk...)
	}
	return list
}

func (c *Chunks[T]) empty() {
	for i, chunk := range c.chunks {
		c.chunks[i] = chunk[:0]
	}
	c.at = 0
}

// add adds a value; false if the budget is spent.
func (c *Chunks[T]) add(r *Reader, value T) bool {
	for ; c.at < len(c.chunks); c.at++ {
		if chunk := c.chunks[c.at]; len(chunk) < cap(chunk) {
			c.chunks[c.at] = append(chunk, value)
			return true
		}
	}
	size := max(1, int(unsafe.Sizeof(value)))
	room := max(minChunk, min(c.room, maxChunk/size)) // As much as there is already.
	if !r.Charge(room * size) {
		return false
	}
	c.chunks = append(c.chunks, append(make([]T, 0, room), value))
	c.room += room
	return true
}
