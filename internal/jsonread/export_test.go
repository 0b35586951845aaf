package jsonread

// Kept returns what is charged for what is kept of the text, besides the window
// that a reader begins with.
func (r *Reader) Kept() int64 { return r.kept - windowSize }
