package input_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

func TestError(t *testing.T) {
	var err error = input.New("ReadLimit", "must not be %d: %w", -1, io.EOF)
	if err.Error() != "invalid ReadLimit: must not be -1: EOF" {
		t.Error(err)
	}
	if !errors.Is(err, input.ErrInvalid) || !errors.Is(err, io.EOF) {
		t.Error("Is doesn't find what it wraps")
	}
}

func TestHeader(t *testing.T) {
	given := http.Header{"x-key": {"a\tb"}, "HOST": {"a.test:80"}, "Empty": nil}
	got, err := input.Header(given)
	want := http.Header{"X-Key": {"a\tb"}, "Host": {"a.test:80"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	got.Set("X-Key", "changed")
	//lint:ignore SA1008 the key is the one that was given
	if given["x-key"][0] != "a\tb" {
		t.Error("the header that was given was changed")
	}
	if got, err := input.Header(nil); got != nil || err != nil {
		t.Errorf("nil became %v, error %v", got, err)
	}
	for _, bad := range []http.Header{{"": {"x"}}, {"Ä": {"x"}}, {"X:": {"x"}}, {"X": {"a\nb"}}, {"X": {"\x7f"}}, {"Host": {"a", "b"}}, {"Host": {"u@a"}}, {"Host": {"a/b"}}} {
		var refused *input.Error
		if _, err := input.Header(bad); !errors.As(err, &refused) || refused.Field != "Header" {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}
