package decode

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MetricSet holds the metrics of one node of the tree, known and unknown ones. It is
// immutable and may be shared.
type MetricSet struct {
	metrics []metric // Sorted by name, without duplicates.
}

// metric is one member of a set.
type metric struct {
	name  Metric
	value MetricValue
}

func (m metric) key() string { return string(m.name) }

// Get returns a metric's value, and whether the node has that metric.
func (s MetricSet) Get(name Metric) (MetricValue, bool) {
	m, ok := find(s.metrics, string(name))
	return m.value, ok
}

// Int returns the value of an integer metric, and false if the node has none or its
// value is out of range, see [MetricValue.Int].
func (s MetricSet) Int(name Metric) (int64, bool) {
	v, _ := s.Get(name)
	return v.Int()
}

// Float returns the value of a numeric metric, with or without a fraction, and false
// if the node has none or its value is out of range, see [MetricValue.Float].
func (s MetricSet) Float(name Metric) (float64, bool) {
	v, _ := s.Get(name)
	return v.Float()
}

// Text returns the value of a text metric, and false if the node has none.
func (s MetricSet) Text(name Metric) (string, bool) {
	v, _ := s.Get(name)
	return v.Text()
}

// All returns an iterator over the node's metrics, sorted by name.
func (s MetricSet) All() iter.Seq2[Metric, MetricValue] {
	return func(yield func(Metric, MetricValue) bool) {
		for _, m := range s.metrics {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

// keyed is a metric or a node in a list of its kind.
type keyed interface {
	key() string
}

func byKey[T keyed](a, b T) int { return cmp.Compare(a.key(), b.key()) }

// sorted returns the list sorted by key. Of several elements with the same key it keeps
// the last.
func sorted[T keyed](list []T) []T {
	ascending := true
	for i := 1; i < len(list) && ascending; i++ {
		ascending = list[i-1].key() < list[i].key()
	}
	if ascending { // As servers send it, if an object is small.
		return list
	}
	last := make(map[string]T)
	for _, v := range list {
		last[v.key()] = v
	}
	return slices.SortedFunc(maps.Values(last), byKey)
}

// find returns the element with the given key of a sorted list.
func find[T keyed](list []T, key string) (found T, ok bool) {
	i, ok := slices.BinarySearchFunc(list, key, func(v T, key string) int {
		return cmp.Compare(v.key(), key)
	})
	if ok {
		found = list[i]
	}
	return found, ok
}

// MetricValue is the value of a metric. It refers to the text of its report and so
// keeps that in memory. The zero MetricValue behaves like null.
type MetricValue struct {
	json string // Valid JSON without space around it.
}

// Type returns the type of the value.
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

// Int returns an integer, and false for every other type and for an integer beyond
// int64; Float then returns the nearest number, and String the digits.
func (v MetricValue) Int() (int64, bool) {
	if v.Type() != MetricInteger {
		return 0, false
	}
	n, err := strconv.ParseInt(v.json, 10, 64)
	return n, err == nil
}

// Float returns a number, including an integer, and false for every other type and
// for a number beyond float64.
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

// Bool returns a boolean value, and false for every other type.
func (v MetricValue) Bool() (value, ok bool) {
	return v.json == "true", v.Type() == MetricBool
}

// Metadata returns the value, whatever its type, as JSON. It is empty for the zero
// MetricValue.
func (v MetricValue) Metadata() Metadata {
	return Metadata(v.json)
}

// MarshalJSON returns the value as it is in the report, null for the zero
// MetricValue.
func (v MetricValue) MarshalJSON() ([]byte, error) { return v.Metadata().MarshalJSON() }

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

// The types. Numbers are distinguished by their notation: 1 is an integer, 1.0 and
// 1e3 are not.
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
