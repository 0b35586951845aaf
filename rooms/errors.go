package rooms

import (
	"errors"
	"net/http"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// The errors that callers branch on, with errors.Is on the [*Error] of a call. They
// are recognised by the status and text of the response, in the wording of all
// server versions.
var (
	// ErrRoomNotFound means that the node that was asked holds no such room.
	// Another node of the cluster may.
	ErrRoomNotFound = errors.New("room not found")
	// ErrPeerNotFound means that the room has no such peer.
	ErrPeerNotFound = errors.New("peer not found")
	// ErrComponentNotFound means that the room has no such component.
	ErrComponentNotFound = errors.New("component not found")
	// ErrRecordingNotFound means that the node has no such recording.
	ErrRecordingNotFound = errors.New("recording not found")
	// ErrUnauthorized means that the server refused the token.
	ErrUnauthorized = errors.New("server refused the token")
	// ErrLimitReached means that the room is full: it has as many peers as its
	// MaxPeers allows, or already its one HLS or recording component.
	ErrLimitReached = errors.New("limit reached")
	// ErrAlreadyExists means that there is a room with that id.
	ErrAlreadyExists = errors.New("room already exists")
	// ErrInvalid means that the request is invalid. An [*InputError], with which
	// this package refuses arguments before sending anything, is ErrInvalid too.
	ErrInvalid = input.ErrInvalid
	// ErrTooLarge means that a response is longer than [Config].ReadLimit, or
	// would take more memory than its size allows.
	ErrTooLarge = rest.ErrTooLarge
)

// Error is the error of a call: the server responded with an error or with
// something unexpected, or there was no response. Its fields are
//
//	Method, Address, Path string // the request; ids in Path are escaped
//	Status     int               // the HTTP status, 0 without a response
//	Message    string            // the server's text, short and without secrets
//	RetryAfter time.Duration     // how long an overloaded server asks to wait
//	MaybeDone  bool              // it may have been carried out
//	Err        error             // a sentinel of this package, or the cause, or nil
//
// MaybeDone is set if a call that changes something was sent, but no complete
// response arrived; the error's text says so as well. RetryAfter is the Retry-After
// of HTTP 429 and 503, at most a day.
type Error = rest.Error

// sentinel returns the sentinel for a response that is an error, or nil if there is
// none. It depends on the text because statuses don't tell what is missing: for a
// component that doesn't exist some endpoints respond with 404 and others with 400.
func sentinel(_ rest.Call, refusal rest.Refusal) error {
	text := refusal.Text
	switch refusal.Status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusServiceUnavailable:
		if isLimit(text) {
			return ErrLimitReached
		}
	case http.StatusNotFound:
		return missing(text)
	case http.StatusBadRequest:
		switch {
		case missing(text) != nil:
			return missing(text)
		case isLimit(text):
			return ErrLimitReached
		case strings.HasPrefix(text, "Cannot add room") && strings.HasSuffix(text, "room already exists"):
			return ErrAlreadyExists
		}
		return ErrInvalid
	case http.StatusRequestEntityTooLarge:
		return ErrInvalid
	}
	return nil
}

// missing returns the sentinel for a text that says what doesn't exist.
func missing(text string) error {
	switch text {
	case "Recording not found":
		return ErrRecordingNotFound
	case "File not found": // Of a File component.
		return ErrInvalid
	}
	if !strings.HasSuffix(text, " does not exist") {
		return nil
	}
	for _, thing := range []struct {
		name string
		err  error
	}{
		{"Room ", ErrRoomNotFound},
		{"Peer ", ErrPeerNotFound},
		{"Component ", ErrComponentNotFound},
		{"HLS component ", ErrComponentNotFound}, // Before 0.5.0.
	} {
		if strings.HasPrefix(text, thing.name) {
			return thing.err
		}
	}
	return nil
}

// isLimit recognises "Reached peer limit in room …", "Reached hls components
// limit in room …" and their older wordings.
func isLimit(text string) bool {
	return strings.HasPrefix(text, "Reached ") && strings.Contains(text, " limit ")
}
