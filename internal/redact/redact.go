// Package redact sanitises untrusted text for display: it is put on one line, without
// terminal control characters, and without the secrets that the program sent, which
// servers and proxies may repeat in their responses.
package redact

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	redacted = "[redacted]"
	// wordLength is how many bytes a secret must have to be told from a part of an
	// ordinary word. A shorter one is taken out only where it stands alone.
	wordLength = 4
)

// Redactor takes secrets out of texts. The zero value knows none and still makes
// texts printable. It is immutable and safe for concurrent use.
type Redactor struct {
	secrets []string
}

// New returns a Redactor for the given secrets. Empty ones are ignored.
func New(secrets ...string) Redactor {
	var r Redactor
	for _, s := range secrets {
		if s == "" {
			continue
		}
		r.secrets = append(r.secrets, s)
		if line := Line(s); line != "" && line != s { // As one who shows it on a line has it.
			r.secrets = append(r.secrets, line)
		}
	}
	return r
}

// headerSecretLength is how many bytes a part of a header's value must have to be
// taken for a secret: shorter ones are flags and numbers.
const headerSecretLength = 8

// HeaderSecrets returns what may be secret in the values of a header, for [New]:
// each value, each of its words, such as what follows "Bearer", and what follows
// the equals sign in a word, as in a cookie.
func HeaderSecrets(header map[string][]string) []string {
	var secrets []string
	add := func(part string) {
		if len(part) >= headerSecretLength {
			secrets = append(secrets, part)
		}
	}
	for _, values := range header {
		for _, value := range values {
			add(value)
			for _, word := range strings.FieldsFunc(value, betweenWords) {
				_, assigned, _ := strings.Cut(word, "=")
				add(word)
				add(strings.Trim(assigned, `"`))
			}
		}
	}
	return secrets
}

func betweenWords(r rune) bool { return strings.ContainsRune(" \t;,", r) }

// Text returns text on one line, without secrets. A secret is found as it is,
// escaped as in a URL, in JSON or in HTML, or cut short by the text's end. A text must be
// redacted before it is cut: use [Cut] on what this returns.
func (r Redactor) Text(text string) string {
	clean := r.replace(text)
	line := Line(clean)
	if line == clean {
		return line
	}
	return r.replace(line) // What was left out may have stood within a secret.
}

// Error returns err if its text can be shown as it is. Otherwise it returns an error
// with the text that can, which still matches err with errors.Is, but which can't be
// unwrapped.
func (r Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	shown := r.Text(text)
	if shown == text {
		return err
	}
	return &shownError{shown, func(target error) bool { return errors.Is(err, target) }}
}

// shownError holds the original in a function, where no way of printing finds it.
type shownError struct {
	text string
	is   func(error) bool
}

func (e *shownError) Error() string { return e.text }

func (e *shownError) Is(target error) bool { return e.is(target) }

func (r Redactor) replace(text string) string {
	if len(r.secrets) == 0 {
		return text
	}
	var clean strings.Builder
	for at := 0; at < len(text); {
		length := r.secretAt(text, at)
		if length == 0 {
			clean.WriteByte(text[at])
			at++
			continue
		}
		clean.WriteString(redacted)
		at += length
	}
	return clean.String()
}

// secretAt returns how many bytes of text from at on are a secret, the longest
// if there are several, or 0.
func (r Redactor) secretAt(text string, at int) int {
	longest := 0
	for _, secret := range r.secrets {
		length, matched := match(text[at:], secret)
		switch {
		case matched == len(secret) && (matched >= wordLength || standsAlone(text, at, length)):
		case at+length == len(text) && matched >= wordLength: // Cut short.
		default:
			continue
		}
		longest = max(longest, length)
	}
	return longest
}

// standsAlone reports whether no letter or digit is next to a part of text.
func standsAlone(text string, at, length int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at+length:])
	return !isWord(before) && !isWord(after)
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// match reads secret from the beginning of text, all of it in one way of writing.
// It returns how many bytes of text it read, and how many of secret they are, in
// the way that gets furthest. Unless these are all, text either differs there or
// ends.
func match(text, secret string) (length, matched int) {
	for _, unescape := range escapes {
		if l, m := matchWritten(text, secret, unescape); m > matched {
			length, matched = l, m
		}
	}
	return length, matched
}

func matchWritten(text, secret string, unescape func(string) (string, int)) (length, matched int) {
	for matched < len(secret) && length < len(text) {
		rest := text[length:]
		character, size := unescape(rest)
		switch {
		case size > 0 && character == "": // The text ends within the escape.
			return len(text), matched
		case size > 0 && strings.HasPrefix(secret[matched:], character):
			length, matched = length+size, matched+len(character)
		case rest[0] == secret[matched]:
			length, matched = length+1, matched+1
		default:
			return length, matched
		}
	}
	return length, matched
}

// Line returns text on one line, without anything that controls a terminal or the
// order of display: a run of white space and control characters becomes one space,
// invisible format characters are left out, and invalid UTF-8 becomes U+FFFD.
func Line(text string) string {
	if isLine(text) {
		return text
	}
	var line strings.Builder
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			space = true
		case unicode.IsPrint(r):
			if space && line.Len() > 0 {
				line.WriteByte(' ')
			}
			space = false
			line.WriteRune(r)
		}
	}
	return line.String()
}

// isLine is the fast answer for almost every text.
func isLine(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(text)-1 || text[i-1] == ' ') {
			return false
		}
	}
	return true
}

// Cut returns the text, or as many whole characters from its beginning as fit
// into limit bytes, with an ellipsis behind them.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}
