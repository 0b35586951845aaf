package jellyfishtest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// incoming is the receiving half of a WebSocket connection. The library does the
// upgrade and reads; it writes nothing, because its answers differ from those
// of a Jellyfish server and because all frames go through the socket's queue.
type incoming struct {
	library *websocket.Conn
	wire    *receiver
}

// accept upgrades the request; onPing is called with each ping's payload while
// next reads. A request that is no upgrade is answered with an error, and the
// result is nil.
func accept(w http.ResponseWriter, r *http.Request, onPing func([]byte)) *incoming {
	upgrade := &upgradeWriter{ResponseWriter: w}
	library, err := websocket.Accept(upgrade, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // The caller checked the origin.
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived: func(_ context.Context, payload []byte) bool {
			onPing(payload)
			return false
		},
	})
	if err != nil {
		return nil
	}
	library.SetReadLimit(-1)
	return &incoming{library: library, wire: upgrade.wire}
}

// next returns the client's next message. If there is none, the error is the
// closing that answers what the client did, or says that the connection is lost.
func (in *incoming) next() (text bool, data []byte, err error) {
	kind, data, err := in.library.Read(context.Background())
	var closed websocket.CloseError
	switch {
	case err == nil && kind == websocket.MessageText && !utf8.Valid(data):
		return false, nil, closing{code: 1007}
	case err == nil:
		return kind == websocket.MessageText, data, nil
	case errors.As(err, &closed):
		return false, nil, closing{code: int(closed.Code)}
	case in.wire.err != nil:
		return false, nil, in.wire.err
	}
	return false, nil, closing{code: 1002} // What came was no WebSocket frame.
}

// release closes the library's connection once the real one has ended. The
// library's has a finalizer and is part of a cycle: unless it is closed, it and
// everything that it refers to are never collected.
func (in *incoming) release() { _ = in.library.CloseNow() }

// upgradeWriter is the response to a request for an upgrade. Where the library
// refuses, it sends what a Jellyfish server sends.
type upgradeWriter struct {
	http.ResponseWriter
	wire *receiver // Nil until the connection is taken over.
}

func (u *upgradeWriter) WriteHeader(status int) {
	if status != http.StatusSwitchingProtocols {
		clear(u.Header())
		status = http.StatusBadRequest
	}
	u.ResponseWriter.WriteHeader(status)
}

func (u *upgradeWriter) Write(p []byte) (int, error) {
	return len(p), nil // The library's explanation.
}

// Hijack sends the response and takes the connection over.
func (u *upgradeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffered, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.wire = &receiver{Conn: c}
	buffered.Writer.Reset(u.wire)
	return u.wire, buffered, nil
}

// receiver is a connection as the library may see it: it can only read.
type receiver struct {
	net.Conn
	err error // Why reading ended.
}

func (r *receiver) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	if err != nil {
		r.err = err
	}
	return n, err
}

func (r *receiver) Write(p []byte) (int, error) { return len(p), nil }

func (r *receiver) Close() error { return nil }

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
