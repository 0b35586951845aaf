package decode

import (
	"encoding/json"
	"fmt"
)

// AppendBody decodes the body of a webhook and appends what it holds to dst in
// order, as [Append] does for a message. It is for where there is no
// [*http.Request] and for bodies that were kept; it verifies nothing, see
// [CheckSignature].
//
// A body that begins with { is the JSON of server 0.3.0, an object with the
// message as a string named notification; no message begins so. Every other body
// is the message itself, as servers 0.4.0 and later send it.
//
// The error of a body that holds no message satisfies errors.Is with
// [ErrEmptyBody] if there are no bytes at all, in the body or in the JSON string,
// and with [ErrUndecodable] otherwise; dst is then returned as it was. Nothing that
// is appended refers to body.
func AppendBody(dst []Notification, body []byte) ([]Notification, error) {
	if len(body) > 0 && body[0] == '{' {
		return appendJSON(dst, body)
	}
	return appendMessage(dst, body)
}

// appendMessage appends what a body holds that is a message.
func appendMessage(dst []Notification, message []byte) ([]Notification, error) {
	if len(message) == 0 {
		return dst, ErrEmptyBody
	}
	return Append(dst, message)
}

// jsonBody is the JSON of server 0.3.0. The string stays raw: it may hold bytes
// that are no UTF-8.
type jsonBody struct {
	Notification json.RawMessage `json:"notification"`
}

// appendJSON appends what a body holds that has a message within JSON.
func appendJSON(dst []Notification, body []byte) ([]Notification, error) {
	if len(body) == 0 {
		return dst, ErrEmptyBody
	}
	var b jsonBody
	if err := json.Unmarshal(body, &b); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	if len(b.Notification) == 0 || b.Notification[0] != '"' {
		return dst, fmt.Errorf("%w: JSON without a string named notification", ErrUndecodable)
	}
	message, ok := unescape(b.Notification)
	if !ok {
		return dst, fmt.Errorf("%w: half a surrogate pair in a JSON string", ErrUndecodable)
	}
	return appendMessage(dst, message)
}
