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

// Tests compare what holds secrets by reflection.
func TestDeepEqual(t *testing.T) {
	one, same, other := secret.New(text), secret.New(text), secret.New(text+"+")
	if !reflect.DeepEqual(holder{one, one, nil, &one}, holder{same, same, nil, &same}) || reflect.DeepEqual(holder{Exported: one}, holder{Exported: other}) {
		t.Error("DeepEqual doesn't compare the texts")
	}
	if diff := cmp.Diff(map[string]secret.Secret{"a": one}, map[string]secret.Secret{"a": same}); diff != "" {
		t.Errorf("a difference: %s", diff)
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
