package fishjam

import (
	"errors"
	"net/http"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// The errors that callers branch on, with errors.Is on the [*Error] of a call. Those
// that package rooms has too are the same values.
var (
	// ErrRoomNotFound means that there is no such room, or that it is no livestream
	// where one is needed.
	ErrRoomNotFound = rooms.ErrRoomNotFound
	// ErrPeerNotFound means that the room has no such peer.
	ErrPeerNotFound = rooms.ErrPeerNotFound
	// ErrRecordingNotFound means that there is no such recording.
	ErrRecordingNotFound = rooms.ErrRecordingNotFound
	// ErrStreamNotFound means that there is no such livestream, or that it has no such
	// streamer or viewer.
	ErrStreamNotFound = errors.New("livestream not found")
	// ErrUnauthorized means that the management token was refused.
	ErrUnauthorized = rooms.ErrUnauthorized
	// ErrInvalidCredentials means that [Client.Validate] found the id or the
	// management token invalid.
	ErrInvalidCredentials = errors.New("invalid fishjam id or management token")
	// ErrLimitReached means that the room has as many peers as its MaxPeers allows.
	ErrLimitReached = rooms.ErrLimitReached
	// ErrQuotaExceeded means that the usage quota of the account is exceeded (HTTP
	// 402).
	ErrQuotaExceeded = errors.New("usage quota exceeded")
	// ErrConflict means that the room's tracks are forwarded to another composition
	// already.
	ErrConflict = errors.New("conflict")
	// ErrInvalid means that the request is invalid. An [*InputError] is ErrInvalid
	// too.
	ErrInvalid = rooms.ErrInvalid
	// ErrTooLarge means that a response is longer than [Config].ReadLimit, or would
	// take more memory than its size allows.
	ErrTooLarge = rooms.ErrTooLarge
)

// Error is the error of a call, as in package rooms: its Status is the HTTP status, 0
// without a response; its Err is a sentinel of this package, or the cause, or nil; its
// RetryAfter is the Retry-After of HTTP 429 and 503.
type Error = rest.Error

// refused returns a function that returns the sentinel for an answer: the given ones
// for what is not found and for a conflict. A 404 that a proxy in front of Fishjam
// answered says nothing about a room.
func refused(notFound, conflict error) func(rest.Refusal) error {
	return func(r rest.Refusal) error {
		switch r.Status {
		case http.StatusUnauthorized:
			return ErrUnauthorized
		case http.StatusPaymentRequired:
			return ErrQuotaExceeded
		case http.StatusRequestEntityTooLarge:
			return ErrInvalid
		}
		if r.Gateway || r.Text == "" {
			return nil
		}
		switch r.Status {
		case http.StatusBadRequest:
			return ErrInvalid
		case http.StatusConflict:
			return conflict
		case http.StatusNotFound:
			return missing(r.Text, notFound)
		}
		return nil
	}
}

// missing returns the sentinel for what is not found: the one that the text names, or
// that of the call.
func missing(text string, notFound error) error {
	switch {
	case notFound == nil:
		return nil
	case strings.HasPrefix(text, "Room "):
		return ErrRoomNotFound
	case strings.HasPrefix(text, "Peer "):
		return ErrPeerNotFound
	}
	return notFound
}
