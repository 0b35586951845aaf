package jsonread

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
