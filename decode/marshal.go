package decode

import (
	"fmt"
	"reflect"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Marshal returns the message that holds one notification, as servers send it over the
// socket and as the body of a webhook: [Append] decodes it to an equal value. Use it to
// store notifications or to forward them.
//
// It returns an error for a notification without a wire form, such as a gap, an
// [Undecodable] or a pointer to a notification, and for a text that isn't UTF-8.
func Marshal(n Notification) ([]byte, error) {
	if unknown, ok := n.(Unknown); ok {
		return marshalUnknown(unknown)
	}
	if t := reflect.TypeOf(n); t != nil && t.Kind() == reflect.Pointer {
		return nil, noWireForm(n, "pass the value, not a pointer to it")
	}
	if !isSent(n) {
		return nil, noWireForm(n, "no server sends it")
	}
	content, err := appendFields(nil, &entryOf(n.Kind()).fields, reflect.ValueOf(n))
	if err != nil {
		return nil, noWireForm(n, err.Error())
	}
	return member(protowire.Number(n.Kind()), content), nil
}

// isSent reports whether n has the type that messages of its kind are decoded into.
func isSent(n Notification) bool {
	if v := reflect.ValueOf(n); v.Kind() != reflect.Struct {
		return false
	}
	e := entryOf(n.Kind())
	return e.isNotification() && reflect.TypeOf(e.build("", fieldSpans{})) == reflect.TypeOf(n)
}

func marshalUnknown(n Unknown) ([]byte, error) {
	number := protowire.Number(n.Number)
	if !number.IsValid() || entryOf(Kind(number)) != nil {
		return nil, noWireForm(n, fmt.Sprintf("%d is no number of an unknown message", n.Number))
	}
	return member(number, []byte(n.Payload)), nil
}

func noWireForm(n Notification, why string) error {
	return fmt.Errorf("decode: marshal %T: %s", n, why)
}

// member returns a message that has one member.
func member(number protowire.Number, content []byte) []byte {
	message := make([]byte, 0, len(content)+8)
	return protowire.AppendBytes(protowire.AppendTag(message, number, protowire.BytesType), content)
}

// appendFields appends the fields of a notification's struct. They are in the order of
// their field numbers; an owner takes two of these.
func appendFields(dst []byte, types *fields, v reflect.Value) (_ []byte, err error) {
	at := 0
	for i, t := range types {
		if t == noField || t == componentField {
			continue
		}
		number, field := protowire.Number(i+1), v.Field(at)
		at++
		switch t {
		case textField:
			dst, err = appendText(dst, number, field.String())
		case enumField:
			dst = appendEnum(dst, number, int32(field.Int()))
		case peerField:
			dst, err = appendOwner(dst, number, field.Interface().(Owner))
		case trackField, videoField:
			dst, err = appendTrack(dst, number, field.Interface().(Track))
		}
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// appendText appends a text, or nothing if it is empty, as protobuf does.
func appendText(dst []byte, number protowire.Number, text string) ([]byte, error) {
	if text == "" {
		return dst, nil
	}
	return appendPresentText(dst, number, text)
}

func appendPresentText(dst []byte, number protowire.Number, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("text of field %d isn't UTF-8", number)
	}
	return protowire.AppendString(protowire.AppendTag(dst, number, protowire.BytesType), text), nil
}

func appendEnum(dst []byte, number protowire.Number, value int32) []byte {
	if value == 0 {
		return dst
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, number, protowire.VarintType), uint64(value))
}

// appendOwner appends the id of an owner as the oneof member for its type, even if the
// id is empty: number is that of a peer, the next one that of a component.
func appendOwner(dst []byte, number protowire.Number, owner Owner) ([]byte, error) {
	switch owner {
	case Owner{Type: OwnerPeer, ID: owner.ID}:
		return appendPresentText(dst, number, owner.ID)
	case Owner{Type: OwnerComponent, ID: owner.ID}:
		return appendPresentText(dst, number+1, owner.ID)
	case Owner{}:
		return dst, nil
	}
	return nil, fmt.Errorf("%s is neither a peer nor a component", owner.Type)
}

// appendTrack appends a track, or nothing for the zero Track, which means none.
func appendTrack(dst []byte, number protowire.Number, t Track) ([]byte, error) {
	if t == (Track{}) {
		return dst, nil
	}
	content, err := appendText(nil, 1, t.ID)
	if err != nil {
		return nil, err
	}
	content = appendEnum(content, 2, int32(t.Type))
	if content, err = appendText(content, 3, string(t.Metadata)); err != nil {
		return nil, err
	}
	return protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), content), nil
}
