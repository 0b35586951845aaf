package stream

import (
	"reflect"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// smallMessage is the size up to which a message counts as it is. It is cheaper
// than to look at the texts, and near enough.
const smallMessage = 1024

// sizeOf returns the size in bytes at which a notification counts that came with
// others in a message: about what it keeps in memory, which is its own texts. An
// average would let a filter keep the large ones for the price of the small.
func sizeOf(n decode.Notification, message wsconn.Message, others int) int {
	if others == 1 && len(message.Data) <= smallMessage {
		return len(message.Data)
	}
	return sizeAlone(n)
}

// sizeAlone returns the size of a notification's texts and about what its fields
// cost beside them on the wire.
func sizeAlone(n decode.Notification) int { return textsIn(reflect.ValueOf(n)) }

func textsIn(v reflect.Value) int {
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Struct:
		size := 2 // About what a field costs beside its text.
		for i := range v.NumField() {
			size += textsIn(v.Field(i))
		}
		return size
	}
	return 1
}
