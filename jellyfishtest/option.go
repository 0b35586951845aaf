package jellyfishtest

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
)

// option is what the server's interface says of one option of a component or a
// peer.
type option struct {
	name     string
	kind     optionKind
	required bool
	nullable bool
	fallback any      // used where the option is absent
	minimum  *int64   // of an integer
	maximum  *int64   // of an integer
	oneOf    []string // of a string
	members  []option // of an object
}

type optionKind int

const (
	stringOption optionKind = iota
	integerOption
	booleanOption
	objectOption
)

// fault says why options were refused: a required one is missing, or one has the
// wrong type or value.
type fault struct {
	missing string // the name of the option
	invalid string // the name of the option
	others  bool   // whether it isn't the only fault
}

// castOptions returns the options that the interface knows, with defaults for
// those that are absent.
func castOptions(given map[string]any, known []option) (map[string]any, *fault) {
	var first *fault
	note := func(f fault) {
		if first == nil {
			first = &f
			return
		}
		first.others = true
	}
	for _, o := range known {
		if _, ok := given[o.name]; !ok && o.required {
			note(fault{missing: o.name})
		}
	}
	if first != nil {
		return nil, first
	}
	result := make(map[string]any, len(known))
	for _, o := range known {
		value, ok := given[o.name]
		if !ok {
			result[o.name] = o.fallback
			continue
		}
		cast, f := o.cast(value)
		if f != nil {
			note(*f)
		}
		result[o.name] = cast
	}
	return result, first
}

// cast returns an option's value, which may be written as text.
func (o option) cast(value any) (any, *fault) {
	if value == nil && o.nullable {
		return nil, nil
	}
	switch o.kind {
	case stringOption:
		if s, ok := value.(string); ok && (o.oneOf == nil || slices.Contains(o.oneOf, s)) {
			return s, nil
		}
	case booleanOption:
		switch value {
		case true, "true":
			return true, nil
		case false, "false":
			return false, nil
		}
	case integerOption:
		if n, ok := integer(value); ok && o.inRange(n) {
			return n, nil
		}
	case objectOption:
		if members, ok := value.(map[string]any); ok {
			return castMembers(members, o)
		}
	}
	return nil, &fault{invalid: o.name}
}

// castMembers casts an object within the options. Where it may be null, nothing
// more is said than that it is wrong.
func castMembers(given map[string]any, o option) (any, *fault) {
	members, f := castOptions(given, o.members)
	if f != nil && o.nullable {
		return nil, &fault{invalid: o.name}
	}
	return members, f
}

func (o option) inRange(n *big.Int) bool {
	return (o.minimum == nil || n.Cmp(big.NewInt(*o.minimum)) >= 0) &&
		(o.maximum == nil || n.Cmp(big.NewInt(*o.maximum)) <= 0)
}

// integer returns the integer that a JSON value is or that a text spells.
func integer(value any) (*big.Int, bool) {
	switch value := value.(type) {
	case json.Number:
		return new(big.Int).SetString(value.String(), 10)
	case string:
		return new(big.Int).SetString(value, 10)
	}
	return nil, false
}

// int64Of returns the integer that a JSON value is, if it has at most 64 bits.
func int64Of(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	return n, err == nil
}
