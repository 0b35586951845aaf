package decode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendBody decodes the body of a webhook and appends its notifications to dst in
// order, as [Append] does for a message. It is for use without an [*http.Request],
// such as for stored bodies; it verifies nothing, see [CheckSignature].
//
// A body that begins with { is the JSON of server 0.3.0, an object with the message
// as a string named notification; no message begins with {. Every other body is the
// message itself, as servers 0.4.0 and later send it.
//
// The error for a body without a valid message matches [ErrEmptyBody] if the body or
// the JSON string is empty, and [ErrUndecodable] otherwise; dst is then returned
// unchanged. The appended values don't refer to body.
func AppendBody(dst []Notification, body []byte) ([]Notification, error) {
	if len(body) > 0 && body[0] == '{' {
		return appendJSON(dst, body)
	}
	return appendMessage(dst, body)
}

// appendMessage appends the notifications of a body that is a message.
func appendMessage(dst []Notification, message []byte) ([]Notification, error) {
	if len(message) == 0 {
		return dst, ErrEmptyBody
	}
	return Append(dst, message)
}

// jsonBody is the JSON of server 0.3.0. The string stays raw: it may hold bytes that
// aren't UTF-8.
type jsonBody struct {
	Notification json.RawMessage `json:"notification"`
}

// appendJSON appends the notifications of a body that has its message in JSON.
func appendJSON(dst []Notification, body []byte) ([]Notification, error) {
	if len(body) == 0 {
		return dst, ErrEmptyBody
	}
	var b jsonBody
	if err := json.Unmarshal(body, &b); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	if len(b.Notification) == 0 || b.Notification[0] != '"' {
		return dst, fmt.Errorf("%w: JSON without a string named notification", ErrUndecodable)
	}
	message, ok := unescape(b.Notification)
	if !ok {
		return dst, fmt.Errorf("%w: half a surrogate pair in a JSON string", ErrUndecodable)
	}
	return appendMessage(dst, message)
}

// unescape returns the bytes that a JSON string stands for, and false if it has half a
// surrogate pair, which stands for none. Package encoding/json would replace that by
// U+FFFD, and also bytes that aren't UTF-8, which a message may have. Apart from these
// two, the string must be valid.
func unescape(quoted []byte) (unescaped []byte, ok bool) {
	rest := quoted[1 : len(quoted)-1]
	unescaped = make([]byte, 0, len(rest)) // No escape is shorter than what it stands for.
	for {
		before, escape, found := bytes.Cut(rest, []byte{'\\'})
		unescaped = append(unescaped, before...)
		if !found {
			return unescaped, true
		}
		if escape[0] != 'u' {
			unescaped = append(unescaped, escapedByte(escape[0]))
			rest = escape[1:]
			continue
		}
		var r rune
		if r, rest, ok = escapedRune(escape); !ok {
			return nil, false
		}
		unescaped = utf8.AppendRune(unescaped, r)
	}
}

// escapedByte returns what the letter after a backslash stands for.
func escapedByte(letter byte) byte {
	switch letter {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return letter // A quote, a slash or a backslash.
}

// escapedRune returns the character of an escape, which begins with its u, or of two
// escapes that are a surrogate pair, and what follows.
func escapedRune(escape []byte) (r rune, rest []byte, ok bool) {
	r, rest = hexRune(escape[1:5]), escape[5:]
	if !utf16.IsSurrogate(r) {
		return r, rest, true
	}
	if !bytes.HasPrefix(rest, []byte(`\u`)) {
		return 0, nil, false
	}
	r, rest = utf16.DecodeRune(r, hexRune(rest[2:6])), rest[6:]
	return r, rest, r != utf8.RuneError
}

// hexRune returns what four hex digits stand for.
func hexRune(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits), 16, 16)
	return rune(n)
}
