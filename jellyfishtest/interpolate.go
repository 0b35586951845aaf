package jellyfishtest

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// interpolate returns a JSON value as the server puts it into a text. It returns
// false for one with which that raises an error there.
func interpolate(value any) (string, bool) {
	switch value := value.(type) {
	case nil:
		return "", true
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return value.String(), true
	case []any:
		return characters(value)
	}
	return "", false
}

// characters returns the text of a list, whose numbers are characters.
func characters(list []any) (string, bool) {
	var text strings.Builder
	for _, element := range list {
		switch element := element.(type) {
		case string:
			text.WriteString(element)
		case json.Number:
			n, err := strconv.ParseInt(element.String(), 10, 32)
			if err != nil || !utf8.ValidRune(rune(n)) {
				return "", false
			}
			text.WriteRune(rune(n))
		case []any:
			inner, ok := characters(element)
			if !ok {
				return "", false
			}
			text.WriteString(inner)
		default:
			return "", false
		}
	}
	return text.String(), true
}
