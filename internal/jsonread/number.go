package jsonread

import (
	"math"
	"strconv"
	"strings"
)

// maxNumberLength is how many bytes a number may have, so that no time is spent on
// one.
const maxNumberLength = 1 << 10

// Int reads a whole number, and returns false if there is none. A number out of range
// becomes the nearest int64.
func (r *Reader) Int() (int64, bool) {
	token := r.scalar()
	if string(token) == "null" {
		return 0, false
	}
	if len(token) <= maxNumberLength {
		if n, ok := whole(string(token)); ok {
			return n, true
		}
	}
	r.Problem("want a whole number")
	return 0, false
}

// Float reads a number, 0 if there is none. A number out of range becomes the nearest
// that is finite.
func (r *Reader) Float() float64 {
	token := r.scalar()
	if string(token) == "null" {
		return 0
	}
	if len(token) <= maxNumberLength && isNumber(string(token)) {
		n, _ := strconv.ParseFloat(string(token), 64)
		return max(-math.MaxFloat64, min(n, math.MaxFloat64))
	}
	r.Problem("want a number")
	return 0
}

// whole returns the value of a number in JSON if that is whole.
func whole(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && isNumber(text) {
		return n, true
	}
	if !isNumber(text) {
		return 0, false
	}
	digits, negative := strings.CutPrefix(text, "-")
	exponent := 0
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		// Out of range is the nearest bound. Both are far enough, and so small that an
		// int of 32 bits holds what is added.
		n, _ := strconv.ParseInt(digits[i+1:], 10, 31)
		exponent, digits = int(n), digits[:i]
	}
	before, after, _ := strings.Cut(digits, ".")
	point := len(before) + exponent
	digits = strings.TrimRight(before+after, "0")
	point -= len(digits) - len(strings.TrimLeft(digits, "0"))
	digits = strings.TrimLeft(digits, "0")
	switch {
	case digits == "":
		return 0, true
	case point < len(digits):
		return 0, false
	case point > 19 && negative:
		return math.MinInt64, true
	case point > 19:
		return math.MaxInt64, true
	}
	digits += strings.Repeat("0", point-len(digits))
	if negative {
		digits = "-" + digits
	}
	n, _ := strconv.ParseInt(digits, 10, 64) // The nearest bound if out of range.
	return n, true
}

// isNumber reports whether text is a number as JSON has them.
func isNumber(text string) bool {
	text = strings.TrimPrefix(text, "-")
	before := digits(text)
	if before == 0 || before > 1 && text[0] == '0' {
		return false
	}
	text = text[before:]
	if fraction, ok := strings.CutPrefix(text, "."); ok {
		n := digits(fraction)
		if n == 0 {
			return false
		}
		text = fraction[n:]
	}
	if text == "" {
		return true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = text[1:]
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return text != "" && digits(text) == len(text)
}

// digits returns how many digits text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}
