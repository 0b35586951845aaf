package wsconn_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// The opcodes of WebSocket frames (RFC 6455, section 5.2), and the bit that
// marks the last frame of a message.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
	final          = 0x80
)

// peer is the server's end of a WebSocket, without a library.
type peer struct {
	net.Conn
	in      *bufio.Reader
	request *http.Request
}

// say writes frames, in one piece.
func (p *peer) say(frames ...[]byte) error {
	var all []byte
	for _, f := range frames {
		all = append(all, f...)
	}
	_, err := p.Write(all)
	return err
}

// drain reads until the client has gone. So the writes of a client on a pipe, which has
// no buffer, don't block.
func (p *peer) drain() { _, _ = io.Copy(io.Discard, p.in) }

// sent is a frame of the client.
type sent struct {
	opcode  byte
	payload string
	at      time.Time
}

// next reads the client's next frame.
func (p *peer) next() (sent, error) {
	var head [2]byte
	if _, err := io.ReadFull(p.in, head[:]); err != nil {
		return sent{}, err
	}
	size := uint64(head[1] &^ 0x80)
	switch {
	case head[1]&0x80 == 0:
		return sent{}, errors.New("the client's frame isn't masked")
	case head[0]&^0x0f != final:
		return sent{}, errors.New("the client's frame is a fragment or has reserved bits set")
	case size == 126:
		var length [2]byte
		if _, err := io.ReadFull(p.in, length[:]); err != nil {
			return sent{}, err
		}
		size = uint64(binary.BigEndian.Uint16(length[:]))
	case size == 127:
		var length [8]byte
		if _, err := io.ReadFull(p.in, length[:]); err != nil {
			return sent{}, err
		}
		size = binary.BigEndian.Uint64(length[:])
	}
	masked := make([]byte, 4+size)
	if _, err := io.ReadFull(p.in, masked); err != nil {
		return sent{}, err
	}
	mask, payload := masked[:4], masked[4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return sent{head[0] & 0x0f, string(payload), time.Now()}, nil
}

// frame returns an unmasked frame.
func frame(first byte, payload []byte) []byte {
	return append(frameHeader(first, uint64(len(payload))), payload...)
}

func frameHeader(first byte, size uint64) []byte {
	switch {
	case size < 126:
		return []byte{first, byte(size)}
	case size < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(size))
	}
	return binary.BigEndian.AppendUint64([]byte{first, 127}, size)
}

func closeFrame(code uint16, reason string) []byte {
	return frame(final|opClose, append(binary.BigEndian.AppendUint16(nil, code), reason...))
}
