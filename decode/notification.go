package decode

import (
	"encoding/json"
	"log/slog"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Notification is an event on the server. Switch on its type for the fields, or
// compare its Kind:
//
//	switch n := n.(type) {
//	case decode.PeerConnected:
//		log.Print(n.RoomID, n.PeerID)
//	}
//
// The types of this package that implement it are plain values: comparable, safe to
// copy and to share between goroutines. They are always values, never pointers: a
// case *decode.PeerConnected compiles, since a pointer has its value's methods, but
// never matches.
//
// Each of them prints as its kind and its fields: String returns one line and
// LogValue a group, both with long texts truncated and without terminal control
// characters; MarshalJSON returns a complete object, which [UnmarshalNotification]
// reads.
type Notification interface {
	// Kind returns the notification's type.
	Kind() Kind
}

// RoomOf returns the id of the room that n is about, and whether there is one: it is
// false for notifications that belong to no room, such as [ViewerConnected],
// [Unknown] or a gap.
func RoomOf(n Notification) (roomID string, ok bool) {
	if n, ok := n.(interface{ room() string }); ok {
		return n.room(), true
	}
	return "", false
}

// Unknown is a message of a type newer than this library.
type Unknown struct {
	// Number is the message's field number in ServerMessage.
	Number int32
	// Payload is the encoded message, a string of bytes so that the value stays
	// comparable.
	Payload string
}

// Kind returns [KindUnknown].
func (Unknown) Kind() Kind { return KindUnknown }

// String returns the kind, the number and the payload's size.
func (u Unknown) String() string { return lineOf(u.Kind(), u.attrs()) }

// LogValue returns the kind, the number and the payload's size as a group.
func (u Unknown) LogValue() slog.Value { return groupOf(u.Kind(), u.attrs()) }

func (u Unknown) attrs() []slog.Attr {
	return []slog.Attr{slog.Int("number", int(u.Number)), slog.Int("bytes", len(u.Payload))}
}

// unknownJSON is an Unknown in JSON.
type unknownJSON struct {
	Kind    Kind   `json:"kind"`
	Number  int32  `json:"number"`
	Payload []byte `json:"payload"`
}

// MarshalJSON returns an object of kind, number and payload, the latter in base64.
func (u Unknown) MarshalJSON() ([]byte, error) {
	return json.Marshal(unknownJSON{u.Kind(), u.Number, []byte(u.Payload)})
}

// UnmarshalJSON reads what MarshalJSON returns.
func (u *Unknown) UnmarshalJSON(text []byte) error {
	var j unknownJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*u = Unknown{j.Number, string(j.Payload)}
	return nil
}

// Undecodable replaces an element of a batch that no schema allows there, such as a
// batch within the batch. A whole message that can't be decoded is an error instead.
type Undecodable struct {
	// Reason says what was wrong.
	Reason string `json:"reason"`
}

// Kind returns [KindUndecodable].
func (Undecodable) Kind() Kind                     { return KindUndecodable }
func (n Undecodable) String() string               { return line(n) }
func (n Undecodable) LogValue() slog.Value         { return logValue(n) }
func (n Undecodable) MarshalJSON() ([]byte, error) { return marshalJSON(n) }

// shownText is how many bytes of a text are printed.
const shownText = 256

func shown(text string) string { return redact.Cut(redact.Line(text), shownText) }
