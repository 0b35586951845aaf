package main

import (
	"encoding/binary"
	"errors"
	"io"
)

// The WebSocket opcodes that are spoken here.
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

// clientFrame returns a short whole frame as a client sends it: masked, if only
// with zeros.
func clientFrame(payload []byte) []byte {
	return append([]byte{0x80 | opBinary, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

// readClientFrame reads a frame of a client: masked, whole, and short as all are
// that a client sends here.
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
