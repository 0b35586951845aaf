package wsconn_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// payload returns bytes in which no two stretches are alike.
func payload(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// inFragments returns a message in frames whose payloads have the given sizes, with
// between after each but the last.
func inFragments(opcode byte, payload []byte, between []byte, sizes ...int) []byte {
	var frames []byte
	for i, size := range sizes {
		if i == len(sizes)-1 {
			opcode |= final
		}
		frames = append(frames, frame(opcode, payload[:size])...)
		payload = payload[size:]
		if i < len(sizes)-1 {
			frames = append(frames, between...)
		}
		opcode = opContinuation
	}
	return frames
}

func TestMessagesArriveAsTheyWereSent(t *testing.T) {
	type message struct {
		frames []byte
		data   []byte
		text   bool
	}
	var messages []message
	for _, size := range []int{0, 1, 125, 126, 4095, 4096, 4097, 65535, 65536, 1 << 20} {
		data := payload(size)
		ping := frame(final|opPing, []byte("are you there?"))
		messages = append(messages,
			message{frames: frame(final|opBinary, data), data: data},
			message{frames: frame(final|opText, data), data: data, text: true},
			message{frames: inFragments(opBinary, data, nil, size/2, size-size/2), data: data},
			message{frames: inFragments(opBinary, data, nil, size, 0), data: data},
			message{frames: inFragments(opBinary, data, nil, 0, 0, size), data: data},
			message{frames: inFragments(opBinary, data, ping, size/3, size/3, size-2*(size/3), 0), data: data},
			message{frames: inFragments(opText, data, ping, size/2, size-size/2), data: data, text: true},
		)
	}
	conn := dial(t, listen(t, upgraded(func(p *peer) {
		go p.drain()
		for _, m := range messages {
			_ = p.say(m.frames)
		}
		silent(p)
	})).config())
	for i, want := range messages {
		got, err := conn.Receive()
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if !bytes.Equal(got.Data, want.data) || got.Text != want.text {
			t.Errorf("message %d: %d bytes, text %t; want %d bytes, text %t", i, len(got.Data), got.Text, len(want.data), want.text)
		}
	}
}

func TestMessageMayComeByteByByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := payload(300)
		conn := dial(t, inMemory(t, upgraded(func(p *peer) {
			for _, b := range inFragments(opBinary, data, frame(final|opPong, nil), 126, 0, 174) {
				_, _ = p.Write([]byte{b})
			}
			p.drain()
		})).config())
		if message, err := conn.Receive(); err != nil || !bytes.Equal(message.Data, data) {
			t.Errorf("%q, %v", message.Data, err)
		}
	})
}

