package wsconn_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

const second = time.Second

// quiet is a server in memory that sends what its script sends, and nothing else: it
// doesn't even answer pings. It records what the client sends.
type quiet struct {
	script func(*peer)
	began  time.Time

	mu   sync.Mutex
	sent []sent
}

func (q *quiet) serve(p *peer) {
	go func() {
		for f, err := p.next(); err == nil; f, err = p.next() {
			q.mu.Lock()
			q.sent = append(q.sent, f)
			q.mu.Unlock()
		}
	}()
	q.script(p)
}

// connect dials the server. All times in a test count from here.
func (q *quiet) connect(t *testing.T) *wsconn.Conn {
	t.Helper()
	h := inMemory(t, upgraded(q.serve))
	q.began = time.Now()
	return dial(t, h.config())
}

// frames returns what the client sent.
func (q *quiet) frames() []sent {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.sent)
}

// times returns when the client sent frames with that opcode.
func (q *quiet) times(opcode byte) []time.Duration {
	var at []time.Duration
	for _, f := range q.frames() {
		if f.opcode == opcode {
			at = append(at, f.at.Sub(q.began))
		}
	}
	return at
}

// diesAt receives until the connection is given up.
func (q *quiet) diesAt(t *testing.T, conn *wsconn.Conn, want time.Duration, why string) {
	t.Helper()
	var err error
	for err == nil {
		_, err = conn.Receive()
	}
	if at := time.Since(q.began); at != want {
		t.Errorf("given up at %v, want %v", at, want)
	}
	if !errors.Is(err, wsconn.ErrDead) || !strings.Contains(err.Error(), why) {
		t.Errorf("error %v, want one about: %s", err, why)
	}
}

func checkTimes(t *testing.T, what string, got, want []time.Duration) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s at %v, want %v", what, got, want)
	}
}

func TestP7SilenceIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &quiet{script: func(p *peer) { time.Sleep(time.Hour) }}
		conn := q.connect(t)
		q.diesAt(t, conn, 30*second, "no answer to a ping within 10s")
		checkTimes(t, "pings", q.times(opPing), []time.Duration{20 * second})
	})
}

func TestP7EveryFrameCounts(t *testing.T) {
	for name, f := range map[string][]byte{
		"data":          frame(final|opBinary, []byte("data")),
		"empty message": frame(final|opBinary, nil),
		"ping":          frame(final|opPing, []byte("ping")),
		"pong":          frame(final|opPong, []byte("unasked")),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &quiet{script: func(p *peer) {
					for _, pause := range []time.Duration{15, 19, 20, 25, 29} {
						time.Sleep(pause * second)
						_ = p.say(f)
					}
					time.Sleep(time.Hour)
				}}
				conn := q.connect(t)
				// Frames arrive at 15, 34, 54, 79 and 108 s. The one at 54 s arrives at
				// the same moment as the ping, and either may be first.
				q.diesAt(t, conn, 138*second, "no answer to a ping")
				pings := slices.DeleteFunc(q.times(opPing), func(at time.Duration) bool { return at == 54*second })
				checkTimes(t, "pings", pings, []time.Duration{74 * second, 99 * second, 128 * second})
				if at := conn.LastFrame().Sub(q.began).Round(time.Millisecond); at != 108*second {
					t.Errorf("last frame at %v, want 108s", at)
				}
			})
		})
	}
}

func TestP7ServerPingIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &quiet{script: func(p *peer) {
			for i := range 10 {
				time.Sleep(19 * second)
				_ = p.say(frame(final|opPing, fmt.Append(nil, i)))
			}
			time.Sleep(second)
		}}
		conn := q.connect(t)
		if _, err := conn.Receive(); err == nil {
			t.Fatal("received a message that nobody sent")
		}
		answers := q.frames()
		for i, f := range answers {
			if want := (sent{opPong, fmt.Sprint(i), q.began.Add(time.Duration(i+1) * 19 * second)}); f != want {
				t.Errorf("client sent %v, want %v", f, want)
			}
		}
		if len(answers) != 10 {
			t.Errorf("%d answers to 10 pings", len(answers))
		}
	})
}

