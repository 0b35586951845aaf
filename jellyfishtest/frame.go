package jellyfishtest

import "encoding/binary"

// The opcodes of WebSocket frames (RFC 6455, section 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
)

// noCode is the close code that stands for a close frame without one.
const noCode = 1005

// finalBit marks the last frame of a message.
const finalBit = 0x80

// frame returns a whole unfragmented frame.
func frame(opcode byte, payload []byte) []byte {
	return append(frameHeader(finalBit|opcode, len(payload)), payload...)
}

// frameHeader returns the unmasked header of a frame whose payload has the given
// size.
func frameHeader(first byte, size int) []byte {
	switch {
	case size < 126:
		return []byte{first, byte(size)}
	case size < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(size))
	}
	return binary.BigEndian.AppendUint64([]byte{first, 127}, uint64(size))
}

// fragments returns a binary message in the given number of frames.
func fragments(payload []byte, pieces int) []byte {
	var frames []byte
	opcode := byte(opBinary)
	for i := range pieces {
		size := len(payload) / (pieces - i)
		if i == pieces-1 {
			opcode |= finalBit
		}
		frames = append(frames, frameHeader(opcode, size)...)
		frames = append(frames, payload[:size]...)
		payload, opcode = payload[size:], opContinuation
	}
	return frames
}

// closeFrame returns a close frame; noCode makes it empty.
func closeFrame(code int, reason string) []byte {
	if code == noCode {
		return frame(opClose, nil)
	}
	return frame(opClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}
