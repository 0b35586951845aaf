package decode

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrUndecodable is the error, wrapped with the reason and the place, of bytes
// that are no message of the server.
var ErrUndecodable = errors.New("decode: undecodable message")

// MaxBatch is how many elements the batches of one message may hold together; a
// message with more is undecodable. Real batches hold a few. The limit is for
// hostile ones: an empty notification takes five bytes in a message and up to 250
// bytes of memory.
const MaxBatch = 65_536

// Append decodes one message of the server, a frame of its notification socket
// or the body of a webhook of server 0.4.0 and later ([AppendBody] takes those of
// every server), and appends what it holds to dst in order: one notification, a
// [MetricsReport], or the elements of a batch. The handshake's
// messages and an empty message hold nothing and are no error. A message of a
// type newer than this library is appended as [Unknown], a batch within a batch
// as [Undecodable].
//
// The error of bytes that are no message, and of more than [MaxBatch] elements,
// satisfies errors.Is with [ErrUndecodable]; dst is then returned as it was.
//
// Nothing that is appended refers to message, whose bytes may be used again.
// The strings of one notification share one copy of its own bytes, so keeping a
// single element of a batch does not keep the others.
func Append(dst []Notification, message []byte) ([]Notification, error) {
	c := newCursor(message)
	var m content
	if err := m.read(&c); err != nil {
		return dst, err
	}
	if m.kind == kindBatch {
		return append(dst, m.batch...), nil
	}
	if n := m.notification(message); n != nil {
		dst = append(dst, n)
	}
	return dst, nil
}

// appendElements appends what the elements of a batch hold that ends at end.
func appendElements(dst []Notification, c *cursor, end int) ([]Notification, error) {
	for c.at < end {
		f, err := c.next(end)
		if err != nil {
			return nil, err
		}
		if f.number != 1 || f.wire != protowire.BytesType {
			continue
		}
		if dst, err = appendElement(dst, c, f); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// appendElement appends what the element of a batch holds that is in f.
func appendElement(dst []Notification, c *cursor, f field) ([]Notification, error) {
	element, err := c.element(f)
	if err != nil {
		return nil, err
	}
	var m content
	if err := m.read(&element); err != nil {
		return nil, err
	}
	c.leaveElement(element)
	if m.kind == kindBatch {
		return append(dst, Undecodable{Reason: "a batch within a batch"}), nil
	}
	if n := m.notification(element.message); n != nil {
		dst = append(dst, n)
	}
	return dst, nil
}
