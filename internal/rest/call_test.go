package rest_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern string
		ids     []string
		want    string
		field   string // Of the error, if there is one.
	}{
		{"/room", nil, "/room", ""},
		{"/room/{roomID}", []string{"a"}, "/room/a", ""},
		{"/room/{roomID}/peer/{peerID}/x", []string{"a/b?c", "{d} é"}, "/room/a%2Fb%3Fc/peer/%7Bd%7D%20%C3%A9/x", ""},
		{"/room/{roomID}", []string{""}, "", "roomID"},
		{"/room/{roomID}/peer/{peerID}", []string{"a", "."}, "", "peerID"},
		{"/room/{roomID}/peer/{peerID}", []string{"..", "a"}, "", "roomID"},
		{"/room/{roomID}", []string{"..."}, "/room/...", ""},
	} {
		got, err := rest.Expand(test.pattern, test.ids...)
		var refused *input.Error
		if errors.As(err, &refused) != (test.field != "") || refused != nil && refused.Field != test.field || got != test.want {
			t.Errorf("Expand(%q, %q) = %q, error %v", test.pattern, test.ids, got, err)
		}
	}
}

func TestURLSecrets(t *testing.T) {
	t.Parallel()
	for link, want := range map[string][]string{
		"https://me:pa%20ss@host/path?key=1": {"me:pa%20ss", "pa%20ss", "pa ss", "key=1"},
		"rtsp://token@host":                  {"token"},
		"me:pass@host/?q":                    {"me:pass", "pass", "q"},
		"https://me:p@ss@host":               {"me:p@ss", "p@ss"},
		"https://me:%zz@host":                {"me:%zz", "%zz"},
	} {
		got := rest.URLSecrets(link)
		for _, secret := range want {
			if !slices.Contains(got, secret) {
				t.Errorf("URLSecrets(%q) = %q, without %q", link, got, secret)
			}
		}
	}
	for _, part := range rest.URLSecrets("https://host/path") {
		if part != "" {
			t.Errorf("a URL without secrets has %q", part)
		}
	}
}
