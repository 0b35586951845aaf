package decode

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// jsonScanner goes through JSON text. It tells values apart without building them.
//
// It checks the commas and colons of the objects that it enters. In the values
// that it skips it only sees where strings, objects and arrays end. Text that
// isn't JSON can thus pass for JSON, but is never misread as far as it is valid.
type jsonScanner struct {
	text    string
	at      int
	entered bool // whether the object that was entered just now has had no member yet
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
	if c == '}' {
		s.at++
		return "", false, nil
	}
	if !first {
		if c != ',' {
			return "", false, s.expected("a comma")
		}
		s.at++
		c = s.peek()
	}
	if c != '"' {
		return "", false, s.expected("a key")
	}
	from := s.at
	if err := s.skipString(); err != nil {
		return "", false, err
	}
	key = unquote(s.text[from:s.at])
	if s.peek() != ':' {
		return "", false, s.expected("a colon")
	}
	s.at++
	return key, true, nil
}

// skip steps over a member's value and returns where it is.
func (s *jsonScanner) skip() (from, to int, err error) {
	c := s.peek()
	from = s.at
	switch c {
	case '"':
		err = s.skipString()
	case '{', '[':
		err = s.skipNested()
	default:
		err = s.skipLiteral()
	}
	return from, s.at, err
}

// skipString steps over a string: to the first quote that isn't escaped.
func (s *jsonScanner) skipString() error {
	s.at++
	for {
		n := strings.IndexByte(s.text[s.at:], '"')
		if n < 0 {
			return s.expected("a closing quote")
		}
		before := s.text[s.at : s.at+n]
		s.at += n + 1
		backslashes := len(before) - len(strings.TrimRight(before, `\`))
		if backslashes%2 == 0 {
			return nil
		}
	}
}

// skipNested steps over an object or an array.
func (s *jsonScanner) skipNested() error {
	depth := 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return nil
		}
	}
	return s.expected("a closing bracket")
}

// skipLiteral steps over a number, true, false or null of an object.
func (s *jsonScanner) skipLiteral() error {
	n := strings.IndexAny(s.text[s.at:], ",} \t\n\r")
	if n <= 0 {
		return s.expected("a value")
	}
	s.at += n
	return nil
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

// unquote returns the text that a JSON string stands for. It copies only where
// that differs from what is between the quotes.
func unquote(quoted string) string {
	between := quoted[1 : len(quoted)-1]
	if strings.IndexByte(between, '\\') < 0 && utf8.ValidString(between) {
		return between
	}
	var text string
	if err := json.Unmarshal([]byte(quoted), &text); err != nil {
		return between // of a text that isn't JSON
	}
	return text
}
