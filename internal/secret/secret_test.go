package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

const text = "hush-5f1d0c1e"

// verbs are those of package fmt, and one that isn't.
const verbs = "vTtbcdoOqxXUeEfFgGsp?"

type holder struct {
	Exported   secret.Secret
	unexported secret.Secret
	list       []secret.Secret
	pointer    *secret.Secret
}

func TestP10NoWayOfPrintingShowsASecret(t *testing.T) {
	s := secret.New(text)
	h := holder{s, s, []secret.Secret{s}, &s}
	for _, value := range []any{s, &s, h, &h, []secret.Secret{s}, map[string]secret.Secret{"k": s}, []any{h}} {
		for _, verb := range verbs {
			for _, flags := range []string{"", "+", "#", " "} {
				check(t, fmt.Sprintf("%"+flags+string(verb), value))
			}
		}
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "value", value)
		slog.New(slog.NewTextHandler(&logged, nil)).Info("m", "value", value)
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Error(err)
		}
		check(t, logged.String()+string(encoded))
	}
	if s.Reveal() != text {
		t.Errorf("Reveal returns %q", s.Reveal())
	}
}

// What prints by reflection follows pointers and unexported fields.
func TestP10ReflectionShowsNoSecret(t *testing.T) {
	one, other := holder{Exported: secret.New(text)}, holder{Exported: secret.New(text + "+")}
	one.unexported, other.unexported = one.Exported, other.Exported
	for _, options := range [][]cmp.Option{
		{cmp.AllowUnexported(holder{})},
		{cmp.AllowUnexported(holder{}), cmp.FilterPath(func(p cmp.Path) bool {
			return p.Last().Type() == reflect.TypeFor[secret.Secret]()
		}, cmp.Comparer(func(a, b secret.Secret) bool { return a.Equal(b) }))},
	} {
		diff := cmp.Diff(one, other, options...)
		if diff == "" {
			t.Error("no difference was found")
		}
		check(t, diff)
	}
	seen := 0
	walk(reflect.ValueOf(one), func(v reflect.Value) {
		seen++
		if v.Kind() == reflect.String {
			check(t, v.String())
		}
	})
	if seen < 8 {
		t.Errorf("%d values were seen", seen)
	}
	if first := one.Exported; first != one.unexported || first == other.Exported {
		t.Error("a secret can't be compared")
	}
}

// walk visits all that reflection can reach.
func walk(v reflect.Value, visit func(reflect.Value)) {
	visit(v)
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	}
}

func check(t *testing.T, printed string) {
	t.Helper()
	hexed := fmt.Sprintf("%x", text)
	if strings.Contains(printed, text) || strings.Contains(strings.ToLower(printed), hexed) {
		t.Errorf("the secret shows in %q", printed)
	}
}

func TestZeroSecret(t *testing.T) {
	if s := secret.New(""); !s.IsZero() || s.Reveal() != "" || fmt.Sprint(s) != "" || !s.Equal(secret.Secret{}) {
		t.Errorf("an empty text is the secret %q", s.Reveal())
	}
	if secret.New("a").Equal(secret.New("b")) || !secret.New("a").Equal(secret.New("a")) {
		t.Error("Equal doesn't compare the texts")
	}
}

func TestCheck(t *testing.T) {
	for _, good := range []string{"x", "a b", "pässword", text} {
		if err := secret.New(good).Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", " ", "token\n", "\ttoken", "to\x00ken", "to\nken", "\xff", "token\u00a0", "to\u0085ken"} {
		err := secret.New(bad).Check()
		if err == nil {
			t.Errorf("%q is accepted", bad)
		} else if len(bad) > 2 && strings.Contains(err.Error(), bad) {
			t.Errorf("%q is repeated: %v", bad, err)
		}
	}
}
