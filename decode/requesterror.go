package decode

import (
	"errors"
	"strconv"
)

// Why [Webhook.Decode] refuses a request, besides [ErrUndecodable]. Each is found
// with errors.Is in its [*RequestError].
var (
	// ErrMethod means that the request is no POST: status 405. A [http.ServeMux] with
	// a pattern such as "POST /webhook" answers these itself, with the Allow header
	// that HTTP wants.
	ErrMethod = errors.New("decode: webhook method is not POST")
	// ErrUnverified means that a secret or a signature was asked for and is missing
	// or wrong: status 401. It doesn't say which. [CheckSignature] returns it too.
	ErrUnverified = errors.New("decode: unverified webhook")
	// ErrContentType means that the body is neither application/x-protobuf nor
	// application/json, or is compressed: status 415. No server sends such.
	ErrContentType = errors.New("decode: webhook is neither protobuf nor JSON")
	// ErrBodyTooLarge means that the body is over the limit, [Webhook].BodyLimit or
	// that of a [http.MaxBytesReader] around it: status 413.
	ErrBodyTooLarge = errors.New("decode: webhook body too large")
	// ErrBodyTimeout means that the body didn't arrive before the read deadline of
	// the connection, such as that of [http.Server].ReadTimeout: status 408.
	ErrBodyTimeout = errors.New("decode: webhook body took too long")
	// ErrEmptyBody means that there is no message: status 400. [AppendBody] returns
	// it too.
	ErrEmptyBody = errors.New("decode: empty webhook body")
)

// RequestError is a webhook request that was refused.
type RequestError struct {
	// Status is the HTTP status to answer with. The server only logs it, beside the
	// webhook's URL.
	Status int
	// Err is why: one of the sentinels, with or without details, or what else kept
	// the body from being read, such as a connection that broke (status 400).
	Err error
}

// Error returns the text of Err. That has no secret in it, neither the receiver's
// nor one that the request carried, and may be the text of the answer.
func (e *RequestError) Error() string {
	if e.Err == nil {
		return "decode: webhook refused with status " + strconv.Itoa(e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *RequestError) Unwrap() error { return e.Err }
