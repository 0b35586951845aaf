// Package usage tells a command line that can't be followed from what goes wrong
// later.
package usage

import "errors"

// Error is a command line that can't be followed.
type Error struct {
	// Err says what is wrong with it.
	Err error
}

// Error returns the text of Err.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ExitStatus returns what a program exits with because of an error that isn't
// nil: 2 for an [*Error], as package flag has it, and 1 for any other.
func ExitStatus(err error) int {
	var wrong *Error
	if errors.As(err, &wrong) {
		return 2
	}
	return 1
}
