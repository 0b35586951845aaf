package rest

import (
	"net/http"
	"strconv"
	"time"
)

// Error is a call that failed: the server answered it with an error or not as
// the interface says, or no answer came.
type Error struct {
	Method string
	// Address is the server's, without a scheme.
	Address string
	// Path is the path of the request, with escaped ids.
	Path string
	// Status is the HTTP status, 0 if no answer came.
	Status int
	// Message is the server's text, shortened to some 500 bytes and without this
	// client's secrets; empty if there was none, or only a page without a title.
	Message string
	// RetryAfter is how long the server asks to wait before the next call, at most
	// a day: its Retry-After with HTTP 429 or 503, and otherwise 0.
	RetryAfter time.Duration
	// MaybeDone means that the call would change something, was sent, and got no
	// whole answer: the server may have carried it out.
	MaybeDone bool
	// Err is what the answer means, if the package has a sentinel for that, or what
	// kept the answer from arriving or from being understood, or nil.
	Err error
}

// Error names the request, the status, and the server's text or the cause.
func (e *Error) Error() string {
	text := e.Method + " " + e.Address + e.Path
	if e.Status != 0 {
		text += ": " + strconv.Itoa(e.Status)
		if name := http.StatusText(e.Status); name != "" {
			text += " " + name
		}
	}
	switch {
	case e.Message != "":
		text += ": " + e.Message
	case e.Err != nil:
		text += ": " + e.Err.Error()
	}
	if e.MaybeDone {
		text += "; the call may have been carried out"
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }
