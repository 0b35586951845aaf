package wsconn

import (
	"fmt"
	"math"
	"sync"
	"time"
)

const (
	pingAfter      = 20 * time.Second // Without a frame.
	pongTimeout    = 10 * time.Second
	silenceLimit   = 75 * time.Second // Without a frame, pings or not.
	messageTimeout = 60 * time.Second // From a message's beginning to its end.

	// tickInterval is the longest time between two ticks of the watchdog.
	tickInterval = time.Second
	// tickSlack is how late a tick may be, and how far the wall clock may have moved
	// against the monotonic one since the last tick.
	tickSlack = 500 * time.Millisecond

	never = time.Duration(math.MaxInt64)
)

// activity is what the reader reports to the watchdog. The reader notes each frame in
// fields of its own, which costs next to nothing, and publishes them only before it
// waits for more bytes.
type activity struct {
	now func() moment

	// Reader goroutine only.
	frames    uint64
	published uint64
	readAt    moment        // When the last bytes arrived.
	message   time.Duration // When the message being read began; 0 is none.
	ended     bool          // No more bytes arrive.

	mu           sync.Mutex
	lastFrame    time.Duration
	messageBegun time.Duration // 0 is none.
	clock        frameClock
}

// newActivity starts as if a frame had just arrived.
func newActivity(now func() moment) *activity {
	begin := now()
	return &activity{now: now, lastFrame: begin.mono, clock: frameClock{at: begin.wall, tick: begin}}
}

func (p *activity) frameSeen() { p.frames++ }

// messageBegins is called when the first bytes of a message have arrived, and may be
// called again while it is read.
func (p *activity) messageBegins() {
	if p.message == 0 {
		p.message = p.readAt.mono
	}
}

func (p *activity) messageEnds() {
	p.message = 0
	p.frameSeen()
}

// bytesRead is called after each read that returned bytes.
func (p *activity) bytesRead() { p.readAt = p.now() }

// publish is called before the reader waits for bytes.
func (p *activity) publish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frames != p.published {
		p.published = p.frames
		p.lastFrame = p.readAt.mono
		p.clock.advance(p.readAt)
	}
	p.messageBegun = p.message
}

// lastFrameAt returns when the last frame arrived, as far as published.
func (p *activity) lastFrameAt() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock.at
}

// lost returns when the last frame arrived before the connection was lost, which is
// now.
func (p *activity) lost() time.Time {
	p.publish()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock.check(p.now())
	return p.clock.at
}

// watchdog gives up a connection that shows no sign of life. It is a timer that checks
// the activity and resets itself, so that frames cost it nothing. Its checks are the
// ticks of the frame clock.
type watchdog struct {
	activity *activity
	ping     func(answered func())
	giveUp   func(error)

	mu        sync.Mutex
	timer     *time.Timer
	stopped   bool
	due       time.Duration // The next check.
	pingedAt  time.Duration // 0 if there was no ping yet.
	pingedFor uint64        // The freeze of the clock for which a ping was sent.
	frame     event         // The last one.
	message   event         // The beginning of the one being read.
}

// event is when something happened, and that time moved on by how long the process has
// been suspended since then, which isn't the server's fault.
type event struct{ happened, moved time.Duration }

func (e *event) update(happened, due, late time.Duration) {
	if happened != e.happened {
		*e = event{happened, happened}
	}
	if happened <= due {
		e.moved += late
	}
}

// start has no effect after stop.
func (w *watchdog) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.due = w.activity.now().mono + tickInterval
		w.timer = time.AfterFunc(tickInterval, w.look)
	}
}

// stop returns once no more pings are sent.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *watchdog) look() {
	if err := w.checkNow(); err != nil {
		w.giveUp(err)
	}
}

// checkNow returns why the connection is dead, or sets the timer for the next check.
func (w *watchdog) checkNow() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return nil
	}
	now := w.activity.now()
	next, err := w.check(now)
	if err == nil {
		next = min(next, tickInterval)
		w.due = now.mono + next
		w.timer.Reset(next)
	}
	return err
}

