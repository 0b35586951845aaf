package rooms

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"
)

// number is a whole number in JSON. The server's have no bounds; one too large
// is read as the largest there is, so that it spoils no list of rooms.
type number int64

func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	var literal json.Number
	if err := json.Unmarshal(text, &literal); err != nil {
		return err
	}
	value, err := strconv.ParseInt(literal.String(), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return errors.New("number is not whole")
	}
	*n = number(value) // ParseInt's value is the nearest bound if out of range.
	return nil
}

// int returns n as an int, bounded where that has 32 bits.
func (n number) int() int {
	return int(max(math.MinInt, min(n, math.MaxInt)))
}

// duration returns n units.
func (n number) duration(unit time.Duration) time.Duration {
	bound := number(math.MaxInt64 / int64(unit))
	return time.Duration(max(-bound, min(n, bound))) * unit
}

// orZero returns n units, zero if n is nil.
func (n *number) orZero(unit time.Duration) time.Duration {
	if n == nil {
		return 0
	}
	return n.duration(unit)
}

// units returns how many units d has; nil, so that the field is left out, if d
// is zero.
func units(d, unit time.Duration) *number {
	if d == 0 {
		return nil
	}
	n := number(d / unit)
	return &n
}

// checkUnits refuses what the server has no number for.
func checkUnits(field string, d, unit time.Duration) error {
	switch {
	case d < 0:
		return &InputError{field, errors.New("is negative")}
	case d%unit != 0:
		return &InputError{field, errors.New("is no multiple of " + unit.String())}
	}
	return nil
}

// Set returns a pointer to the value, for the few options whose zero value means
// something else than leaving them out, as in MaxPeers: rooms.Set(0).
func Set[T any](value T) *T { return &value }
