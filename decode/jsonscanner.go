package decode

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// jsonScanner scans JSON text. It tells values apart without building them.
//
// What enter, member and value have read is checked: the text is JSON so far, as in RFC
// 8259 and encoding/json. Nesting may be of any depth.
type jsonScanner struct {
	text    string
	at      int
	entered bool // An object was just entered and no member was read yet.
}

// peek returns the next byte that isn't space, or 0 at the end.
func (s *jsonScanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// enter steps into an object, to its first member.
func (s *jsonScanner) enter() error {
	if s.peek() != '{' {
		return s.expected("an object")
	}
	s.at++
	s.entered = true
	return nil
}

// member steps to the value of the object's next member and returns its key. At
// the object's end it leaves the object and returns false.
func (s *jsonScanner) member() (key string, ok bool, err error) {
	first := s.entered
	s.entered = false
	c := s.peek()
	if first && c == '}' {
		s.at++
		return "", false, nil
	}
	if !first {
		switch c {
		case '}':
			s.at++
			return "", false, nil
		case ',':
			s.at++
		default:
			return "", false, s.expected("a comma")
		}
	}
	key, err = s.key()
	return key, err == nil, err
}

// key steps over a key and the colon after it.
func (s *jsonScanner) key() (string, error) {
	if s.peek() != '"' {
		return "", s.expected("a key")
	}
	from := s.at
	if err := s.quoted(); err != nil {
		return "", err
	}
	key := unquote(s.text[from:s.at])
	if s.peek() != ':' {
		return "", s.expected("a colon")
	}
	s.at++
	return key, nil
}

// value steps over a value and returns where it is.
func (s *jsonScanner) value() (from, to int, err error) {
	var open brackets
	s.peek()
	from = s.at
	for {
		if err := s.begin(&open); err != nil {
			return from, s.at, err
		}
		if err := s.finish(&open); err != nil {
			return from, s.at, err
		}
		if open.depth == 0 {
			return from, s.at, nil
		}
	}
}

// begin steps over a value that holds no others. It steps into objects and arrays until
// it has stepped over such a value or over an empty object or array.
func (s *jsonScanner) begin(open *brackets) error {
	for {
		switch c := s.peek(); c {
		case '"':
			return s.quoted()
		case '{':
			s.at++
			open.push(true)
			if s.peek() == '}' {
				return nil // As finish expects.
			}
			if _, err := s.key(); err != nil {
				return err
			}
		case '[':
			s.at++
			open.push(false)
			if s.peek() == ']' {
				return nil
			}
		default:
			return s.plain(c)
		}
	}
}

// finish finishes a value: it steps over the ends of what the value ends, then over the
// comma and, in an object, over the key of the next value.
func (s *jsonScanner) finish(open *brackets) error {
	for open.depth > 0 {
		c, object := s.peek(), open.object()
		switch {
		case c == ',':
			s.at++
			if !object {
				return nil
			}
			_, err := s.key()
			return err
		case object && c == '}', !object && c == ']':
			s.at++
			open.pop()
		case object:
			return s.expected("a comma or a closing brace")
		default:
			return s.expected("a comma or a closing bracket")
		}
	}
	return nil
}

// brackets are the open objects and arrays: one bit each, set for an object.
type brackets struct {
	depth int
	inner uint64   // The innermost 64, the last of them in bit 0.
	outer []uint64 // The others, in words of 64.
}

func (b *brackets) push(object bool) {
	if b.depth > 0 && b.depth%64 == 0 {
		b.outer = append(b.outer, b.inner)
	}
	b.inner <<= 1
	if object {
		b.inner |= 1
	}
	b.depth++
}

func (b *brackets) pop() {
	b.depth--
	b.inner >>= 1
	if last := len(b.outer) - 1; b.depth%64 == 0 && last >= 0 {
		b.inner, b.outer = b.outer[last], b.outer[:last]
	}
}

// object reports whether the innermost is an object.
func (b *brackets) object() bool { return b.inner&1 != 0 }

// quoted steps over a string.
func (s *jsonScanner) quoted() error {
	at := s.at + 1
	for {
		for at < len(s.text) && plainBytes[s.text[at]] {
			at++
		}
		if at == len(s.text) {
			s.at = at
			return s.expected("a closing quote")
		}
		switch s.text[at] {
		case '"':
			s.at = at + 1
			return nil
		case '\\':
			size := escapeSize(s.text[at:])
			if size == 0 {
				s.at = at
				return s.expected("an escape")
			}
			at += size
		default:
			s.at = at
			return s.expected("no control character")
		}
	}
}

// plainBytes are the bytes that stand for themselves in a string. Read-only.
var plainBytes = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return plain
}()

// escapeSize returns the size of the escape at the beginning of text, or 0 if
// there is none.
func escapeSize(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) >= 6 && isHex(text[2]) && isHex(text[3]) && isHex(text[4]) && isHex(text[5]) {
			return 6
		}
	}
	return 0
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// plain steps over a number, true, false or null, which begins with c.
func (s *jsonScanner) plain(c byte) error {
	rest := s.text[s.at:]
	for _, word := range [...]string{"true", "false", "null"} {
		if c == word[0] && strings.HasPrefix(rest, word) {
			s.at += len(word)
			return nil
		}
	}
	size := numberSize(rest)
	if size == 0 {
		return s.expected("a value")
	}
	s.at += size
	return nil
}

// numberSize returns the size of the number at the beginning of text, or 0 if
// there is none.
func numberSize(text string) int {
	at := 0
	if at < len(text) && text[at] == '-' {
		at++
	}
	whole := digits(text[at:])
	if whole == 0 {
		return 0
	}
	if text[at] == '0' {
		whole = 1
	}
	at += whole
	if at < len(text) && text[at] == '.' {
		fraction := digits(text[at+1:])
		if fraction == 0 {
			return 0
		}
		at += 1 + fraction
	}
	if at < len(text) && text[at]|0x20 == 'e' {
		sign := 1
		if at+1 < len(text) && (text[at+1] == '+' || text[at+1] == '-') {
			sign = 2
		}
		exponent := digits(text[min(at+sign, len(text)):])
		if exponent == 0 {
			return 0
		}
		at += sign + exponent
	}
	return at
}

// digits returns how many digits text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return n
}

// end returns an error unless only space is left.
func (s *jsonScanner) end() error {
	if s.peek(); s.at < len(s.text) {
		return s.expected("the end")
	}
	return nil
}

func (s *jsonScanner) expected(what string) error {
	return fmt.Errorf("decode: metrics report: expected %s at byte %d", what, s.at)
}

// unquote returns the text that a JSON string stands for. It copies only if that
// differs from what is between the quotes.
func unquote(quoted string) string {
	between := quoted[1 : len(quoted)-1]
	if strings.IndexByte(between, '\\') < 0 && utf8.ValidString(between) {
		return between
	}
	var text string
	if err := json.Unmarshal([]byte(quoted), &text); err != nil {
		return between // Not JSON.
	}
	return text
}
