package dashboard

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

const (
	// history is how far back charts and time lines go.
	history = 15 * time.Minute
	// step is the time between two points of a chart.
	step = 5 * time.Second
	// points is how many a chart has.
	points = int(history / step)
)

// stepOf returns the number of the step that a moment is in.
func stepOf(t time.Time) int64 { return t.UnixMilli() / step.Milliseconds() }

// series is the points of one chart, the newest of which is of the step last. What
// isn't known is NaN.
type series struct {
	last   int64
	values [points]float32
}

func newSeries(now int64) *series {
	s := &series{last: now}
	for i := range s.values {
		s.values[i] = unknown
	}
	return s
}

// unknown is a point that isn't known.
var unknown = float32(math.NaN())

func (s *series) at(n int64) *float32 {
	return &s.values[((n%int64(points))+int64(points))%int64(points)]
}

// set adds the point of a step. Those that were left out are unknown.
func (s *series) set(n int64, value float32) {
	if n < s.last-int64(points) {
		*s = *newSeries(n) // The clock was set back.
	}
	for i := max(s.last+1, n-int64(points)+1); i < n; i++ {
		*s.at(i) = unknown
	}
	s.last = max(s.last, n)
	*s.at(n) = value
}

// through returns the points up to that of a step as JSON: the newest last, without
// what isn't known at the beginning.
func (s *series) through(n int64) json.RawMessage {
	if s == nil {
		return nil
	}
	text := []byte{'['}
	for i := n - int64(points) + 1; i <= n; i++ {
		value := unknown
		if i <= s.last && i > s.last-int64(points) {
			value = *s.at(i)
		}
		isUnknown := math.IsNaN(float64(value))
		if len(text) == 1 {
			if isUnknown {
				continue
			}
		} else {
			text = append(text, ',')
		}
		text = appendPoint(text, value, isUnknown)
	}
	return append(text, ']')
}

func appendPoint(text []byte, value float32, isUnknown bool) []byte {
	if isUnknown {
		return append(text, "null"...)
	}
	return strconv.AppendFloat(text, math.Round(float64(value)*10)/10, 'f', -1, 32)
}
