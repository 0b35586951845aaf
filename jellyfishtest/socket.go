package jellyfishtest

import (
	"errors"
	"io"
	"slices"
	"sync"
	"time"
)

const (
	// idleLimit is how long a client may send no byte.
	idleLimit = 60 * time.Second
	// flushLimit is how long a cut waits for a client that doesn't read.
	flushLimit = time.Second
	// writeSize is about how much is written at a time, but no less than a frame.
	writeSize = 32 << 10
)

// closing is the error that ends a connection with a close frame.
type closing struct {
	code   int
	reason string
}

func (closing) Error() string { return "the connection is to be closed" }

// socket is a WebSocket connection: a queue, one goroutine that reads and one
// that writes. All that the server says goes through the queue.
type socket struct {
	conn   *conn
	out    io.Writer // The connection, or the TLS on it.
	server *Server
	wake   chan struct{} // Holds a token when the queue changed.

	mu    sync.Mutex // Guards the following; never held across I/O.
	queue []outgoing
	ended bool // The last item was queued.
	hurry bool // No item waits for its due time.

	// Since when the client's quiet counts: the upgrade or, in a silence, the last
	// time that the limit was reached. Of the writing goroutine alone.
	idleFrom time.Time
}

func newSocket(c *conn, out io.Writer) *socket {
	return &socket{conn: c, out: out, server: c.server, wake: make(chan struct{}, 1), idleFrom: time.Now()}
}

// start makes the socket the connection's and starts its writing goroutine. The
// result is closed when that has ended.
func (s *socket) start(tick func(now time.Time) time.Time) (written <-chan struct{}) {
	s.conn.upgraded.Store(true)
	s.server.mu.Lock()
	s.conn.socket = s
	s.server.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.write(tick)
	}()
	return done
}

// write writes the queue until the connection is closed. tick is called before
// each item and each wait, to queue what time brings; it returns when it must be
// called next.
func (s *socket) write(tick func(now time.Time) time.Time) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		ticks, idles := tick(now), s.checkIdle(now)
		next, due, ok := s.pop(now)
		if ok {
			if !s.transmit(next) {
				return
			}
			continue
		}
		timer.Reset(time.Until(earliest(due, ticks, idles)))
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.conn.closed:
			return
		}
	}
}

// transmit writes one item. It reports whether the connection lives on, which
// it doesn't if writing fails or if this was the end.
func (s *socket) transmit(o outgoing) bool {
	err := s.writeOut(o.frames)
	zeros := make([]byte, min(o.zeros, writeSize))
	for err == nil && o.zeros > 0 {
		n := min(o.zeros, len(zeros))
		err = s.writeOut(zeros[:n])
		o.zeros -= n
	}
	switch {
	case o.then == endsReset:
		s.conn.reset()
	case o.then == endsClean, err != nil:
		s.conn.Close()
	default:
		return true
	}
	return false
}

func (s *socket) writeOut(p []byte) error {
	if len(p) == 0 {
		return nil // A pipe would wait for a reader.
	}
	s.mu.Lock()
	s.limitWrite()
	s.mu.Unlock()
	_, err := s.out.Write(p)
	return err
}

// checkIdle closes the connection if the client was quiet for too long, and
// returns when to check again. While the server is silent it closes nothing.
func (s *socket) checkIdle(now time.Time) time.Time {
	since := s.conn.lastRead()
	if s.idleFrom.After(since) {
		since = s.idleFrom
	}
	limit := since.Add(idleLimit)
	switch _, silent := s.server.faults.sending(); {
	case limit.After(now):
		return limit
	case silent:
		s.idleFrom = now
		return now.Add(idleLimit)
	}
	s.end(outgoing{frames: closeFrame(1000, ""), then: endsClean})
	return time.Time{}
}

// read hands the client's messages to handle until the connection ends. An error
// of handle that is a closing ends it with that close frame.
func (s *socket) read(in *incoming, handle func(text bool, data []byte) error) {
	for {
		text, data, err := in.next()
		if err == nil {
			err = handle(text, data)
		}
		if err == nil {
			continue
		}
		var c closing
		if !errors.As(err, &c) {
			s.conn.Close()
			return
		}
		s.conn.awaitSilenceEnd()
		s.end(outgoing{frames: closeFrame(c.code, c.reason), then: endsClean})
		return
	}
}

// earliest returns the first of the times that isn't zero, or else a time that
// is far away.
func earliest(times ...time.Time) time.Time {
	first := time.Now().Add(time.Hour)
	for _, t := range times {
		if !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}

// ending says what becomes of a connection when something was written to it.
type ending int

const (
	staysOpen ending = iota
	endsClean
	endsReset
)

// outgoing is something to be written, in one piece.
type outgoing struct {
	frames []byte
	zeros  int // Written after the frames.
	then   ending
	due    time.Time // Set by push.
}

// send queues frames.
func (s *socket) send(frames []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(outgoing{frames: frames})
}

// end queues the last thing to be written.
func (s *socket) end(last outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(last)
}

// push queues o. The caller holds the mutex. A silent server has nothing to
// write, but its connections can still be made to end.
func (s *socket) push(o outgoing) {
	delay, silent := s.server.faults.sending()
	if silent {
		o.frames, o.zeros = nil, 0
	}
	if s.ended || silent && o.then == staysOpen {
		return
	}
	o.due = time.Now().Add(delay)
	s.queue = append(s.queue, o)
	s.ended = o.then != staysOpen
	s.poke()
}

// flush makes the queue run empty without delays, and each write fail that a
// client holds up, the present one included. It follows an end.
func (s *socket) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurry = true
	s.limitWrite()
	s.poke()
}

// limitWrite gives the present or next write its time if the queue is flushed.
// The caller holds the mutex.
func (s *socket) limitWrite() {
	if s.hurry {
		_ = s.conn.SetWriteDeadline(time.Now().Add(flushLimit))
	}
}

func (s *socket) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// pop takes what is due, of several items as much as is good to write at once.
// If nothing is, it returns when something will be, zero for never.
func (s *socket) pop(now time.Time) (o outgoing, due time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return outgoing{}, time.Time{}, false
	}
	if !s.isDue(now) {
		return outgoing{}, s.queue[0].due, false
	}
	o, s.queue = s.queue[0], s.queue[1:]
	o.frames = slices.Clip(o.frames) // Other connections write them too.
	for s.isDue(now) && o.then == staysOpen && o.zeros == 0 && len(o.frames) < writeSize {
		next := s.queue[0]
		s.queue = s.queue[1:]
		o.frames = append(o.frames, next.frames...)
		o.zeros, o.then = next.zeros, next.then
	}
	return o, time.Time{}, true
}

// isDue reports whether the first item may be written. The caller holds the mutex.
func (s *socket) isDue(now time.Time) bool {
	return len(s.queue) > 0 && (s.hurry || !s.queue[0].due.After(now))
}
