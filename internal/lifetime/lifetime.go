// Package lifetime says why a context ended.
package lifetime

import (
	"context"
	"errors"
	"fmt"
)

// Err returns why ctx ended; it is [context.Canceled] or
// [context.DeadlineExceeded], and the context's own cause if it has one. The
// context must have ended.
func Err(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
