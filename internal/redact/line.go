package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

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
