package redact

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// simpleEscapes are what stands behind a backslash in JSON or in Go for one
// character.
const (
	simpleEscapes = `"\/'abfnrtv`
	simpleMeant   = "\"\\/'\a\b\f\n\r\t\v"
)

// escapes are the ways in which a text may be written: as it is, as in a URL, as
// in JSON or Go, and as in HTML. Each returns the character at the beginning of
// text, which isn't empty, and how many bytes of text that takes: none if it isn't
// escaped. The character is empty if the text ends within the escape.
var escapes = [...]func(text string) (character string, size int){asItIs, percent, backslash, entity}

func asItIs(string) (string, int) { return "", 0 }

func percent(text string) (string, int) {
	switch text[0] {
	case '+':
		return " ", 1
	case '%':
		return hexByte(text, 1)
	}
	return "", 0
}

func backslash(text string) (string, int) {
	switch {
	case text[0] != '\\':
		return "", 0
	case len(text) == 1:
		return "", 1
	case text[1] == 'x':
		return hexByte(text, 2)
	case text[1] == 'u':
		return codeUnits(text)
	}
	if i := strings.IndexByte(simpleEscapes, text[1]); i >= 0 {
		return simpleMeant[i : i+1], 2
	}
	return "", 0
}

// hexByte reads two hexadecimal digits behind a mark.
func hexByte(text string, mark int) (string, int) {
	n, size := hex(text, mark, 2)
	if size == 0 || size == len(text) && len(text) < mark+2 {
		return "", size
	}
	return string([]byte{byte(n)}), size
}

// codeUnits reads \u and four digits, twice for a character of two UTF-16 units.
func codeUnits(text string) (string, int) {
	first, size := hex(text, 2, 4)
	if size == 0 || len(text) < 6 {
		return "", size
	}
	if !utf16.IsSurrogate(rune(first)) {
		return string(rune(first)), size
	}
	if rest := text[6:]; strings.HasPrefix(rest, `\u`) {
		if second, more := hex(rest, 2, 4); more == 6 {
			return string(utf16.DecodeRune(rune(first), rune(second))), 12
		}
	} else if strings.HasPrefix(`\u`, rest) {
		return "", len(text)
	}
	return "", 0
}

// hex reads hexadecimal digits from at on. The size is 0 if there are others, and
// the whole text's if that ends too early.
func hex(text string, at, digits int) (value uint64, size int) {
	end := min(at+digits, len(text))
	if at >= end {
		return 0, len(text)
	}
	value, err := strconv.ParseUint(text[at:end], 16, 32)
	if err != nil {
		return 0, 0
	}
	return value, end
}

// longestEntity is the length of the entities by which servers escape what isn't
// a letter or a digit.
const longestEntity = len("&#x0000;")

func entity(text string) (string, int) {
	if text[0] != '&' {
		return "", 0
	}
	end := strings.IndexByte(text[:min(longestEntity, len(text))], ';')
	if end < 0 {
		if len(text) < longestEntity {
			return "", len(text)
		}
		return "", 0
	}
	whole := text[:end+1]
	if meant := html.UnescapeString(whole); meant != whole {
		return meant, len(whole)
	}
	return "", 0
}
