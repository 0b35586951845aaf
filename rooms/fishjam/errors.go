package fishjam

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// The errors that callers branch on, with errors.Is on the [*Error] of a call. They
// are chosen by the call and the status. Those that package rooms has too are the
// same values.
var (
	// ErrRoomNotFound means that there is no such room, or that it isn't of the type
	// that the call needs. The 404 of a gateway in front of Fishjam, whose response has
	// a "detail" or isn't JSON, is no ErrRoomNotFound, nor one of those below.
	ErrRoomNotFound = rooms.ErrRoomNotFound
	// ErrPeerNotFound means that the room has no such peer. Where Fishjam's text
	// doesn't tell them apart, it may also mean that there is no such room.
	ErrPeerNotFound = rooms.ErrPeerNotFound
	// ErrStreamNotFound means that there is no such livestream.
	ErrStreamNotFound = errors.New("livestream not found")
	// ErrRecordingNotFound means that there is no such recording.
	ErrRecordingNotFound = rooms.ErrRecordingNotFound
	// ErrUnauthorized means that Fishjam refused the management token.
	ErrUnauthorized = rooms.ErrUnauthorized
	// ErrInvalidCredentials means that there is no such Fishjam id or that the
	// management token isn't its. It is ErrUnauthorized too. Only [Client.Validate]
	// returns it.
	ErrInvalidCredentials = fmt.Errorf("wrong Fishjam id or management token: %w", ErrUnauthorized)
	// ErrLimitReached means that the room has as many peers as its MaxPeers allows.
	ErrLimitReached = rooms.ErrLimitReached
	// ErrQuotaExceeded means that the account has used up what its plan allows (HTTP
	// 402).
	ErrQuotaExceeded = errors.New("usage quota exceeded")
	// ErrConflict means that the request contradicts the present state (HTTP 409): the
	// room forwards its tracks to another composition already.
	ErrConflict = errors.New("conflict with the present state")
	// ErrInvalid means that the request is invalid. An [*InputError], with which
	// this package refuses arguments before sending anything, is ErrInvalid too.
	ErrInvalid = rooms.ErrInvalid
	// ErrTooLarge means that a response is longer than [Config].ReadLimit, or
	// would take more memory than its size allows.
	ErrTooLarge = rooms.ErrTooLarge
)

// Error is the error of a call: Fishjam responded with an error or with something
// unexpected, or there was no response. Its fields are
//
//	Method, Address, Path string // the request; ids in Path are escaped
//	Status     int               // the HTTP status, 0 without a response
//	Message    string            // the server's text, short and without secrets
//	RetryAfter time.Duration     // how long an overloaded server asks to wait
//	MaybeDone  bool              // it may have been carried out
//	Err        error             // a sentinel of this package, or the cause, or nil
//
// It is the Error of package rooms.
type Error = rest.Error

// sentinel returns the sentinel for a response that is an error, or nil if there is
// none. What is missing, or in conflict, depends on the call.
func sentinel(call rest.Call, refusal rest.Refusal) error {
	ofCall := call.Sentinels[refusal.Status]
	switch refusal.Status {
	case http.StatusNotFound:
		switch {
		case call.Path == validatePath && refusal.Source != rest.SourceOther:
			return ofCall // Its response is empty.
		case refusal.Source != rest.SourceErrors:
			return nil // A gateway's.
		case ofCall == ErrPeerNotFound && strings.HasPrefix(refusal.Text, "Room "):
			return ErrRoomNotFound
		}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return ErrInvalid
	case http.StatusUnauthorized:
		if ofCall == nil {
			return ErrUnauthorized
		}
	case http.StatusPaymentRequired:
		return ErrQuotaExceeded
	case http.StatusConflict:
		if ofCall == nil {
			return ErrConflict
		}
	}
	return ofCall
}
