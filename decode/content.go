package decode

import "google.golang.org/protobuf/encoding/protowire"

// content is what was read of one ServerMessage: the member of its oneof that
// came last, or else the last unknown field that could be a newer member.
type content struct {
	kind    Kind // zero while there is none
	unknown bool // whether the kind is newer than this library

	// Where the member's fields are. Of a field that comes again the last value
	// stays, and so do the other fields of a message that comes again: that is
	// how protobuf merges.
	texts   [4]span // by field number, 1 first; the first is also an unknown payload
	enum    int32   // the one enum that a member can have
	owner   OwnerType
	ownerID span
	tracks  [2]trackContent

	// A batch's notifications. They are whole values already.
	batch []Notification
}

// trackContent is what was read of a track.
type trackContent struct {
	id, metadata span
	kind         TrackType
}

// read adds the fields of a ServerMessage.
func (m *content) read(c *cursor) error {
	for end := len(c.message); c.at < end; {
		f, err := c.next(end)
		if err != nil {
			return err
		}
		if f.wire != protowire.BytesType {
			continue // unknown to every schema: all members are messages
		}
		if err := m.add(c, f); err != nil {
			return err
		}
	}
	return nil
}

// add adds one member. It replaces a member of another kind.
func (m *content) add(c *cursor, f field) (err error) {
	kind := Kind(f.number)
	s, known := shapeOf(kind)
	if !known {
		if m.kind == 0 || m.unknown {
			m.kind, m.unknown, m.texts[0] = kind, true, f.payload
		}
		return nil
	}
	if m.kind != kind && m.kind != 0 {
		*m = content{}
	}
	m.kind = kind
	if err := c.enter(f); err != nil {
		return err
	}
	if kind == kindBatch {
		m.batch, err = appendElements(m.batch, c, f.payload.to)
	} else {
		err = m.readFields(c, f.payload.to, &s)
	}
	c.leave()
	return err
}

// readFields adds the fields of a member that has the given shape.
func (m *content) readFields(c *cursor, end int, s *shape) error {
	for c.at < end {
		f, err := c.next(end)
		if err != nil {
			return err
		}
		switch t := s.field(int(f.number)); {
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
func (m *content) setPayload(c *cursor, t fieldType, f field) error {
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
func (t *trackContent) read(c *cursor, f field) error {
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
