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
	maxWordLength = 32
	maxWords      = 64
)

// Word reads a string that is likely to come often, such as a type or a status.
// It is the same in memory each time.
func (r *Reader) Word() string {
	raw, plain, ok := r.text()
	if !ok {
		return ""
	}
	if !plain || len(raw) > maxWordLength {
		return r.keep(raw, plain)
	}
	if word, ok := r.words[string(raw)]; ok {
		return word
	}
	word := r.keep(raw, plain)
	if r.words == nil {
		r.words = make(map[string]string)
	}
	if len(r.words) < maxWords {
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

// unquote returns the text of a string; false, and no text, if it has an escape
// that is none.
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
