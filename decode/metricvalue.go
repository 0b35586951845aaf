package decode

import (
	"strconv"
	"strings"
)

// MetricValue is the value of a metric. It refers to the text of its report and
// so keeps that in memory. The zero MetricValue is like null.
type MetricValue struct {
	json string // valid JSON without space around it
}

// Type returns what the value is.
func (v MetricValue) Type() MetricType {
	switch {
	case v.json == "" || v.json[0] == 'n':
		return MetricNull
	case v.json[0] == 't' || v.json[0] == 'f':
		return MetricBool
	case v.json[0] == '"':
		return MetricText
	case v.json[0] == '{' || v.json[0] == '[':
		return MetricData
	case strings.ContainsAny(v.json, ".eE"):
		return MetricFloat
	}
	return MetricInteger
}

// Int returns an integer, and false for every other type. It returns false too
// for an integer beyond int64: Float gives the nearest number, String its digits.
func (v MetricValue) Int() (int64, bool) {
	if v.Type() != MetricInteger {
		return 0, false
	}
	n, err := strconv.ParseInt(v.json, 10, 64)
	return n, err == nil
}

// Float returns a number, which an integer is as well, and false for every other
// type and for a number beyond float64.
func (v MetricValue) Float() (float64, bool) {
	if t := v.Type(); t != MetricInteger && t != MetricFloat {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.json, 64)
	return f, err == nil
}

// Text returns a text, and false for every other type.
func (v MetricValue) Text() (string, bool) {
	if v.Type() != MetricText {
		return "", false
	}
	return unquote(v.json), true
}

// Bool returns a truth value, and false for every other type.
func (v MetricValue) Bool() (value, ok bool) {
	return v.json == "true", v.Type() == MetricBool
}

// Metadata returns the value, whatever its type, as JSON. It is empty for the zero
// MetricValue.
func (v MetricValue) Metadata() Metadata {
	return Metadata(v.json)
}

// String returns a text as it is and every other value as JSON.
func (v MetricValue) String() string {
	if text, ok := v.Text(); ok {
		return text
	}
	if v.json == "" {
		return "null"
	}
	return v.json
}

// MetricType is the type of a metric's value.
type MetricType int

// The types. Numbers are told apart by how they are written: 1 is an integer, 1.0
// and 1e3 are not.
const (
	MetricNull MetricType = iota
	MetricBool
	MetricInteger
	MetricFloat
	MetricText
	// MetricData is an object or an array: metadata.
	MetricData
)

// String returns the type's name, such as "integer".
func (t MetricType) String() string {
	switch t {
	case MetricNull:
		return "null"
	case MetricBool:
		return "bool"
	case MetricInteger:
		return "integer"
	case MetricFloat:
		return "float"
	case MetricText:
		return "text"
	case MetricData:
		return "data"
	}
	return "metric type(" + strconv.Itoa(int(t)) + ")"
}
