// Package input has the error for invalid arguments, options and configuration
// fields. Packages stream, rooms and decode export it as their InputError.
package input

import (
	"errors"
	"fmt"
)

// ErrInvalid is matched by every [Error] with errors.Is.
var ErrInvalid = errors.New("invalid request")

// Error reports a field of a configuration, an option or an argument that was refused
// before anything was sent.
type Error struct {
	// Field is its name, such as "ServerAddress", "HLSOptions.S3", "InRooms" or
	// "roomID".
	Field string
	// Err says what is wrong with it, without its secrets.
	Err error
}

// New returns an [*Error] with the formatted text, such as "must not be empty".
func New(field, format string, args ...any) *Error {
	return &Error{field, fmt.Errorf(format, args...)}
}

// Error names the field and what is wrong with it.
func (e *Error) Error() string { return "invalid " + e.Field + ": " + e.Err.Error() }

// Unwrap returns ErrInvalid and what is wrong with the field.
func (e *Error) Unwrap() []error { return []error{ErrInvalid, e.Err} }