// The server closes after 60 s without a byte from the client (Jellyfish
// protocol, section 1.5).
func TestP7ListenerStaysConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJellyfish(t, "server.test:5002")
		j.script = []func() (string, error){j.good}
		conn := dial(t, j.config())
		time.AfterFunc(6*time.Hour, func() { j.servers[0].SendMessage([]byte("good morning")) })
		message, err := conn.Receive()
		if err != nil || string(message.Data) != "good morning" {
			t.Errorf("after 6 hours: %q, %v", message.Data, err)
		}
	})
}

func TestP7HungServerIsGivenUpAndFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJellyfish(t, "server.test:5002")
		j.script = []func() (string, error){j.good}
		conn := dial(t, j.config())
		began := time.Now()
		j.servers[0].Silence(true)
		if _, err := conn.Receive(); !errors.Is(err, wsconn.ErrDead) {
			t.Errorf("error %v, want %v", err, wsconn.ErrDead)
		}
		if took := time.Since(began); took != 30*second {
			t.Errorf("given up after %v, want 30s", took)
		}
		time.AfterFunc(time.Hour, func() { j.servers[0].Silence(false) })
		if err := reconnect(conn); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("connected again after %v, the server hung for an hour", took)
		}
		j.servers[0].SendMessage([]byte(jellyfishtest.Token))
		if _, err := conn.Receive(); err != nil {
			t.Error(err)
		}
	})
}

func TestP7NoPingWhileFramesCome(t *testing.T) {
	for _, test := range []struct {
		name  string
		every time.Duration
		count int
	}{
		{"often", time.Millisecond, 30_000},
		{"rarely", 20*second - 1, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &quiet{script: func(p *peer) {
					for range test.count {
						time.Sleep(test.every)
						_ = p.say(frame(final|opBinary, []byte("notification")))
					}
				}}
				conn := q.connect(t)
				for range test.count {
					if _, err := conn.Receive(); err != nil {
						t.Fatal(err)
					}
				}
				if sent := q.frames(); len(sent) > 0 {
					t.Errorf("client sent %v", sent)
				}
			})
		})
	}
}

// A message and the next one share each write, so that the reader always waits in the
// middle of a message, but never long in the same one.
func TestP7EachMessageHasItsOwnTime(t *testing.T) {
	for _, test := range []struct {
		name        string
		opcode      byte
		size, piece int
	}{
		{"small", opBinary, 5000, 3000},
		{"large", opBinary, 100_000, 60_000},
		{"text", opText, 5000, 3000},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const count = 60
				data := payload(test.size)
				q := &quiet{script: func(p *peer) {
					stream := slices.Repeat(frame(final|test.opcode, data), count)
					for piece := range slices.Chunk(stream, test.piece) {
						time.Sleep(second)
						_ = p.say(piece)
					}
				}}
				conn := q.connect(t)
				for range count {
					checkReceived(t, conn, data)
				}
				if sent := q.frames(); len(sent) > 0 {
					t.Errorf("client sent %v", sent)
				}
			})
		})
	}
}

func TestP7MessageMustEnd(t *testing.T) {
	binary := frame(final|opBinary, []byte("before"))
	for _, test := range []struct {
		name  string
		first []byte
		more  []byte
	}{
		{"in one frame", frameHeader(final|opBinary, 1<<20), []byte("x")},
		{"in one small frame", frameHeader(final|opBinary, 1000), []byte("x")},
		{"in one text frame", frameHeader(final|opText, 1000), []byte("x")},
		{"in fragments", frame(opBinary, []byte("x")), frame(opContinuation, []byte("x"))},
		{"in empty fragments", frame(opBinary, nil), frame(opContinuation, nil)},
		{"in fragments between pings", frame(opBinary, nil), slices.Concat(frame(opContinuation, nil), frame(final|opPing, nil))},
		{"and doesn't", frameHeader(final|opBinary, 10), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &quiet{script: func(p *peer) {
					time.Sleep(10 * second)
					_ = p.say(binary, test.first)
					for p.say(test.more) == nil {
						time.Sleep(second / 2)
					}
				}}
				conn := q.connect(t)
				q.diesAt(t, conn, 70*second, "a message was not complete after 1m0s")
			})
		})
	}
}

