package jellyfishtest

import (
	"slices"
	"time"
)

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
	zeros  int // written after the frames
	then   ending
	due    time.Time // set by push
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
	o.frames = slices.Clip(o.frames) // other connections write them too
	for s.isDue(now) && o.then == staysOpen && o.zeros == 0 && len(o.frames) < writeSize {
		next := s.queue[0]
		s.queue = s.queue[1:]
		o.frames = append(o.frames, next.frames...)
		o.zeros, o.then = next.zeros, next.then
	}
	return o, time.Time{}, true
}

// isDue tells whether the first item may be written. The caller holds the mutex.
func (s *socket) isDue(now time.Time) bool {
	return len(s.queue) > 0 && (s.hurry || !s.queue[0].due.After(now))
}
