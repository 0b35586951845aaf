package wsconn

import (
	"sync/atomic"
	"time"
)

// pulse tells the watchdog what the reader has seen. The reader notes each frame
// in fields of its own, for next to nothing, and publishes them only when it is
// about to wait for more bytes.
type pulse struct {
	start time.Time

	// The reader's own.
	frames    uint64
	published uint64
	readAt    time.Duration // When the last bytes came, since start.
	inMessage bool

	// Shared with the watchdog, as times since start.
	lastFrame atomic.Int64
	begun     atomic.Int64 // When the message that is being read began; 0 is none.
}

func newPulse() *pulse {
	return &pulse{start: time.Now()}
}

// now is never 0, which stands for no time at all.
func (p *pulse) now() time.Duration {
	return time.Since(p.start) + 1
}

func (p *pulse) frameSeen() { p.frames++ }

// waiting is called before the reader waits for bytes.
func (p *pulse) waiting() {
	if p.frames != p.published {
		p.published = p.frames
		p.lastFrame.Store(int64(p.readAt))
	}
	switch begun := p.begun.Load(); {
	case p.inMessage && begun == 0:
		p.begun.Store(int64(p.now()))
	case !p.inMessage && begun != 0:
		p.begun.Store(0)
	}
}

// bytesCame is called after each read that brought bytes.
func (p *pulse) bytesCame() { p.readAt = p.now() }

// lastFrameAt is the time at which the last frame had arrived, for the reader.
func (p *pulse) lastFrameAt() time.Time {
	if p.frames != p.published {
		return p.start.Add(p.readAt)
	}
	return p.start.Add(time.Duration(p.lastFrame.Load()))
}
