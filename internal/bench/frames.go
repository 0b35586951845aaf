package main

// frames are messages encoded for the wire, to be sent over and over.
type frames struct {
	data []byte
	ends []int // Where each frame ends.
}

func encodeFrames(payloads [][]byte) frames {
	var f frames
	for _, p := range payloads {
		f.data = appendFrame(f.data, opBinary, p)
		f.ends = append(f.ends, len(f.data))
	}
	return f
}

// start returns where the frame with the given number begins, counted over all
// repetitions.
func (f frames) start(number int) int {
	start := number / len(f.ends) * len(f.data)
	if i := number % len(f.ends); i > 0 {
		start += f.ends[i-1]
	}
	return start
}

// next returns as many of at most n frames, from the given number on, as lie in
// one piece.
func (f frames) next(number, n int) (piece []byte, count int) {
	first := number % len(f.ends)
	count = min(n, len(f.ends)-first)
	from := f.start(first)
	return f.data[from:f.ends[first+count-1]], count
}
