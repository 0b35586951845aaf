package usage_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
)

func TestExitStatus(t *testing.T) {
	reason := errors.New("unexpected argument")
	wrong := &usage.Error{Err: reason}
	for _, test := range []struct {
		err  error
		want int
	}{
		{wrong, 2},
		{fmt.Errorf("parse: %w", wrong), 2},
		{reason, 1},
		{nil, 0},
		{flag.ErrHelp, 0},
		{fmt.Errorf("subscribe: %w", context.Canceled), 0},
	} {
		if got := usage.ExitStatus(test.err); got != test.want {
			t.Errorf("%v: exit status %d, want %d", test.err, got, test.want)
		}
	}
	if !errors.Is(wrong, reason) || wrong.Error() != reason.Error() {
		t.Errorf("%v doesn't wrap %v", wrong, reason)
	}
}
