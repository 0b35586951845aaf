// Package input has the error of what a caller gave and can't be used. Packages
// stream, rooms and decode export it as their InputError.
package input

import (
	"errors"
	"fmt"
)

// ErrInvalid is what every [Error] is to errors.Is.
var ErrInvalid = errors.New("invalid request")

// Error is a field of a configuration, an option, or an argument, that was
// refused before anything was sent.
type Error struct {
	// Field is its name, such as "ServerAddress", "HLSOptions.S3", "InRooms" or
	// "roomID".
	Field string
	// Err says what is wrong with it, without its secrets.
	Err error
}

// New returns an [*Error] with a text of its own, such as "must not be empty".
func New(field, format string, args ...any) *Error {
	return &Error{field, fmt.Errorf(format, args...)}
}

// Error names the field and what is wrong with it.
func (e *Error) Error() string { return "invalid " + e.Field + ": " + e.Err.Error() }

// Unwrap returns ErrInvalid and what is wrong with the field.
func (e *Error) Unwrap() []error { return []error{ErrInvalid, e.Err} }