// check sends a ping if it is time to, and returns how long until the next check, or
// why the connection is dead. It sends pings in the middle of a long message too, since
// the server closes a connection on which nothing arrives, but no pong can arrive
// meanwhile.
func (w *watchdog) check(at moment) (time.Duration, error) {
	unconfirmed := w.update(at)
	now, inMessage := at.mono, w.message.happened != 0
	silenceEnd := w.frame.moved + silenceLimit
	messageEnd, pongEnd := never, never
	awaited := w.pingedAt > w.frame.moved
	if inMessage {
		messageEnd = w.message.moved + messageTimeout
	} else if awaited {
		pongEnd = w.pingedAt + pongTimeout
	}
	switch {
	case now >= silenceEnd:
		return 0, fmt.Errorf("%w: no frame for %v", ErrDead, silenceLimit)
	case now >= messageEnd:
		return 0, fmt.Errorf("%w: a message was not complete after %v", ErrDead, messageTimeout)
	case now >= pongEnd:
		return 0, fmt.Errorf("%w: no answer to a ping within %v", ErrDead, pongTimeout)
	}
	pingDue := max(w.frame.moved, w.pingedAt) + pingAfter
	if now < pingDue && !unconfirmed {
		return min(silenceEnd, messageEnd, pongEnd, pingDue) - now, nil
	}
	w.sendPing(at)
	if now >= pingDue || !awaited {
		w.pingedAt = now // Otherwise an earlier one must still be answered in time.
		pingDue = now + pingAfter
		if !inMessage {
			pongEnd = now + pongTimeout
		}
	}
	return min(silenceEnd, messageEnd, pongEnd, pingDue) - now, nil
}

// update takes over what the reader has published, and ticks. It reports whether the
// frame clock is frozen and waits for a ping to be sent.
func (w *watchdog) update(now moment) (unconfirmed bool) {
	late := now.mono - w.due
	if late <= tickSlack {
		late = 0
	}
	if w.pingedAt != 0 {
		w.pingedAt += late
	}
	p := w.activity
	p.mu.Lock()
	defer p.mu.Unlock()
	w.frame.update(p.lastFrame, w.due, late)
	w.message.update(p.messageBegun, w.due, late)
	p.clock.check(now)
	p.clock.tick = now
	return p.clock.frozen && p.clock.freezes != w.pingedFor
}

// sendPing doesn't wait. The answer restarts the frame clock, if that is frozen.
func (w *watchdog) sendPing(now moment) {
	p := w.activity
	p.mu.Lock()
	freezes := p.clock.freezes
	p.mu.Unlock()
	w.pingedFor = freezes
	w.ping(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clock.thaw(freezes, now, p.now())
	})
}

// moment is a reading of both clocks. The monotonic one stops while the machine is
// suspended; the wall clock may be set.
type moment struct {
	mono time.Duration // Since some earlier moment, so that it is never 0.
	wall time.Time     // Without a monotonic reading.
}

// systemClock returns a function that reads the system's clocks.
func systemClock() func() moment {
	start := time.Now().Add(-time.Nanosecond)
	return func() moment {
		now := time.Now()
		return moment{now.Sub(start), now.Round(0)}
	}
}

// frameClock tells when the last frame arrived, and never a later time: only what was
// sent since can be missing. That isn't when the frame was read, if the process was
// suspended before: what was sent meanwhile may be lost, and what is read first was in
// the system's buffers. So the clock advances only while the watchdog ticks in time.
// After a late tick it stays at the last tick that was in time, until a ping that was
// sent since is answered: everything sent before has then been read.
type frameClock struct {
	at      time.Time
	tick    moment // The last one, or when the clock was frozen after it.
	frozen  bool
	freezes uint64
}

// advance notes a frame that was read at that moment.
func (c *frameClock) advance(read moment) {
	if read.mono > c.tick.mono {
		c.check(read)
	}
	if !c.frozen {
		c.at = read.wall
	}
}

// check freezes the clock if a tick is overdue, or if the wall clock was set.
func (c *frameClock) check(now moment) {
	elapsed := now.mono - c.tick.mono
	stepped := now.wall.Sub(c.tick.wall) - elapsed
	if elapsed <= tickInterval+tickSlack && stepped.Abs() <= tickSlack {
		return
	}
	if c.tick.wall.Before(c.at) {
		c.at = c.tick.wall
	}
	if stepped < 0 {
		c.at = c.at.Add(stepped) // The past has a new wall time, too.
	}
	c.tick = now
	c.frozen = true
	c.freezes++
}

// thaw notes the answer to a ping that was sent after the given number of freezes.
func (c *frameClock) thaw(freezes uint64, sent, now moment) {
	c.check(now)
	if c.frozen && c.freezes == freezes {
		c.frozen = false
		c.at = sent.wall
	}
}
