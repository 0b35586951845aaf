package decode_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// vector is one line of a file in testdata: a message, and what it holds by the
// protocol's table or by the recording that it comes from. Enums are numbers, as
// on the wire; the owner's type is 1 for a peer, 2 for a component.
type vector struct {
	Source string `json:"source"`
	Hex    string `json:"hex"`
	Want   []struct {
		Kind   string          `json:"kind"`
		Fields json.RawMessage `json:"fields"`
	} `json:"want"`
}

// message returns the vector's bytes.
func (v vector) message(t testing.TB) []byte {
	t.Helper()
	message, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatalf("%s: %v", v.Source, err)
	}
	return message
}

// wanted returns the vector's notifications.
func (v vector) wanted(t testing.TB) []decode.Notification {
	t.Helper()
	var list []decode.Notification
	for _, want := range v.Want {
		kind, ok := decode.ParseKind(want.Kind)
		if !ok {
			t.Fatalf("%s: no kind %q", v.Source, want.Kind)
		}
		list = append(list, withFields(t, kind, want.Fields))
	}
	return list
}

func withFields(t testing.TB, kind decode.Kind, fields []byte) decode.Notification {
	t.Helper()
	for _, zero := range kinds() {
		if zero.Kind() != kind {
			continue
		}
		v := reflect.New(reflect.TypeOf(zero)).Elem()
		setFields(t, v, fields)
		return v.Interface().(decode.Notification)
	}
	t.Fatalf("no notification of kind %v", kind)
	return nil
}

// setFields sets the fields of a struct by their names in JSON. Unlike in JSON of
// this package, texts are texts and enums are numbers, whatever their type.
func setFields(t testing.TB, v reflect.Value, text []byte) {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		value, ok := members[name]
		delete(members, name)
		switch field := v.Field(i); {
		case !ok:
		case field.Kind() == reflect.Struct:
			setFields(t, field, value)
		case field.Kind() == reflect.String:
			var s string
			if err := json.Unmarshal(value, &s); err != nil {
				t.Fatal(err)
			}
			field.SetString(s)
		default:
			var n int64
			if err := json.Unmarshal(value, &n); err != nil {
				t.Fatal(err)
			}
			field.SetInt(n)
		}
	}
	for name := range members {
		t.Fatalf("%v has no field %s", v.Type(), name)
	}
}

// vectors returns the vectors of all files in testdata by file name.
func vectors(t testing.TB) map[string][]vector {
	t.Helper()
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in testdata: %v", err)
	}
	all := make(map[string][]vector)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			var v vector
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all[filepath.Base(file)] = append(all[filepath.Base(file)], v)
		}
	}
	return all
}

// TestVectors decodes the test vectors of the Jellyfish protocol, section 7, and
// what a running server sent.
func TestVectors(t *testing.T) {
	all := vectors(t)
	for file, least := range map[string]int{"protocol.jsonl": 35, "notifications.jsonl": 114, "websocket.jsonl": 90} {
		if len(all[file]) < least {
			t.Errorf("%s has %d vectors, want %d", file, len(all[file]), least)
		}
	}
	for file, list := range all {
		t.Run(file, func(t *testing.T) {
			for _, v := range list {
				got, err := decode.Append(nil, v.message(t))
				if err != nil {
					t.Errorf("%s: %v", v.Source, err)
					continue
				}
				if diff := cmp.Diff(v.wanted(t), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", v.Source, diff)
				}
			}
		})
	}
}
