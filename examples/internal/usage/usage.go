// Package usage tells a command line that can't be followed from what goes wrong
// later.
package usage

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
)

// Error is a command line that can't be followed.
type Error struct {
	// Err says what is wrong with it.
	Err error
}

// Error returns the text of Err.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ExitStatus returns what a program exits with because of err: 2 for an [*Error],
// as package flag has it, 0 for nil, for [flag.ErrHelp] and for [context.Canceled],
// which are ends that were asked for, and 1 for any other.
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

// Exit ends the program of that name with the [ExitStatus] of err, if that isn't 0
// after printing err to standard error.
func Exit(name string, err error) {
	status := ExitStatus(err)
	if status != 0 {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	os.Exit(status)
}
