package decode

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// MetricSet holds the metrics of one node of the tree, known and unknown ones. It
// never changes and may be shared.
type MetricSet struct {
	metrics []metric // by name, no name twice
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

// Int returns the value of a metric that is an integer, and false where the node
// has none or [MetricValue.Int] does not give it.
func (s MetricSet) Int(name Metric) (int64, bool) {
	v, _ := s.Get(name)
	return v.Int()
}

// Float returns the value of a metric that is a number, with a fraction or
// without, and false where the node has none or [MetricValue.Float] does not
// give it.
func (s MetricSet) Float(name Metric) (float64, bool) {
	v, _ := s.Get(name)
	return v.Float()
}

// Text returns the value of a metric that is a text, and false where the node has
// none.
func (s MetricSet) Text(name Metric) (string, bool) {
	v, _ := s.Get(name)
	return v.Text()
}

// All returns the node's metrics in the order of their names.
func (s MetricSet) All() iter.Seq2[Metric, MetricValue] {
	return func(yield func(Metric, MetricValue) bool) {
		for _, m := range s.metrics {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

// keyed is a metric or a node among others of its kind.
type keyed interface {
	key() string
}

func byKey[T keyed](a, b T) int { return cmp.Compare(a.key(), b.key()) }

// sorted returns the list in the order of its keys. Of those that have the same
// key it keeps the last.
func sorted[T keyed](list []T) []T {
	ascending := true
	for i := 1; i < len(list) && ascending; i++ {
		ascending = list[i-1].key() < list[i].key()
	}
	if ascending { // as servers send it, as long as an object is small
		return list
	}
	last := make(map[string]T)
	for _, v := range list {
		last[v.key()] = v
	}
	return slices.SortedFunc(maps.Values(last), byKey)
}

// find returns the one with that key in a sorted list.
func find[T keyed](list []T, key string) (found T, ok bool) {
	i, ok := slices.BinarySearchFunc(list, key, func(v T, key string) int {
		return cmp.Compare(v.key(), key)
	})
	if ok {
		found = list[i]
	}
	return found, ok
}
