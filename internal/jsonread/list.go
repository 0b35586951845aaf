package jsonread

import "unsafe"

const (
	minChunk = 4        // In elements,
	maxChunk = 32 << 10 // and in bytes.
)

// Chunks collects the elements of one list after another. It grows by whole chunks,
// which stay where they are: growing copies nothing, and leaves behind no array that
// takes memory until the next garbage collection.
type Chunks[T any] struct {
	chunks [][]T
	at     int // The chunk that is being filled.
	room   int // What all chunks hold, in elements.
}

// List reads an array. An element that read refuses is left out and recorded as a
// problem. The list is nil if the next value isn't an array. Elements are collected
// in spare, which should be used for all lists of that type that aren't within each
// other.
func List[T any](r *Reader, spare *Chunks[T], read func() (T, bool)) []T {
	if !r.Array() {
		return nil
	}
	spare.empty()
	n := 0
	for r.Element() {
		if value, ok := read(); ok && spare.add(r, value) {
			n++
		}
	}
	if r.err != nil || !r.Charge(n*int(unsafe.Sizeof(*new(T)))) {
		return nil
	}
	list := make([]T, 0, n)
	for _, chunk := range spare.chunks {
		list = append(list, chunk...)
	}
	return list
}

func (c *Chunks[T]) empty() {
	for i, chunk := range c.chunks {
		c.chunks[i] = chunk[:0]
	}
	c.at = 0
}

// add adds a value; false if the budget is spent.
func (c *Chunks[T]) add(r *Reader, value T) bool {
	for ; c.at < len(c.chunks); c.at++ {
		if chunk := c.chunks[c.at]; len(chunk) < cap(chunk) {
			c.chunks[c.at] = append(chunk, value)
			return true
		}
	}
	size := max(1, int(unsafe.Sizeof(value)))
	room := max(minChunk, min(c.room, maxChunk/size)) // As much as there is already.
	if !r.Charge(room * size) {
		return false
	}
	c.chunks = append(c.chunks, append(make([]T, 0, room), value))
	c.room += room
	return true
}
