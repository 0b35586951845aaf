// Package usage distinguishes an invalid command line from later failures.
package usage

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
)

// Error means that the command line is invalid.
type Error struct {
	// Err says what is wrong with it.
	Err error
}

// Error returns the text of Err.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ExitStatus returns the exit status of a program for err: 2 for an [*Error], as in
// package flag, 0 for nil, for [flag.ErrHelp] and for [context.Canceled], which are
// intended ends, and 1 for any other.
func ExitStatus(err error) int {
	var wrong *Error
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp), errors.Is(err, context.Canceled):
		return 0
	case errors.As(err, &wrong):
		return 2
	}
	return 1
}

// Exit ends the named program with the [ExitStatus] of err, unless that is 0, after
// printing err to standard error.
func Exit(name string, err error) {
	status := ExitStatus(err)
	if status != 0 {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	os.Exit(status)
}
