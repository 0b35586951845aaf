package decode

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// cursor reads the fields of a ServerMessage one by one. To enter a nested message it
// goes back to where that message's payload begins; it has left the message once it has
// read to the payload's end.
type cursor struct {
	message []byte
	at      int // Position of the next field.
	depth   int // How many more levels of messages may be nested in this one.
	offset  int // Where the message begins in the frame, for errors.

	elements int // How many more elements of batches may follow.
}

// field is one field of a message: a varint or a payload, or neither for wire types
// that no known field has.
type field struct {
	number  protowire.Number
	wire    protowire.Type
	varint  uint64
	payload span
}

// span is a half-open range of bytes: from is included, to is not.
type span struct {
	from, to uint32
}

func (s span) size() int { return int(s.to - s.from) }

// in returns the part of s that the span marks.
func (s span) in(text string) string { return text[s.from:s.to] }

// newCursor returns a cursor over the message of a frame. The nesting limit is that of
// proto.Unmarshal, where the outermost message counts as a level.
func newCursor(frame []byte) cursor {
	return cursor{message: frame, depth: protowire.DefaultRecursionLimit - 1, elements: MaxBatch}
}

// next reads one field of a message that ends at end and steps over it.
func (c *cursor) next(end int) (f field, err error) {
	tag, n := protowire.ConsumeVarint(c.message[c.at:end])
	if n < 0 {
		return f, c.malformed(n)
	}
	number := tag >> 3
	if number < uint64(protowire.MinValidNumber) || number > uint64(protowire.MaxValidNumber) {
		return f, c.undecodable("invalid field number")
	}
	c.at += n

	f.number = protowire.Number(number)
	f.wire = protowire.Type(tag & 7)
	rest := c.message[c.at:end]
	switch f.wire {
	case protowire.VarintType:
		f.varint, n = protowire.ConsumeVarint(rest)
	case protowire.BytesType:
		var payload []byte
		payload, n = protowire.ConsumeBytes(rest)
		f.payload = span{from: uint32(c.at + n - len(payload)), to: uint32(c.at + n)}
	default:
		n = protowire.ConsumeFieldValue(f.number, f.wire, rest)
	}
	if n < 0 {
		return f, c.malformed(n)
	}
	c.at += n
	return f, nil
}

// enter goes back to the beginning of the message in f. Call leave once it has been
// read.
func (c *cursor) enter(f field) error {
	if c.depth == 0 {
		return c.undecodable("messages nested too deeply")
	}
	c.depth--
	c.at = int(f.payload.from)
	return nil
}

func (c *cursor) leave() {
	c.depth++
}

// element returns a cursor over the ServerMessage in f, an element of a batch. Call
// leaveElement once it has been read.
func (c *cursor) element(f field) (cursor, error) {
	switch {
	case c.depth == 0:
		return cursor{}, c.undecodable("messages nested too deeply")
	case c.elements == 0:
		return cursor{}, c.undecodable("too many elements in batches")
	}
	return cursor{
		message:  c.message[f.payload.from:f.payload.to],
		depth:    c.depth - 1,
		offset:   c.offset + int(f.payload.from),
		elements: c.elements - 1,
	}, nil
}

// leaveElement takes over the number of elements that may still follow.
func (c *cursor) leaveElement(element cursor) {
	c.elements = element.elements
}

// text checks that a field's payload is text.
func (c *cursor) text(f field) error {
	if !utf8.Valid(c.message[f.payload.from:f.payload.to]) {
		c.at = int(f.payload.from)
		return c.undecodable("text that is not UTF-8")
	}
	return nil
}

// malformed returns the error for a negative length from package protowire.
func (c *cursor) malformed(code int) error {
	if errors.Is(protowire.ParseError(code), io.ErrUnexpectedEOF) {
		return c.undecodable("message cut short")
	}
	return c.undecodable("malformed field")
}

func (c *cursor) undecodable(reason string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrUndecodable, reason, c.offset+c.at)
}
