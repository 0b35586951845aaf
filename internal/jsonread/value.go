package jsonread

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a string.
func (r *Reader) Text() string {
	raw, plain, ok := r.text()
	if !ok {
		return ""
	}
	return r.keep(raw, plain)
}

const (
	longestWord = 32
	mostWords   = 64
)

// Word reads a string that is likely to come often, such as a type or a status.
// It is the same in memory each time.
func (r *Reader) Word() string {
	raw, plain, ok := r.text()
	if !ok {
		return ""
	}
	if !plain || len(raw) > longestWord {
		return r.keep(raw, plain)
	}
	if word, ok := r.words[string(raw)]; ok {
		return word
	}
	word := r.keep(raw, plain)
	if r.words == nil {
		r.words = make(map[string]string)
	}
	if len(r.words) < mostWords {
		r.words[word] = word
	}
	return word
}

// text returns what stands between the quotes of a string; false if the next
// value is none.
func (r *Reader) text() (raw []byte, plain, ok bool) {
	if r.peek() != '"' {
		r.unwanted("a text")
		return nil, false, false
	}
	raw, plain = r.quoted()
	return raw, plain, r.err == nil
}

// keep returns the text of a string.
func (r *Reader) keep(raw []byte, plain bool) string {
	if plain {
		if !r.Charge(textSize(len(raw))) {
			return ""
		}
		return string(raw)
	}
	text, ok := r.unquote(raw)
	if !ok {
		r.Problem("has an escape that is none")
	}
	return text
}

// quoted goes past a string and returns what stands between its quotes, until the
// window changes. It is plain if that is its text.
func (r *Reader) quoted() (raw []byte, plain bool) {
	plain = true
	for i := 1; ; { // Behind the quote that begins it.
		unread := r.window[r.pos:r.end]
		for i < len(unread) {
			i += ordinary(unread[i:])
			if i == len(unread) {
				break
			}
			if unread[i] == '"' {
				r.pos += i + 1
				return unread[1:i], plain
			}
			plain = false
			if unread[i] == '\\' {
				i++
			}
			i++
		}
		if !r.more() {
			r.cutShort()
			return nil, false
		}
	}
}

const (
	every = 0x0101010101010101 // Times a byte is that byte eight times.
	tops  = 0x80 * every
)

// ordinary returns how many bytes of a string's rest come before its end, an
// escape, or what must be checked to be UTF-8. It looks at eight at a time.
func ordinary(text []byte) int {
	n := 0
	for ; len(text)-n >= 8; n += 8 {
		eight := binary.LittleEndian.Uint64(text[n:])
		// A byte that is zero here, or one above such a byte, gets its top bit set by
		// the subtraction. The lowest of them is therefore right.
		quotes, escapes := eight^'"'*every, eight^'\\'*every
		found := ((quotes-every)&^quotes | (escapes-every)&^escapes | eight) & tops
		if found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(text) && text[n] != '"' && text[n] != '\\' && text[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// cutShort ends reading because the text ends where it mustn't.
func (r *Reader) cutShort() { r.malformed("it ends too early") }

// unquote returns the text of a string, without what stands behind an escape that
// is none, where it returns false.
func (r *Reader) unquote(raw []byte) (string, bool) {
	size := len(raw)
	for rest := raw; len(rest) > 0; {
		c, n := utf8.DecodeRune(rest)
		if c == utf8.RuneError && n == 1 {
			size += 2 // U+FFFD takes three bytes.
		}
		rest = rest[n:]
	}
	if !r.Charge(textSize(size)) {
		return "", true
	}
	var text strings.Builder
	text.Grow(size)
	for len(raw) > 0 {
		if raw[0] != '\\' {
			c, n := utf8.DecodeRune(raw)
			text.WriteRune(c)
			raw = raw[n:]
			continue
		}
		c, n := escaped(raw)
		if n == 0 {
			return "", false
		}
		text.WriteRune(c)
		raw = raw[n:]
	}
	return text.String(), true
}

// escaped returns the character of an escape and how many bytes that has, 0 if it
// is none.
func escaped(raw []byte) (rune, int) {
	if len(raw) < 2 {
		return 0, 0
	}
	switch raw[1] {
	case '"', '\\', '/':
		return rune(raw[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		first, ok := unit(raw)
		if !ok {
			return 0, 0
		}
		if !utf16.IsSurrogate(first) {
			return first, 6
		}
		if second, ok := unit(raw[6:]); ok {
			if c := utf16.DecodeRune(first, second); c != utf8.RuneError {
				return c, 12
			}
		}
		return utf8.RuneError, 6
	}
	return 0, 0
}

// unit reads \uXXXX.
func unit(raw []byte) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	var c rune
	for _, digit := range raw[2:6] {
		c <<= 4
		switch {
		case '0' <= digit && digit <= '9':
			c |= rune(digit - '0')
		case 'a' <= digit && digit <= 'f':
			c |= rune(digit - 'a' + 10)
		case 'A' <= digit && digit <= 'F':
			c |= rune(digit - 'A' + 10)
		default:
			return 0, false
		}
	}
	return c, true
}

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
