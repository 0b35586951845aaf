package input_test

import (
	"errors"
	"io"
	"testing"

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