func TestP7SlowMessageMayEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The message begins while a ping waits for its pong, which can't overtake the
		// message.
		q := &quiet{script: func(p *peer) {
			time.Sleep(24 * second)
			_ = p.say(frameHeader(final|opBinary, 50))
			for range 50 {
				time.Sleep(second)
				_ = p.say([]byte("x"))
			}
			time.Sleep(time.Hour)
		}}
		conn := q.connect(t)
		message, err := conn.Receive()
		if took := time.Since(q.began); err != nil || string(message.Data) != strings.Repeat("x", 50) || took != 74*second {
			t.Fatalf("%q after %v, %v", message.Data, took, err)
		}
		q.diesAt(t, conn, 104*second, "no answer to a ping within 10s")
		// The client sends pings in the middle of the message too.
		checkTimes(t, "pings", q.times(opPing), []time.Duration{20 * second, 40 * second, 60 * second, 94 * second})
	})
}

func TestP7SilenceHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The message could go on until 79 s if there were any other frame.
		q := &quiet{script: func(p *peer) {
			time.Sleep(19 * second)
			_ = p.say(frameHeader(final|opBinary, 1<<20))
			for p.say([]byte("x")) == nil {
				time.Sleep(second / 2)
			}
		}}
		conn := q.connect(t)
		q.diesAt(t, conn, 75*second, "no frame for 1m15s")
	})
}

// Any frame shows life as well as a pong does. Neither what is sent then nor the next
// ping waits for a pong that never arrives.
func TestP7UnansweredPingHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &quiet{script: func(p *peer) {
			for range 6 {
				time.Sleep(25 * second)
				_ = p.say(frame(final|opBinary, []byte("data")))
			}
			time.Sleep(time.Hour)
		}}
		conn := q.connect(t)
		time.AfterFunc(21*second, func() {
			if err := conn.Send([]byte("hello")); err != nil {
				t.Error(err)
			}
		})
		time.AfterFunc(169*second, func() {
			for _, stack := range clientGoroutines() {
				if strings.Contains(stack, "(*Socket).ping") {
					t.Errorf("a ping still waits:\n%s", stack)
				}
			}
		})
		q.diesAt(t, conn, 180*second, "no answer to a ping within 10s")
		checkTimes(t, "pings", q.times(opPing), []time.Duration{
			20 * second, 45 * second, 70 * second, 95 * second, 120 * second, 145 * second, 170 * second})
		checkTimes(t, "data", q.times(opBinary), []time.Duration{21 * second})
	})
}

// A server that stops reading is noticed when nothing can be written to it for 5 s.
func TestP7ServerMustRead(t *testing.T) {
	for _, test := range []struct {
		name   string
		script func(*peer)
		after  time.Duration
	}{
		{"the answer to its ping", func(p *peer) { _ = p.say(frame(final|opPing, nil)) }, 5 * second},
		{"our ping", func(*peer) {}, 25 * second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := inMemory(t, upgraded(func(p *peer) {
					test.script(p)
					time.Sleep(time.Hour)
				}))
				conn := dial(t, h.config())
				began := time.Now()
				_, err := conn.Receive()
				if !errors.Is(err, wsconn.ErrDead) || !strings.Contains(err.Error(), "took longer than 5s") {
					t.Errorf("error %v, want %v", err, wsconn.ErrDead)
				}
				if took := time.Since(began); took != test.after {
					t.Errorf("noticed after %v, want %v", took, test.after)
				}
			})
		})
	}
}

// The clock is set while frames arrive. Once a ping was answered afterwards, the last
// frame's time is by the new clock.
func TestP2LastFrameAfterTheClockWasSet(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			j := newJellyfish(t, "server.test:5002")
			j.script = []func() (string, error){j.good}
			var set atomic.Bool
			conn := dial(t, j.config().WithStep(func() time.Duration {
				if set.Load() {
					return step
				}
				return 0
			}))
			go func() {
				for i := range 60 {
					time.Sleep(second)
					set.Store(i >= 30)
					j.servers[0].SendMessage([]byte("notification"))
				}
				time.Sleep(second / 2)
				j.servers[0].Cut(jellyfishtest.CutClean)
			}()
			for {
				if _, err := conn.Receive(); err != nil {
					break
				}
			}
			if since := conn.LastFrame().Sub(time.Now().Add(step)).Round(time.Millisecond); since != -second/2 {
				t.Errorf("by a clock set by %v the last frame came %v ago, want 500ms", step, -since)
			}
		})
	}
}
