package wsconn_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// FuzzReceive lets a server say anything after the upgrade and end the stream. Receive
// must return an error in the end, no later than the watchdog allows; no more is
// received than was sent, and the buffer is no larger than the limit requires.
func FuzzReceive(f *testing.F) {
	for _, seed := range [][]byte{
		nil,
		frame(final|opBinary, []byte("hello")),
		frame(final|opText, []byte("hello")),
		frame(final|opBinary, payload(5000)),
		inFragments(opBinary, []byte("in three pieces"), frame(final|opPing, nil), 5, 0, 10),
		frame(final|opBinary, payload(300))[:200],
		frameHeader(final|opBinary, 1<<62),
		frameHeader(opContinuation, 1<<63),
		frame(final|opPing, []byte("ping")),
		frame(final|opPong, []byte("pong")),
		closeFrame(1000, "invalid token"),
		frame(final|opClose, nil),
		frame(final|opClose, []byte{3}),
		{final | opBinary, 0x80 | 5, 1, 2, 3, 4, 5, 6, 7, 8, 9}, // Masked.
		{final | opPing, 0x80 | 1, 1, 2, 3, 4, 5},
	} {
		f.Add(seed, uint16(1<<12))
	}
	f.Fuzz(func(t *testing.T, said []byte, piece uint16) {
		synctest.Test(t, func(t *testing.T) {
			const limit = 4 << 10
			h := inMemory(t, upgraded(func(p *peer) {
				drained := make(chan struct{})
				go func() {
					p.drain()
					close(drained)
				}()
				for rest := said; len(rest) > 0; rest = rest[min(int(piece)+1, len(rest)):] {
					if p.say(rest[:min(int(piece)+1, len(rest))]) != nil {
						break
					}
				}
				synctest.Wait()
				_ = p.Close()
				<-drained
			}))
			cfg := h.config()
			cfg.ReadLimit = limit
			conn := dial(t, cfg)
			began := time.Now()
			var received []byte
			for {
				message, err := conn.Receive()
				if err != nil {
					if errors.Is(err, wsconn.ErrNotConnected) {
						t.Errorf("lost without a reason: %v", err)
					}
					break
				}
				if len(message.Data) > limit || cap(message.Data) > 2*limit {
					t.Fatalf("a message of %d bytes in %d of memory", len(message.Data), cap(message.Data))
				}
				received = append(received, message.Data...)
			}
			if took := time.Since(began); took > 75*time.Second {
				t.Errorf("took %v", took)
			}
			if len(received) > len(said) || !subsequence(received, said) {
				t.Errorf("received %d bytes that weren't sent", len(received))
			}
		})
	})
}

// subsequence reports whether part can be made of whole by leaving bytes out.
func subsequence(part, whole []byte) bool {
	for _, b := range part {
		i := bytes.IndexByte(whole, b)
		if i < 0 {
			return false
		}
		whole = whole[i+1:]
	}
	return true
}
