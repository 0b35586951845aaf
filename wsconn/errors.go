package wsconn

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/dial"
)

var (
	// ErrClosed means that the connection was closed with [Conn.Close].
	ErrClosed = errors.New("connection closed")
	// ErrNotConnected is returned by Send while there is no live connection.
	ErrNotConnected = errors.New("not connected")
	// ErrMessageTooBig ends a connection on which a message exceeded
	// Config.ReadLimit.
	ErrMessageTooBig = errors.New("message too big")
	// ErrDead ends a connection on which nothing has arrived for too long.
	ErrDead = errors.New("connection is dead")
)

// CloseError is the close frame with which the server ended a connection.
type CloseError struct {
	// Code is the status code, 1005 if the frame had none.
	Code int
	// Reason is the server's text, often empty.
	Reason string
}

// Error names the code and the reason.
func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("server closed the connection with code %d", e.Code)
	}
	return fmt.Sprintf("server closed the connection with code %d: %s", e.Code, e.Reason)
}

// StatusError is an HTTP response other than the upgrade to a WebSocket.
type StatusError struct {
	// Code is the HTTP status code.
	Code int
	// Status is the status line, such as "404 Not Found".
	Status string
	// Body is the beginning of the response's body on one line, at most 300 bytes of
	// what arrived within 100 ms. It is empty for status 401, whose body isn't read.
	Body string
	// RetryAfter is how long the server asked to wait, with status 429 or 503; 0 if
	// it didn't. At most 2 minutes are honoured.
	RetryAfter time.Duration
}

// Error names the status and what the server said.
func (e *StatusError) Error() string {
	text := "server answered HTTP " + e.Status + " instead of upgrading to a WebSocket"
	if e.Body != "" {
		text += ": " + e.Body
	}
	return text
}

// ProxyError means that an HTTP proxy refused to connect to the server.
type ProxyError = dial.ProxyError

// ConnectError is the error of a failed attempt to connect.
type ConnectError struct {
	// Endpoint is the name of the endpoint that was tried.
	Endpoint string
	// Step is the step that failed: "token", "dial", "TLS handshake", "upgrade" or
	// "handshake".
	Step string
	// Err is what went wrong.
	Err error

	answered bool // The server responded, but not as asked.
}

// Error names the endpoint, the step and the cause.
func (e *ConnectError) Error() string {
	cause := e.Err.Error()
	if !strings.HasPrefix(cause, e.Step+" ") { // As in "dial tcp …".
		cause = e.Step + ": " + cause
	}
	return "connect to " + e.Endpoint + ": " + cause
}

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// RejectedError means that the server refused the token. On the first connect it is
// final; on a reconnect it is final once every endpoint has refused the token twice.
type RejectedError struct {
	// Err is the server's response.
	Err error
}

// Reject wraps err in the error by which a [Handshake] reports that the server
// refused the token.
func Reject(err error) error { return &RejectedError{Err: err} }

// Error says that the token was refused, and how.
func (e *RejectedError) Error() string { return "token rejected: " + e.Err.Error() }

// Unwrap returns the server's response.
func (e *RejectedError) Unwrap() error { return e.Err }

func isRejected(err error) bool {
	var rejected *RejectedError
	return errors.As(err, &rejected)
}

// retryAfter returns how long the server asked to wait.
func retryAfter(err error) time.Duration {
	var refused *StatusError
	if errors.As(err, &refused) {
		return refused.RetryAfter
	}
	return 0
}
