package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// The WebSocket opcodes used here.
const (
	opBinary = 2
	opPing   = 9
	opPong   = 10
)

// appendFrame appends a whole frame as a server sends it, unmasked.
func appendFrame(dst []byte, opcode byte, payload []byte) []byte {
	dst = append(dst, 0x80|opcode)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, payload...)
}

// readClientFrame reads a client's frame: masked, whole, and short, like all frames
// that clients send here.
func readClientFrame(r io.Reader) (opcode byte, payload []byte, err error) {
	var head [6]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	opcode, length, mask := head[0]&0x0f, head[1]&0x7f, head[2:]
	if head[0]&0xf0 != 0x80 || head[1]&0x80 == 0 || length > 125 {
		return 0, nil, errors.New("client frame is not whole, masked and short")
	}
	payload = make([]byte, length)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return opcode, payload, nil
}

// frames are encoded messages, to be sent over and over.
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

// start returns the start of the frame with the given number, counted over all
// repetitions.
func (f frames) start(number int) int {
	start := number / len(f.ends) * len(f.data)
	if i := number % len(f.ends); i > 0 {
		start += f.ends[i-1]
	}
	return start
}

// next returns as many of at most n frames, from the given number on, as are
// contiguous.
func (f frames) next(number, n int) (piece []byte, count int) {
	first := number % len(f.ends)
	count = min(n, len(f.ends)-first)
	from := f.start(first)
	return f.data[from:f.ends[first+count-1]], count
}

// stampLength is the length of a stamp: a time as text that can serve as an id, in
// nanoseconds of the system's clock, which all processes of a machine share.
const stampLength = 16

func formatStamp(t time.Time) string { return string(appendStamp(nil, t)) }

func appendStamp(dst []byte, t time.Time) []byte {
	var nanoseconds [8]byte
	binary.BigEndian.PutUint64(nanoseconds[:], uint64(t.UnixNano()))
	return hex.AppendEncode(dst, nanoseconds[:])
}

func parseStamp(s string) (time.Time, error) {
	nanoseconds, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(0, int64(nanoseconds)), nil
}

// appendStampedFrame appends a PeerConnected in one of many rooms, with a stamp as the
// peer's id.
func appendStampedFrame(dst []byte, room int, t time.Time) []byte {
	return appendFrame(dst, opBinary, encode(&pb.ServerMessage{Content: &pb.ServerMessage_PeerConnected{
		PeerConnected: &pb.PeerConnected{RoomId: fmt.Sprintf(stampedRoom, room), PeerId: formatStamp(t)},
	}}))
}

const stampedRoom = "7d1c5a9e-3f52-4b8a-9d1e-0c6b2f%06d"
