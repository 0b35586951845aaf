package stream

import (
	"reflect"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// sizeOf returns the size in bytes at which a notification counts that came with
// others in a message: that of the message or, in a batch, of its own texts. An
// average would let a filter keep the large ones for the price of the small.
func sizeOf(n decode.Notification, message wsconn.Message, others int) int {
	if others == 1 {
		return len(message.Data)
	}
	return sizeAlone(n)
}

// sizeAlone returns about the size of a notification in bytes on the wire.
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
