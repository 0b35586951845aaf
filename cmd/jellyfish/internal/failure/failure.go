// Package failure says with which exit status the command ends because of an
// error.
package failure

import (
	"context"
	"errors"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The exit statuses. They are part of the command's interface.
const (
	OK           = 0
	Failed       = 1
	Usage        = 2
	Unauthorized = 3
	Unreachable  = 4
	Interrupted  = 130
)

// ErrInterrupted is the error of a screen that Ctrl-C has ended.
var ErrInterrupted = errors.New("interrupted")

// UsageError is a command line that can't be followed.
type UsageError struct{ Err error }

// Error returns the text of Err.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef returns a [*UsageError].
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Errorf(format, args...)}
}

// ConnectError is a connection that could not be made.
type ConnectError struct {
	Err error
	// Plain tells that the text of Err says what to do.
	Plain bool
}

// Error returns the text of Err, and what to do.
func (e *ConnectError) Error() string {
	if e.Plain {
		return e.Err.Error()
	}
	return e.Err.Error() + "\nIs the server running there? \"jellyfish doctor\" tells step by step what works and what doesn't."
}

// Unwrap returns Err.
func (e *ConnectError) Unwrap() error { return e.Err }

// UnauthorizedError is a token that something else than the library refused.
type UnauthorizedError struct{ Err error }

// Error returns the text of Err.
func (e *UnauthorizedError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *UnauthorizedError) Unwrap() error { return e.Err }

// Connecting returns the error of an attempt to connect, such that its exit
// status tells what was wrong: the input, the token or the way to the server.
func Connecting(err error) error {
	var input *stream.InputError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &input):
		return &UsageError{err}
	case isUnauthorized(err):
		return fmt.Errorf("%w\nSet JELLYFISH_TOKEN (of hosted Fishjam FISHJAM_MANAGEMENT_TOKEN), or --token-file, to the server's token", err)
	}
	return &ConnectError{Err: err}
}

// Calling returns the error of a REST call in the same way: one without an answer
// is one of connecting.
func Calling(err error) error {
	var call *rooms.Error
	var input *stream.InputError
	switch {
	case err == nil:
		return nil
	case isUnauthorized(err), errors.As(err, &input):
		return Connecting(err)
	case errors.As(err, &call) && call.Status == 0:
		return Connecting(err)
	}
	return err
}

// Status returns the exit status that goes with an error.
func Status(err error) int {
	var usage *UsageError
	var connect *ConnectError
	switch {
	case err == nil:
		return OK
	case errors.Is(err, ErrInterrupted):
		return Interrupted
	case errors.As(err, &usage):
		return Usage
	case isUnauthorized(err):
		return Unauthorized
	case errors.As(err, &connect):
		return Unreachable
	}
	return Failed
}

func isUnauthorized(err error) bool {
	var refused *UnauthorizedError
	return errors.As(err, &refused) || errors.Is(err, stream.ErrUnauthorized) || errors.Is(err, rooms.ErrUnauthorized)
}

// StatusError is an error with the exit status of another.
type StatusError struct {
	Text string
	As   error
}

// Error returns the text.
func (e *StatusError) Error() string { return e.Text }

// Unwrap returns the error whose exit status it has.
func (e *StatusError) Unwrap() error { return e.As }
