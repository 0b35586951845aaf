package rooms

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// What callers branch on. Each is found with errors.Is in the [*Error] of a call,
// going by the server's status and text, in the wording of all its versions.
var (
	// ErrRoomNotFound means that the node that was asked holds no such room.
	// Another node of the cluster may.
	ErrRoomNotFound = errors.New("rooms: room not found")
	// ErrPeerNotFound means that the room has no such peer.
	ErrPeerNotFound = errors.New("rooms: peer not found")
	// ErrComponentNotFound means that the room has no such component.
	ErrComponentNotFound = errors.New("rooms: component not found")
	// ErrRecordingNotFound means that the node has no such recording.
	ErrRecordingNotFound = errors.New("rooms: recording not found")
	// ErrUnauthorized means that the server refused the token.
	ErrUnauthorized = errors.New("rooms: server refused the token")
	// ErrLimitReached means that the room is full: it has as many peers as its
	// MaxPeers allows, or already its one HLS or recording component.
	ErrLimitReached = errors.New("rooms: limit reached")
	// ErrAlreadyExists means that there is a room with that id.
	ErrAlreadyExists = errors.New("rooms: room already exists")
	// ErrInvalid means that what was asked for makes no sense, to the server or,
	// as an [*InputError], already to this package.
	ErrInvalid = errors.New("rooms: invalid request")
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
	// Message is the server's text, shortened and without this client's secrets;
	// empty if there was none, or only a page without a title.
	Message string
	// RetryAfter is how long the server asked to be left alone, with the status 429
	// or 503; 0 if it didn't.
	RetryAfter time.Duration
	// Err is one of the sentinels, or what kept the answer from arriving or from
	// being understood, or nil.
	Err error
}

// Error names the request, the status, and the server's text or the cause.
func (e *Error) Error() string {
	text := "rooms: " + e.Method + " " + e.Address + e.Path
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
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// InputError is a field of a [Config] or of options, or an argument, that was
// refused before anything was sent. It is [ErrInvalid] to errors.Is.
type InputError struct {
	// Field is its name, such as "ServerAddress", "roomID" or "HLSOptions.S3".
	Field string
	// Err says what is wrong with it, without its secrets.
	Err error
}

// Error names the field and what is wrong with it.
func (e *InputError) Error() string { return "rooms: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns ErrInvalid and what is wrong with the field.
func (e *InputError) Unwrap() []error { return []error{ErrInvalid, e.Err} }
