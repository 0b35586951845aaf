package wsconn

import "time"

const (
	// tickInterval is the longest time between two ticks of a connection's watchdog.
	tickInterval = time.Second
	// tickSlack is how late a tick may be, and how far the wall clock may have moved
	// against the monotonic one since the last tick.
	tickSlack = 500 * time.Millisecond
)

// moment is a reading of both clocks. The monotonic one stands still while the
// machine is suspended; the wall clock may be set anew.
type moment struct {
	mono time.Duration // Since some moment before, so that it is never 0.
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

// frameClock is when the last frame came, and never later: what was sent since is
// all that can be missing. That isn't when the frame was read, if the process
// stood still before: what was sent meanwhile may be lost, and what is read first
// was in the system's buffers. So the clock advances only while the watchdog ticks
// in time. After a late tick it stands at the last one in time until a ping that
// was sent since is answered, for then all that was sent before has been read.
type frameClock struct {
	at      time.Time
	tick    moment // The last one, or when the clock was frozen after it.
	frozen  bool
	freezes uint64
}

// advance tells of a frame that was read at that moment.
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
		c.at = c.at.Add(stepped) // What is past is so by the new time, too.
	}
	c.tick = now
	c.frozen = true
	c.freezes++
}

// thaw tells that a ping is answered that was sent after so many freezes.
func (c *frameClock) thaw(freezes uint64, sent, now moment) {
	c.check(now)
	if c.frozen && c.freezes == freezes {
		c.frozen = false
		c.at = sent.wall
	}
}
