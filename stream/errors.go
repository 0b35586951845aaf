package stream

import (
	"errors"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

var (
	// ErrUnauthorized means that the server refused the token. It ends a notifier at
	// the first connect, or later on once every address has refused it twice; until
	// then the state's error reports it.
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
	// ErrNoMetrics means that the server has no metrics to subscribe to: it is hosted
	// Fishjam, or it closed the connection instead of confirming a subscription to
	// metrics. See [WithMetrics].
	ErrNoMetrics = errors.New("stream: server has no metrics")
	// ErrDead means that a connection was given up because nothing arrived on it.
	ErrDead = wsconn.ErrDead
	// ErrMessageTooBig means that a connection ended because a message exceeded
	// [Config].ReadLimit.
	ErrMessageTooBig = wsconn.ErrMessageTooBig
)

// GapError means that a Gap was received while waiting, so that the awaited
// notification may be lost.
type GapError struct {
	// Gap is the Gap that was received.
	Gap Gap
}

// Error describes the gap.
func (e *GapError) Error() string { return "stream: " + e.Gap.String() }

// Unwrap returns the gap's own error, if it has one.
func (e *GapError) Unwrap() error { return e.Gap.Err }

// InputError reports an invalid field of a [Config] or a [WebhookConfig], option or
// argument.
type InputError = input.Error

// These are the errors that a connection's error wraps.
type (
	// ConnectError is the error of a failed attempt to connect, with its address and
	// step.
	ConnectError = wsconn.ConnectError
	// StatusError is an HTTP response other than the upgrade to a WebSocket.
	StatusError = wsconn.StatusError
	// CloseError is the close frame with which the server ended a connection.
	CloseError = wsconn.CloseError
	// ProxyError means that an HTTP proxy refused to connect to the server.
	ProxyError = wsconn.ProxyError
)

// connectionError translates the error of a connection that was lost or never made.
func connectionError(err error) error {
	if errors.Is(err, wsconn.ErrClosed) {
		return ErrClosed
	}
	if unauthorized := withUnauthorized(err); unauthorized != err {
		return unauthorized
	}
	return fmt.Errorf("stream: %w", err)
}

// withUnauthorized makes an error match ErrUnauthorized too, if it reports a refused
// token.
func withUnauthorized(err error) error {
	var rejected *wsconn.RejectedError
	if errors.As(err, &rejected) {
		return fmt.Errorf("%w: %w", ErrUnauthorized, err)
	}
	return err
}
