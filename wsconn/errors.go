package wsconn

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed is why a connection ended that was closed with [Conn.Close].
	ErrClosed = errors.New("connection closed")
	// ErrNotConnected is returned by Send while there is no live connection.
	ErrNotConnected = errors.New("not connected")
	// ErrMessageTooBig ends a connection on which a message exceeded
	// Config.ReadLimit.
	ErrMessageTooBig = errors.New("message too big")
	// ErrDead ends a connection on which the server has fallen silent.
	ErrDead = errors.New("connection is dead")
)

// CloseError is the close frame with which the server ended a connection.
type CloseError struct {
	// Code is the status code, 1005 where the frame had none.
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

// StatusError is an HTTP answer in place of the upgrade to a WebSocket.
type StatusError struct {
	// Code is the HTTP status code.
	Code int
	// Status is the status line, such as "404 Not Found".
	Status string
}

// Error names the status.
func (e *StatusError) Error() string {
	return "server answered HTTP " + e.Status + " instead of upgrading to a WebSocket"
}

// ConnectError is an attempt to connect that failed.
type ConnectError struct {
	// Endpoint is the name of the endpoint that was tried.
	Endpoint string
	// Step is how far the attempt had come: "token", "dial", "TLS handshake",
	// "upgrade" or "handshake".
	Step string
	// Err is what went wrong.
	Err error
}

// Error names the endpoint, the step and the cause.
func (e *ConnectError) Error() string {
	return fmt.Sprintf("connect to %s: %s: %v", e.Endpoint, e.Step, e.Err)
}

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// RejectedError means that the server refused the token. It ends the connection
// for good on the first connect, and after two in a row later on.
type RejectedError struct {
	// Err is the server's answer.
	Err error
}

// Reject returns the error with which a [Handshake] declares that the server
// refused the token.
func Reject(err error) error { return &RejectedError{Err: err} }

// Error says that the token was refused, and how.
func (e *RejectedError) Error() string { return "token rejected: " + e.Err.Error() }

// Unwrap returns the server's answer.
func (e *RejectedError) Unwrap() error { return e.Err }

func isRejected(err error) bool {
	var rejected *RejectedError
	return errors.As(err, &rejected)
}