func TestReadLimit(t *testing.T) {
	for _, limit := range []int{1, 1000, 70_000} {
		exact, over := payload(limit), payload(limit+1)
		for name, tooBig := range map[string][]byte{
			"one frame":                 frame(final|opBinary, over),
			"fragments":                 inFragments(opBinary, over, nil, limit, 1),
			"fragments, the last empty": inFragments(opBinary, over, nil, limit+1, 0),
		} {
			t.Run(fmt.Sprintf("%d/%s", limit, name), func(t *testing.T) {
				h := listen(t, upgraded(func(p *peer) {
					go p.drain()
					_ = p.say(frame(final|opBinary, exact))
					_ = p.say(inFragments(opBinary, exact, nil, limit, 0))
					_ = p.say(tooBig, frame(final|opBinary, []byte("after")))
					silent(p)
				}))
				cfg := h.config()
				cfg.ReadLimit = int64(limit)
				cfg.Backoff.Base = 1
				conn := dial(t, cfg)
				for range 2 {
					checkReceived(t, conn, exact)
					checkReceived(t, conn, exact)
					checkTooBig(t, conn)
					if err := reconnect(conn); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

func TestDefaultReadLimit(t *testing.T) {
	const limit = 16 << 20
	over := payload(limit + 1)
	conn := dial(t, listen(t, upgraded(func(p *peer) {
		go p.drain()
		_ = p.say(frame(final|opBinary, over[:limit]), frame(final|opBinary, over))
		silent(p)
	})).config())
	checkReceived(t, conn, over[:limit])
	checkTooBig(t, conn)
}

func checkReceived(t *testing.T, conn *wsconn.Conn, want []byte) {
	t.Helper()
	message, err := conn.Receive()
	if err != nil || !bytes.Equal(message.Data, want) {
		t.Fatalf("received %d bytes, want %d; error %v", len(message.Data), len(want), err)
	}
}

func checkTooBig(t *testing.T, conn *wsconn.Conn) {
	t.Helper()
	if message, err := conn.Receive(); !errors.Is(err, wsconn.ErrMessageTooBig) {
		t.Fatalf("received %d bytes over the limit; error %v", len(message.Data), err)
	}
}

func TestP3LargeBufferIsGivenBack(t *testing.T) {
	for name, opcode := range map[string]byte{"binary": opBinary, "text": opText} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const kept = 64 << 10
				next := make(chan []byte)
				conn := dial(t, inMemory(t, upgraded(func(p *peer) {
					for data := range next {
						_ = p.say(frame(final|opcode, data))
					}
				})).config())
				defer close(next)
				sizes := make(chan int)
				go func() {
					for {
						message, err := conn.Receive()
						if err != nil {
							close(sizes)
							return
						}
						sizes <- len(message.Data)
					}
				}()
				for _, size := range []int{0, 1 << 20, 10, kept - 4, kept, 10, kept + 1, 5 << 20} {
					next <- payload(size)
					if n := <-sizes; n != size {
						t.Fatalf("received %d bytes, want %d", n, size)
					}
					synctest.Wait() // For the next message, which doesn't come yet.
					if frames, library := conn.BufferSizes(); frames > kept || library > kept {
						t.Errorf("%d and %d bytes are kept after a message of %d", frames, library, size)
					}
				}
				conn.Close()
				<-sizes
			})
		})
	}
}

// A length that a frame merely claims costs little, whatever the limit.
func TestP8ClaimedLengthReservesNoMemory(t *testing.T) {
	for _, claimed := range []uint64{1 << 62, 1 << 40, 1<<31 - 1, 1<<32 + 1, 15 << 20} {
		for name, opcode := range map[string]byte{"binary": opBinary, "text": opText} {
			t.Run(fmt.Sprintf("%d/%s", claimed, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := inMemory(t, upgraded(func(p *peer) {
						_ = p.say(frameHeader(final|opcode, claimed), make([]byte, 1000))
						p.drain()
					})).config()
					cfg.ReadLimit = math.MaxInt64
					conn := dial(t, cfg)
					received := make(chan error)
					before := allocated()
					go func() {
						_, err := conn.Receive()
						received <- err
					}()
					synctest.Wait()
					if n := allocated() - before; n > 2<<20 {
						t.Errorf("%d bytes were allocated for a message of which 1000 came", n)
					}
					conn.Close()
					<-received
				})
			})
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Appending to a message doesn't overwrite the next one.
func TestMessagesDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t, inMemory(t, upgraded(func(p *peer) {
			_ = p.say(frame(final|opBinary, []byte("one")), frame(final|opBinary, []byte("two")))
			p.drain()
		})).config())
		message, err := conn.Receive()
		if err != nil {
			t.Fatal(err)
		}
		_ = append(message.Data, "xxxxxxxx"...)
		checkReceived(t, conn, []byte("two"))
	})
}

func TestBufferIsReused(t *testing.T) {
	const count = 500
	for name, opcode := range map[string]byte{"binary": opBinary, "text": opText} {
		frames := bytes.Repeat(frame(final|opcode, payload(3000)), count)
		conn := dial(t, listen(t, upgraded(func(p *peer) {
			for p.say(frames) == nil {
			}
		})).config())
		var failure error
		allocations := testing.AllocsPerRun(count, func() {
			if _, err := conn.Receive(); err != nil {
				failure = err
			}
		})
		if failure != nil || allocations > 0 {
			t.Errorf("%v allocations a %s message, want none; error %v", allocations, name, failure)
		}
	}
}
