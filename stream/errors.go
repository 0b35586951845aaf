package stream

import (
	"errors"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

var (
	// ErrUnauthorized means that the server refused the token: at the first
	// connect, or twice in a row later on.
	ErrUnauthorized = errors.New("stream: server refused the token")
	// ErrClosed means that the notifier, or the webhook, was closed.
	ErrClosed = errors.New("stream: closed")
	// ErrDrained means that the subscription was drained.
	ErrDrained = errors.New("stream: subscription drained")
	// ErrRoomEnded means that the room of a [RoomSubscription] was deleted, has
	// crashed, or was replaced by another with its id during an outage.
	ErrRoomEnded = errors.New("stream: room ended")
	// ErrRoomLeft means that [RoomSubscription.Leave] was called.
	ErrRoomLeft = errors.New("stream: room left")
)

// GapError is a [Gap] in which what was awaited may be lost.
type GapError struct {
	// Gap is the one that was received while waiting.
	Gap Gap
}

// Error describes the gap.
func (e *GapError) Error() string { return "stream: " + e.Gap.String() }

// Unwrap returns the gap's own error, if it has one.
func (e *GapError) Unwrap() error { return e.Gap.Err }

// InputError is a field of a [Config] or a [WebhookConfig], an option, or an
// argument, that can't be used.
type InputError = input.Error

// ConfigError is a field of a [Config] or a [WebhookConfig], an option, or an
// argument, that can't be used.
type ConfigError struct {
	// Field is the name of the field or the option, such as "ServerAddress",
	// "Requests.URLSecrets" or "InRooms", or of the function that was called with
	// the argument, such as "Subscribe".
	Field string
	// Err says what is wrong with it, without its secrets.
	Err error
}

// Error names the field and what is wrong with it.
func (e *ConfigError) Error() string { return "stream: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong with the field.
func (e *ConfigError) Unwrap() error { return e.Err }

// connectionError translates what ended a connection, or kept it from beginning.
func connectionError(err error) error {
	var rejected *wsconn.RejectedError
	switch {
	case errors.As(err, &rejected):
		return fmt.Errorf("%w: %w", ErrUnauthorized, err)
	case errors.Is(err, wsconn.ErrClosed):
		return ErrClosed
	}
	return fmt.Errorf("stream: %w", err)
}
