package wsconn

import (
	"encoding/binary"
	"io"
	"math"
)

const (
	smallReads = 4 << 10
	// The size of a read on a busy connection.
	largeReads = 64 << 10
	// A larger message is left to the library: it allocates memory as the message
	// arrives, not because a frame claims to be large.
	maxBuffered = 1 << 20
)

// frameReader sits between a connection and the WebSocket library, which takes its
// locks three times per message. Most of what a server sends is whole binary messages
// in a single frame: next returns those from where they are in the buffer. Everything
// else, such as control frames, fragments, text, large or malformed frames, it leaves
// to the library, byte for byte, one frame at a time.
//
// The library reads by itself only while next isn't called, and never beyond the frame
// that was left to it, so that next always begins at a frame. Both are called by the
// connection's only reader.
type frameReader struct {
	io.ReadWriteCloser
	activity   *activity
	limit      int64
	beforeRead func() // Nil means nothing.

	buf  []byte
	from int // What is in buf and not read yet: buf[from:to].
	to   int
	full bool  // The last read filled the buffer.
	err  error // Of the connection, once it has ended.
	left int64 // Bytes of the current frame that are left to the library.
}

func newFrameReader(conn io.ReadWriteCloser, p *activity, limit int64) *frameReader {
	return &frameReader{ReadWriteCloser: conn, activity: p, limit: limit}
}

// frame is the header of a frame, see RFC 6455.
type frame struct {
	first   byte // FIN, reserved bits and opcode.
	masked  bool
	header  int   // Size in bytes.
	payload int64 // Size in bytes; negative if the length is invalid.
}

const wholeBinary = 0x80 | 0x2

// parseFrame returns false if more bytes are needed.
func parseFrame(b []byte) (f frame, ok bool) {
	if len(b) < 2 {
		return frame{}, false
	}
	f = frame{first: b[0], masked: b[1]&0x80 != 0, header: 2, payload: int64(b[1] & 0x7f)}
	switch {
	case f.payload < 126:
	case f.payload == 126 && len(b) >= 4:
		f.header, f.payload = 4, int64(binary.BigEndian.Uint16(b[2:]))
	case f.payload == 127 && len(b) >= 10:
		f.header, f.payload = 10, int64(binary.BigEndian.Uint64(b[2:]))
	default:
		return frame{}, false
	}
	if f.masked {
		f.header += 4
	}
	return f, true
}

// next waits for the next message and returns it, valid until the next call. It returns
// false if the message needs the library.
func (in *frameReader) next() (message []byte, ok bool) {
	for {
		f, parsed := parseFrame(in.buf[in.from:in.to])
		switch {
		case !parsed:
		case f.first != wholeBinary || f.masked || f.payload < 0 || f.payload > min(in.limit, maxBuffered):
			return nil, false
		case in.to-in.from >= f.header+int(f.payload):
			return in.take(f), true
		case f.header+int(f.payload) > largeReads:
			return in.large(f)
		}
		if in.to > in.from && parsed {
			in.activity.messageBegins()
		}
		if !in.fill() {
			return nil, false
		}
	}
}

// take takes a frame that is in the buffer.
func (in *frameReader) take(f frame) []byte {
	begin := in.from + f.header
	in.from = begin + int(f.payload)
	in.activity.messageEnds()
	return in.buf[begin:in.from:in.from]
}

// large reads a message that is too large for the buffer.
func (in *frameReader) large(f frame) (message []byte, ok bool) {
	in.activity.messageBegins()
	message = make([]byte, f.payload)
	n := copy(message, in.buf[in.from+f.header:in.to])
	in.from = in.to
	for n < len(message) {
		if in.err != nil {
			return nil, false // The library gets the same error.
		}
		read, err := in.read(message[n:])
		n += read
		in.err = err
	}
	in.activity.messageEnds()
	return message, true
}

// Read is for the library. It reads no more than the frame that is left to it.
func (in *frameReader) Read(p []byte) (int, error) {
	if in.left == 0 {
		in.left = in.nextFrame()
	}
	if in.from == in.to && !in.fill() {
		in.activity.ended = true
		return 0, in.err
	}
	n := copy(p[:min(int64(len(p)), in.left)], in.buf[in.from:in.to])
	in.from += n
	in.left -= int64(n)
	return n, nil
}

// nextFrame returns the size of the next frame with its header. A frame that has no
// valid size, or is cut short, is left to the library as a whole, which reports the
// error.
func (in *frameReader) nextFrame() int64 {
	for {
		f, ok := parseFrame(in.buf[in.from:in.to])
		switch {
		case ok && f.payload >= 0 && f.payload < math.MaxInt64-int64(f.header):
			return int64(f.header) + f.payload
		case ok, !in.fill():
			return math.MaxInt64
		}
	}
}

// fill waits for more bytes. It returns false once the connection has ended.
func (in *frameReader) fill() bool {
	if in.err != nil {
		return false
	}
	in.makeRoom()
	n, err := in.read(in.buf[in.to:])
	in.full = n == len(in.buf)-in.to
	in.to += n
	in.err = err
	return n > 0 || err == nil
}

// makeRoom enlarges the buffer if a read has filled it or a message is larger, and
// keeps it at that size.
func (in *frameReader) makeRoom() {
	pending := in.buf[in.from:in.to]
	switch {
	case in.buf == nil:
		in.buf = make([]byte, smallReads)
	case len(in.buf) < largeReads && (in.full || len(pending) == len(in.buf)):
		in.buf = make([]byte, largeReads)
	case len(pending) > 0 && in.to < len(in.buf):
		return
	}
	in.from, in.to = 0, copy(in.buf, pending)
}

// read reads from the connection and notes that bytes arrived.
func (in *frameReader) read(p []byte) (int, error) {
	if in.beforeRead != nil {
		in.beforeRead()
	}
	in.activity.publish()
	n, err := in.ReadWriteCloser.Read(p)
	if n > 0 {
		in.activity.bytesRead()
	}
	return n, err
}
