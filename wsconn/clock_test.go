package wsconn

import (
	"testing"
	"time"
)

// clocks are a monotonic and a wall clock that a test moves, as a system does.
type clocks struct{ moment }

func (c *clocks) pass(d time.Duration) moment {
	c.mono += d
	c.wall = c.wall.Add(d)
	return c.moment
}

func (c *clocks) step(d time.Duration) moment {
	c.wall = c.wall.Add(d)
	return c.moment
}

// running returns an activity that was ticked every second for a minute, with a frame
// half a second before the last tick, its watchdog, and a function that answers the
// watchdog's pings.
func running() (c *clocks, p *activity, w *watchdog, pong func()) {
	c = &clocks{moment{1, time.Unix(1_000_000, 0)}}
	p = newActivity(func() moment { return c.moment })
	var pings []func()
	w = &watchdog{activity: p, ping: func(answered func()) { pings = append(pings, answered) }, due: c.mono + tickInterval}
	for range 59 {
		tick(c, w, tickInterval)
	}
	c.pass(tickInterval / 2)
	readFrame(p)
	tick(c, w, tickInterval/2)
	return c, p, w, func() {
		readFrame(p)
		for _, answered := range pings {
			answered()
		}
		pings = nil
	}
}

func readFrame(p *activity) {
	p.bytesRead()
	p.frameSeen()
	p.publish()
}

// tick lets time pass until the watchdog's next check.
func tick(c *clocks, w *watchdog, d time.Duration) {
	now := c.pass(d)
	if next, err := w.check(now); err == nil {
		w.due = now.mono + min(next, tickInterval)
	}
}

// P2: whatever is missing was sent after the last frame, even if the process was
// suspended before that was read.
func TestP2FrameClockStandsStillAfterAPause(t *testing.T) {
	const hour = time.Hour
	for _, test := range []struct {
		name  string
		pause func(*clocks)
		by    time.Duration // How far the clock may be off at most, to the past.
	}{
		{"the process is stopped", func(c *clocks) { c.pass(90 * time.Second) }, time.Second},
		{"the process is stopped for a moment", func(c *clocks) { c.pass(1600 * time.Millisecond) }, time.Second},
		{"the machine is suspended", func(c *clocks) { c.step(hour) }, time.Second},
		{"the wall clock is set back", func(c *clocks) { c.step(-hour) }, hour + time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, p, w, pong := running()
			c.pass(200 * time.Millisecond)
			readFrame(p)
			last := c.wall
			test.pause(c)

			check := func(what string, at time.Time) {
				t.Helper()
				if off := last.Sub(at); off < 0 || off > test.by {
					t.Errorf("%s: the clock is %v before the last frame, want 0 to %v", what, off, test.by)
				}
			}
			readFrame(p) // From the system's buffers.
			check("a frame was read", p.lastFrameAt())
			tick(c, w, 0)
			c.pass(10 * time.Millisecond)
			readFrame(p)
			check("after the late tick", p.lastFrameAt())
			for range 5 {
				tick(c, w, tickInterval)
				readFrame(p)
			}
			check("after ticks in time", p.lost())

			sent := c.wall.Add(-5 * tickInterval)
			pong()
			if at := p.lastFrameAt(); at.Before(sent.Add(-time.Second)) || at.After(c.wall) {
				t.Errorf("after the pong the clock is %v, want about %v", at, c.wall)
			}
			readFrame(p)
			if at := p.lost(); !at.Equal(c.wall) {
				t.Errorf("the clock is %v off after the next frame", c.wall.Sub(at))
			}
		})
	}
}

func TestP2LossWhileATickIsOverdue(t *testing.T) {
	c, p, _, _ := running()
	c.pass(200 * time.Millisecond)
	readFrame(p)
	last := c.wall
	c.pass(time.Minute)
	if off := last.Sub(p.lost()); off < 0 || off > time.Second {
		t.Errorf("lost %v before the last frame", off)
	}
}

// A step of the wall clock has no effect once a ping was answered.
func TestP2SteppedClock(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour, 600 * time.Millisecond} {
		c, p, w, pong := running()
		c.step(step)
		tick(c, w, tickInterval)
		pong()
		c.pass(100 * time.Millisecond)
		readFrame(p)
		if at := p.lost(); !at.Equal(c.wall) {
			t.Errorf("after a step of %v the clock is %v off", step, c.wall.Sub(at))
		}
	}
}

// The answer to a ping sent before the pause doesn't count.
func TestP2OnlyAPingAfterThePauseCounts(t *testing.T) {
	c, p, w, pong := running()
	for range 25 {
		tick(c, w, tickInterval) // Sends a ping.
	}
	before := p.lastFrameAt()
	c.pass(time.Minute)
	pong()
	if at := p.lastFrameAt(); at.After(before) {
		t.Errorf("the clock advanced by %v", at.Sub(before))
	}
	tick(c, w, 0)
	pong()
	readFrame(p)
	if at := p.lastFrameAt(); !at.Equal(c.wall) {
		t.Errorf("the clock is %v off", c.wall.Sub(at))
	}
}

// P7: time during which the process was suspended doesn't count as silence of the
// server.
func TestP7PauseIsNoSilence(t *testing.T) {
	for _, pause := range []time.Duration{5 * time.Second, time.Minute, time.Hour} {
		c, _, w, _ := running()
		now := c.pass(pause)
		if _, err := w.check(now); err != nil {
			t.Errorf("after a pause of %v: %v", pause, err)
		}
		w.due = now.mono + tickInterval
		var err error
		took := time.Duration(0)
		for ; err == nil && took < time.Minute; took += tickInterval {
			now = c.pass(tickInterval)
			_, err = w.check(now)
			w.due = now.mono + tickInterval
		}
		if err == nil || took != 10*time.Second {
			t.Errorf("a dead server was noticed %v after a pause of %v, %v", took, pause, err)
		}
	}
}
