package decode

import (
	"errors"
	"strings"

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
// The strings of one notification share one copy of them alone, so keeping one keeps
// neither the other elements of a batch nor what else was in the message.
func Append(dst []Notification, message []byte) ([]Notification, error) {
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

// serverMessage is what was read of one ServerMessage: the member of its oneof that
// came last, or else the last unknown field that could be a newer member.
type serverMessage struct {
	kind    Kind // Zero while there is none.
	unknown bool // Whether the kind is newer than this library.

	// Where the member's fields are. Of a field that comes again the last value
	// stays, and so do the other fields of a message that comes again: that is
	// how protobuf merges.
	texts   [4]span // By field number, 1 first; the first is also an unknown payload.
	enum    int32
	owner   OwnerType
	ownerID span
	tracks  [2]track

	// A batch's notifications. They are whole values already.
	batch []Notification
}

// track is what was read of a track.
type track struct {
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
			continue // Unknown to every schema: all members are messages.
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
		m.batch, err = appendElements(m.batch, c, f.payload.to)
	} else {
		err = m.readFields(c, f.payload.to, &e.fields)
	}
	c.leave()
	return err
}

// readFields adds the fields of a member.
func (m *serverMessage) readFields(c *cursor, end int, types *fields) error {
	for c.at < end {
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
func (t *track) read(c *cursor, f field) error {
	if err := c.enter(f); err != nil {
		return err
	}
	for end := f.payload.to; c.at < end; {
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

// notification returns what was read from the bytes, or nil where that is no
// notification.
func (m *serverMessage) notification(from []byte) Notification {
	if m.unknown {
		return Unknown{Number: int32(m.kind), Payload: string(from[m.texts[0].from:m.texts[0].to])}
	}
	e := entryOf(m.kind)
	if !e.isNotification() {
		return nil
	}
	return e.build(m.values(from))
}

// values returns the fields' values. Their texts are cut from one copy, which has
// nothing else in it: whoever keeps a notification keeps no more than its texts.
func (m *serverMessage) values(from []byte) (v values) {
	var texts strings.Builder
	texts.Grow(m.textSize())
	text := func(s span) string {
		if s.from == s.to {
			return ""
		}
		begin := texts.Len()
		texts.Write(from[s.from:s.to])
		return texts.String()[begin:]
	}
	for i, s := range m.texts {
		v.texts[i] = text(s)
	}
	v.enum = m.enum
	if m.owner != OwnerUnspecified {
		v.owner = Owner{Type: m.owner, ID: text(m.ownerID)}
	}
	v.track = m.tracks[0].value(text)
	v.video = m.tracks[1].value(text)
	return v
}

func (t *track) value(text func(span) string) Track {
	if *t == (track{}) {
		return Track{}
	}
	return Track{ID: text(t.id), Type: t.kind, Metadata: Metadata(text(t.metadata))}
}

// textSize returns the size of all texts together.
func (m *serverMessage) textSize() int {
	size := m.ownerID.size()
	for _, s := range m.texts {
		size += s.size()
	}
	for i := range m.tracks {
		size += m.tracks[i].id.size() + m.tracks[i].metadata.size()
	}
	return size
}

func (s span) size() int { return s.to - s.from }
