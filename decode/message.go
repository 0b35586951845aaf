package decode

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrUndecodable means that bytes aren't a message of the server. It is wrapped with
// the reason and the position.
var ErrUndecodable = errors.New("decode: undecodable message")

// MaxBatch is how many elements the batches of one message may hold together; a message
// with more is undecodable. Real batches hold a few. The limit protects against hostile
// messages: an empty notification takes five bytes in a message and up to 250 bytes of
// memory.
const MaxBatch = 65_536

// Append decodes one message of the server, a frame of its notification socket or the
// body of a webhook of server 0.4.0 and later ([AppendBody] takes those of every
// server), and appends its notifications to dst in order: one notification, a
// [MetricsReport], or the elements of a batch. The handshake's messages and an empty
// message have no notifications and are not an error. A message of a type newer than
// this library is appended as [Unknown], a batch within a batch as [Undecodable].
//
// The error for invalid bytes, and for more than [MaxBatch] elements, matches
// [ErrUndecodable]; dst is then returned unchanged.
//
// The appended values don't refer to message, which may be reused. The strings of one
// notification share one copy, so keeping a notification doesn't keep the other
// elements of a batch or the rest of the message in memory.
func Append(dst []Notification, message []byte) ([]Notification, error) {
	if len(message) > math.MaxInt32 {
		return dst, fmt.Errorf("%w: larger than protobuf allows", ErrUndecodable)
	}
	c := newCursor(message)
	var m serverMessage
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

// appendElements appends what is in the elements of a batch that ends at end.
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

// appendElement appends what is in the element of a batch that f holds.
func appendElement(dst []Notification, c *cursor, f field) ([]Notification, error) {
	element, err := c.element(f)
	if err != nil {
		return nil, err
	}
	var m serverMessage
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

// serverMessage is what was read of a ServerMessage: the last member of its oneof or,
// if there is none, the last unknown field that could be a newer member.
type serverMessage struct {
	kind    Kind // Zero while there is none.
	unknown bool // Whether the kind is newer than this library.
	fieldSpans

	// The notifications of a batch, already built.
	batch []Notification
}

// fieldSpans are the positions of a message's fields. If a field is repeated, its last
// value counts; repeated submessages are merged, as in protobuf.
//
// They are passed to the table's functions by value, and kept small for that: a pointer
// would cost an allocation.
type fieldSpans struct {
	texts   [4]span // By field number, 1 first; the first is also an unknown payload.
	ownerID span
	tracks  [2]trackSpans // The second is the video track, if there are two.
	enum    int32         // A message has one enum at most.
	owner   OwnerType
}

// trackSpans are the positions of a track's fields.
type trackSpans struct {
	id, metadata span
	kind         TrackType
}

// read adds the fields of a ServerMessage.
func (m *serverMessage) read(c *cursor) error {
	for end := len(c.message); c.at < end; {
		f, err := c.next(end)
		if err != nil {
			return err
		}
		if f.wire != protowire.BytesType {
			continue // In no schema: all members are messages.
		}
		if err := m.add(c, f); err != nil {
			return err
		}
	}
	return nil
}

// add adds one member. It replaces a member of another kind.
func (m *serverMessage) add(c *cursor, f field) (err error) {
	kind := Kind(f.number)
	e := entryOf(kind)
	if e == nil {
		if m.kind == 0 || m.unknown {
			m.kind, m.unknown, m.texts[0] = kind, true, f.payload
		}
		return nil
	}
	if m.kind != kind && m.kind != 0 {
		*m = serverMessage{}
	}
	m.kind = kind
	if err := c.enter(f); err != nil {
		return err
	}
	if kind == kindBatch {
		m.batch, err = appendElements(m.batch, c, int(f.payload.to))
	} else {
		err = m.readFields(c, int(f.payload.to), &e.fields)
	}
	c.leave()
	return err
}

// readFields adds the fields of a member.
func (m *serverMessage) readFields(c *cursor, end int, types *fields) error {
	for c.at < end {
		if m.readFast(c, end, types) {
			continue
		}
		f, err := c.next(end)
		if err != nil {
			return err
		}
		if int(f.number) > len(types) {
			continue
		}
		switch t := types[f.number-1]; {
		case t == noField:
		case t == enumField:
			if f.wire == protowire.VarintType {
				m.enum = int32(f.varint)
			}
		case f.wire == protowire.BytesType:
			if err := m.setPayload(c, t, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// readFast reads a field that is a short text or a small enum, as most are. It leaves
// everything else, errors included, to the caller, which is what makes it fast.
func (m *serverMessage) readFast(c *cursor, end int, types *fields) bool {
	b := c.message[c.at:end]
	if len(b) < 2 || b[1] >= 0x80 {
		return false
	}
	number, size := int(b[0]>>3)-1, int(b[1])
	if uint(number) >= uint(len(types)) {
		return false
	}
	switch t, wire := types[number], protowire.Type(b[0]&7); {
	case t == textField && wire == protowire.BytesType && size <= len(b)-2 && utf8.Valid(b[2:2+size]):
		c.at += 2
		m.texts[number] = span{uint32(c.at), uint32(c.at + size)}
		c.at += size
		return true
	case t == enumField && wire == protowire.VarintType:
		c.at += 2
		m.enum = int32(size)
		return true
	}
	return false
}

// setPayload sets a field that is a text or a track.
func (m *serverMessage) setPayload(c *cursor, t fieldType, f field) error {
	switch t {
	case textField:
		m.texts[f.number-1] = f.payload
	case peerField:
		m.owner = OwnerPeer
		m.ownerID = f.payload
	case componentField:
		m.owner = OwnerComponent
		m.ownerID = f.payload
	case trackField:
		return m.tracks[0].read(c, f)
	case videoField:
		return m.tracks[1].read(c, f)
	}
	return c.text(f)
}

// read adds the fields of the track that f holds.
func (t *trackSpans) read(c *cursor, f field) error {
	if err := c.enter(f); err != nil {
		return err
	}
	for end := int(f.payload.to); c.at < end; {
		f, err := c.next(end)
		if err != nil {
			return err
		}
		switch {
		case f.number == 1 && f.wire == protowire.BytesType:
			t.id, err = f.payload, c.text(f)
		case f.number == 2 && f.wire == protowire.VarintType:
			t.kind = TrackType(f.varint)
		case f.number == 3 && f.wire == protowire.BytesType:
			t.metadata, err = f.payload, c.text(f)
		}
		if err != nil {
			return err
		}
	}
	c.leave()
	return nil
}

// notification returns the notification that was read from the bytes, or nil if there
// is none.
func (m *serverMessage) notification(from []byte) Notification {
	if m.unknown {
		payload := m.texts[0]
		return Unknown{Number: int32(m.kind), Payload: string(from[payload.from:payload.to])}
	}
	e := entryOf(m.kind)
	if !e.isNotification() {
		return nil
	}
	return e.build(m.copied(from), m.fieldSpans)
}

const (
	// smallMessage is the size up to which a message is kept as it is.
	smallMessage = 128
	// maxWaste is how many bytes of a larger message may be kept besides its texts.
	maxWaste = 64
)

// copied returns the one copy that the notification's texts are cut from: the whole
// message, unless much of it would be kept for nothing.
func (m *serverMessage) copied(from []byte) string {
	if len(from) <= smallMessage {
		return string(from)
	}
	if size := m.textSize(); len(from)-size > maxWaste {
		return m.packed(from, size)
	}
	return string(from)
}

// packed returns the texts alone, concatenated.
func (m *serverMessage) packed(from []byte, size int) string {
	var texts strings.Builder
	texts.Grow(size)
	pack := func(s *span) {
		text := from[s.from:s.to]
		*s = span{uint32(texts.Len()), uint32(texts.Len() + len(text))}
		texts.Write(text)
	}
	for i := range m.texts {
		pack(&m.texts[i])
	}
	pack(&m.ownerID)
	for i := range m.tracks {
		pack(&m.tracks[i].id)
		pack(&m.tracks[i].metadata)
	}
	return texts.String()
}

// textSize returns the size of all texts together.
func (f *fieldSpans) textSize() int {
	size := f.ownerID.size()
	for _, s := range f.texts {
		size += s.size()
	}
	for _, t := range f.tracks {
		size += t.id.size() + t.metadata.size()
	}
	return size
}

// text returns the text field with the given number.
func (f *fieldSpans) text(s string, number int) string { return f.texts[number-1].in(s) }

// ownerIn returns the owner of a track or a channel.
func (f *fieldSpans) ownerIn(s string) Owner { return Owner{Type: f.owner, ID: f.ownerID.in(s)} }

// in returns the track, or the zero Track if none was sent.
func (t *trackSpans) in(s string) Track {
	return Track{ID: t.id.in(s), Type: t.kind, Metadata: Metadata(t.metadata.in(s))}
}
