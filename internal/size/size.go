// Package size estimates how much memory a notification takes.
package size

import "reflect"

// Of returns the size of the texts in a value, which is a struct, a text or
// neither, and about what its fields cost beside them on the wire.
func Of(value any) int { return of(reflect.ValueOf(value)) }

func of(v reflect.Value) int {
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Struct:
		size := 2 // About what a field costs beside its text.
		for i := range v.NumField() {
			size += of(v.Field(i))
		}
		return size
	}
	return 1
}
