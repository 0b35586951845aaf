package decode

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
)

// UnmarshalNotification reads a notification from the JSON that it marshals to, an
// object with its kind: a line of a file of such objects for example. The order of
// the fields doesn't matter, and fields that this package doesn't know are ignored.
//
// The result equals what was marshalled, except for the text of a [Metadata] and of a
// [MetricsReport]: it is equivalent JSON, compacted and with <, > and & escaped, or a
// JSON string if the text wasn't JSON or nests more than 1,000 deep.
//
// stream.UnmarshalNotification reads these and stream.Gap.
func UnmarshalNotification(text []byte) (Notification, error) {
	var named struct {
		Kind *Kind `json:"kind"`
	}
	if err := json.Unmarshal(text, &named); err != nil {
		return nil, fmt.Errorf("decode: notification: %w", err)
	}
	if named.Kind == nil {
		return nil, errors.New("decode: notification: no kind")
	}
	empty := emptyOf(*named.Kind)
	if empty == nil {
		return nil, fmt.Errorf("decode: notification: can't read the kind %v: use stream.UnmarshalNotification for a gap", *named.Kind)
	}
	n := reflect.New(reflect.TypeOf(empty))
	if err := json.Unmarshal(text, n.Interface()); err != nil {
		return nil, fmt.Errorf("decode: %v: %w", *named.Kind, err)
	}
	return n.Elem().Interface().(Notification), nil
}

// emptyOf returns a notification of the given kind, or nil if this package has
// none.
func emptyOf(k Kind) Notification {
	switch k {
	case KindUnknown:
		return Unknown{}
	case KindUndecodable:
		return Undecodable{}
	}
	if e := entryOf(k); e.isNotification() {
		return e.build("", fieldSpans{})
	}
	return nil
}

// fieldsOf returns the fields of a struct by their JSON names, except those left out
// because they are zero.
func fieldsOf(v reflect.Value) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		for i := range v.NumField() {
			value := v.Field(i)
			name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if option != "" && value.IsZero() { // "omitempty" or "omitzero".
				continue
			}
			if !yield(name, value) {
				return
			}
		}
	}
}

// marshalJSON returns an object of a notification's kind and fields.
func marshalJSON(n Notification) ([]byte, error) {
	var object bytes.Buffer
	object.WriteString(`{"kind":"` + n.Kind().String() + `"`)
	for name, value := range fieldsOf(reflect.ValueOf(n)) {
		text, err := json.Marshal(value.Interface())
		if err != nil {
			return nil, err
		}
		object.WriteString(`,"` + name + `":`)
		object.Write(text)
	}
	object.WriteByte('}')
	return object.Bytes(), nil
}

// line returns a notification's kind and fields on one line, such as
//
//	peer_connected room_id="r1" peer_id="p1"
func line(n Notification) string { return lineOf(n.Kind(), attrs(reflect.ValueOf(n))) }

// logValue returns a notification's kind and fields as a group.
func logValue(n Notification) slog.Value { return groupOf(n.Kind(), attrs(reflect.ValueOf(n))) }

func lineOf(k Kind, attrs []slog.Attr) string {
	var line strings.Builder
	line.WriteString(k.String())
	writeAttrs(&line, "", attrs)
	return line.String()
}

func writeAttrs(line *strings.Builder, prefix string, attrs []slog.Attr) {
	for _, a := range attrs {
		switch name := prefix + a.Key; a.Value.Kind() {
		case slog.KindGroup:
			writeAttrs(line, name+".", a.Value.Group())
		case slog.KindString:
			line.WriteString(" " + name + "=" + quote(a.Value.String()))
		default:
			line.WriteString(" " + name + "=" + a.Value.String())
		}
	}
}

// quote quotes a text, with backquotes if that keeps JSON readable.
func quote(text string) string {
	if strings.Contains(text, `"`) && strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

func groupOf(k Kind, attrs []slog.Attr) slog.Value {
	return slog.GroupValue(append([]slog.Attr{slog.String("kind", k.String())}, attrs...)...)
}

// attrs returns the fields of a notification, or of a part of one, ready to be printed.
func attrs(v reflect.Value) (list []slog.Attr) {
	for name, value := range fieldsOf(v) {
		switch enum, isEnum := value.Interface().(encoding.TextMarshaler); {
		case isEnum:
			list = append(list, slog.Any(name, enum))
		case value.Kind() == reflect.Struct:
			list = append(list, slog.Attr{Key: name, Value: slog.GroupValue(attrs(value)...)})
		default:
			list = append(list, slog.String(name, shown(value.String())))
		}
	}
	return list
}

// Metadata is the raw JSON metadata of a peer or a track. The server sends null if
// there is none; an empty text means that the server sent nothing.
type Metadata string

// Unmarshal parses the metadata into the value that v points to, as
// [json.Unmarshal] does. Empty metadata is treated as null.
func (m Metadata) Unmarshal(v any) error {
	text := m
	if text == "" {
		text = "null"
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("decode: metadata: %w", err)
	}
	return nil
}

// maxNesting is how deep metadata may nest to be embedded as JSON. It is a tenth of
// what encoding/json reads, so that nothing around it makes it too deep.
const maxNesting = 1000

// MarshalJSON returns the metadata as it is if it is valid JSON, null if it is empty,
// and a JSON string of the text otherwise. Text that nests arrays and objects more
// than 1,000 deep counts as invalid, since parsers refuse it.
func (m Metadata) MarshalJSON() ([]byte, error) {
	switch text := []byte(m); {
	case len(text) == 0:
		return []byte("null"), nil
	case json.Valid(text) && nesting(text) <= maxNesting:
		return text, nil
	}
	return json.Marshal(string(m))
}

// nesting returns how deep the arrays and objects of a JSON text nest.
func nesting(text []byte) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++ // An escaped byte doesn't end the string.
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']', c == '}':
			depth--
		}
	}
	return deepest
}

// UnmarshalJSON keeps the JSON text as the metadata.
func (m *Metadata) UnmarshalJSON(text []byte) error {
	*m = Metadata(text)
	return nil
}

// PeerMetadata is the metadata of a peer of hosted Fishjam, which has two parts. On a
// Jellyfish server a peer's metadata is what its client set, as a whole.
type PeerMetadata struct {
	// Peer is what the peer's client set: untrusted input.
	Peer Metadata
	// Server is what the backend set when it added the peer.
	Server Metadata
}

// PeerParts returns the two parts of a hosted peer's metadata, from
// [PeerMetadataUpdated] or from Fishjam's REST API. A part that is missing is empty.
// The error is that of metadata that isn't a JSON object; null and empty metadata have
// two empty parts.
func (m Metadata) PeerParts() (PeerMetadata, error) {
	var parts struct{ Peer, Server json.RawMessage }
	if err := m.Unmarshal(&parts); err != nil {
		return PeerMetadata{}, err
	}
	return PeerMetadata{Metadata(parts.Peer), Metadata(parts.Server)}, nil
}
