package lifetime_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

func TestErr(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := lifetime.Err(ctx); err != context.Canceled {
		t.Errorf("without a cause: %v", err)
	}
	why := errors.New("shift is over")
	ctx, cancelCause := context.WithCancelCause(t.Context())
	cancelCause(why)
	if err := lifetime.Err(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("with a cause of its own: %v", err)
	}
}
