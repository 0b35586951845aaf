package jellyfishtest

import (
	"encoding/json"
	"math/big"
	"path"
	"slices"
	"strconv"
)

// The options of components, as the server's interface describes them.
var (
	subscribeModeOption = option{name: "subscribeMode", oneOf: []string{"auto", "manual"}, fallback: "auto"}
	s3Members           = []option{
		{name: "accessKeyId", required: true},
		{name: "secretAccessKey", required: true},
		{name: "region", required: true},
		{name: "bucket", required: true},
	}
	componentOptions = map[string][]option{
		"hls": {
			{name: "lowLatency", kind: booleanOption, fallback: false},
			{name: "persistent", kind: booleanOption, fallback: false},
			{name: "targetWindowDuration", kind: integerOption, nullable: true},
			subscribeModeOption,
		},
		"rtsp": {
			{name: "sourceUri", required: true},
			{name: "rtpPort", kind: integerOption, minimum: bound(1), maximum: bound(65535), fallback: 20000},
			{name: "reconnectDelay", kind: integerOption, minimum: bound(0), fallback: 15000},
			{name: "keepAliveInterval", kind: integerOption, minimum: bound(0), fallback: 15000},
			{name: "pierceNat", kind: booleanOption, fallback: true},
		},
		"file": {
			{name: "filePath", required: true},
			{name: "framerate", kind: integerOption, nullable: true},
		},
		"sip": {
			{name: "registrarCredentials", kind: objectOption, required: true, members: []option{
				{name: "address", required: true},
				{name: "username", required: true},
				{name: "password", required: true},
			}},
		},
		"recording": {
			{name: "pathPrefix", nullable: true},
			{name: "credentials", kind: objectOption, nullable: true, members: s3Members},
			subscribeModeOption,
		},
	}
	peerOptions = []option{{name: "enableSimulcast", kind: booleanOption, fallback: true}}
)

func bound(n int64) *int64 { return &n }

// properties returns what the server says of a component with these options, or
// the answer to options that it doesn't take.
func (r *room) properties(kind string, options map[string]any) (map[string]any, *answer) {
	cast, f := castOptions(options, componentOptions[kind])
	if f != nil {
		return nil, refuseOptions(kind, f)
	}
	switch kind {
	case "hls":
		cast["playable"], cast["s3"] = false, nil
	case "file":
		return r.fileProperties(cast)
	case "recording":
		if cast["credentials"] == nil {
			return nil, refusal(400, "S3 credentials has to be passed either by request or at application startup as envs")
		}
		return map[string]any{"subscribeMode": cast["subscribeMode"]}, nil
	}
	return cast, nil
}

// refuseOptions answers options with a fault. A missing one is named where the
// server looks at it.
func refuseOptions(kind string, f *optionFault) *answer {
	switch {
	case f.missing != "" && (!f.others || kind == "sip"):
		return refusal(400, `Required field "`+f.missing+`" missing`)
	case f.invalid == "framerate" && !f.others:
		return refusal(400, "Invalid framerate passed")
	}
	return refusal(400, invalidBody)
}

// fileProperties checks the options of a file component, in the server's order.
func (r *room) fileProperties(cast map[string]any) (map[string]any, *answer) {
	name := cast["filePath"].(string)
	exists, inside := r.hasFile(name)
	framerate, given := cast["framerate"].(*big.Int)
	video := path.Ext(name) == ".h264"
	switch {
	case !inside:
		return nil, refusal(400, "Invalid file path")
	case !exists:
		return nil, refusal(404, "File not found")
	case given && framerate.Sign() <= 0:
		return nil, refusal(400, "Invalid framerate passed")
	case !video && path.Ext(name) != ".ogg":
		return nil, refusal(400, "Unsupported file type")
	case !video && given:
		return nil, refusal(400, "Attempted to set framerate for audio component which is not supported.")
	case video && !given:
		cast["framerate"] = 30
	}
	return cast, nil
}

// validS3 reports whether the S3 credentials of an HLS component, if there are
// any, are whole.
func validS3(options map[string]any) bool {
	_, f := option{name: "s3", kind: objectOption, nullable: true, members: s3Members}.cast(options["s3"])
	return f == nil
}

// option is what the server's interface says of one option of a component or a
// peer.
type option struct {
	name     string
	kind     optionKind
	required bool
	nullable bool
	fallback any      // Used where the option is absent.
	minimum  *int64   // Of an integer.
	maximum  *int64   // Of an integer.
	oneOf    []string // Of a string.
	members  []option // Of an object.
}

type optionKind int

const (
	stringOption optionKind = iota
	integerOption
	booleanOption
	objectOption
)

// optionFault says why options were refused: a required one is missing, or one has the
// wrong type or value.
type optionFault struct {
	missing string // The name of the option.
	invalid string // The name of the option.
	others  bool   // Whether it isn't the only fault.
}

// castOptions returns the options that the interface knows, with defaults for
// those that are absent.
func castOptions(given map[string]any, known []option) (map[string]any, *optionFault) {
	var first *optionFault
	note := func(f optionFault) {
		if first == nil {
			first = &f
			return
		}
		first.others = true
	}
	for _, o := range known {
		if _, ok := given[o.name]; !ok && o.required {
			note(optionFault{missing: o.name})
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
func (o option) cast(value any) (any, *optionFault) {
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
	return nil, &optionFault{invalid: o.name}
}

// castMembers casts an object within the options. Where it may be null, nothing
// more is said than that it is wrong.
func castMembers(given map[string]any, o option) (any, *optionFault) {
	members, f := castOptions(given, o.members)
	if f != nil && o.nullable {
		return nil, &optionFault{invalid: o.name}
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
