package jsonread

import "unsafe"

const (
	perByte = 8        // How many bytes may be kept for each that was read,
	ahead   = 64 << 10 // and how many before any was.
	atMost  = 4        // How many times the limit may be kept in all.
)

// budget counts what is kept of a text in memory.
type budget struct {
	limit int64 // Of the text, in bytes.
	read  int64
	kept  int64
	spent bool // Whether more was to be kept than may be.
}

// Charge counts n bytes that are to be allocated, and returns whether they may be.
func (r *Reader) Charge(n int) bool {
	r.kept += int64(n)
	if r.kept > min(perByte*r.read+ahead, atMost*r.limit) {
		r.spent = true
		r.fail(ErrTooLarge)
	}
	return !r.spent
}

// release takes back what was charged for memory that is used no longer.
func (r *Reader) release(n int) { r.kept -= int64(n) }

// textSize is what a text of n bytes takes in memory, about.
func textSize(n int) int { return (n + 15) &^ 15 }

// Append appends a value to a list, and charges the list's growth to the budget.
// The list stays as it is once that is spent.
func Append[T any](r *Reader, list []T, value T) []T {
	if len(list) < cap(list) {
		return append(list, value)
	}
	size := int(unsafe.Sizeof(value))
	room := max(4, 2*cap(list))
	if !r.Charge(room * size) {
		return list
	}
	r.release(cap(list) * size)
	return append(append(make([]T, 0, room), list...), value)
}

// List reads an array. An element that read refuses is left out and recorded as a
// problem. The list is nil if the next value isn't an array. Elements are collected
// in spare, which should be used for all lists of that type that aren't within each
// other.
func List[T any](r *Reader, spare *[]T, read func() (T, bool)) []T {
	if !r.Array() {
		return nil
	}
	all := (*spare)[:0]
	for r.Element() {
		if value, ok := read(); ok {
			all = Append(r, all, value)
		}
	}
	*spare = all
	if !r.Charge(len(all) * int(unsafe.Sizeof(*new(T)))) {
		return nil
	}
	return append(make([]T, 0, len(all)), all...)
}
