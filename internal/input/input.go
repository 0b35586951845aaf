// Package input has the error for invalid arguments, options and configuration
// fields. Packages stream, rooms and decode export it as their InputError.
package input

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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

// Header returns a copy of the header with its names in their canonical form, as
// package http expects them, or nil for nil. Its error is an [*Error] of the field
// Header, for a header that can't be sent, or for more than one Host or an invalid
// one. It contains no value.
func Header(header http.Header) (http.Header, error) {
	if header == nil {
		return nil, nil
	}
	canonical := make(http.Header, len(header))
	for name, values := range header {
		if name == "" || strings.ContainsFunc(name, notInHeaderName) {
			return nil, New("Header", "must not hold the name %q", name)
		}
		for _, value := range values {
			if strings.ContainsFunc(value, notInHeaderValue) {
				return nil, New("Header", "must not hold a control character in %s", name)
			}
			canonical.Add(name, value)
		}
	}
	if hosts := canonical.Values("Host"); len(hosts) > 0 {
		if u, err := url.Parse("http://" + hosts[0]); err != nil || u.Host != hosts[0] || u.Host == "" || len(hosts) > 1 {
			return nil, New("Header", "must have one Host, such as media.example.org or media.example.org:5002")
		}
	}
	return canonical, nil
}

// notInHeaderName and notInHeaderValue follow RFC 9110, section 5.
func notInHeaderName(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func notInHeaderValue(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
