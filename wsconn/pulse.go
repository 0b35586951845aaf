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

	// The reader's own; times are since start.
	frames    uint64
	published uint64
	readAt    time.Duration // When the last bytes came.
	message   time.Duration // When the message that is being read began; 0 is none.
	ended     bool          // No more bytes come.

	// Shared with the watchdog, as times since start.
	lastFrame    atomic.Int64
	messageBegun atomic.Int64
}

// newPulse starts a moment ago, so that 0 is no time at all, and with a sign of
// life.
func newPulse() *pulse {
	p := &pulse{start: time.Now().Add(-time.Nanosecond)}
	p.lastFrame.Store(int64(p.now()))
	return p
}

func (p *pulse) now() time.Duration { return time.Since(p.start) }

func (p *pulse) frameSeen() { p.frames++ }

// messageBegins is called when a message's first bytes have come, and may be
// called again while it is read.
func (p *pulse) messageBegins() {
	if p.message == 0 {
		p.message = p.readAt
	}
}

func (p *pulse) messageEnds() {
	p.message = 0
	p.frameSeen()
}

// publish is called before the reader waits for bytes.
func (p *pulse) publish() {
	if p.frames != p.published {
		p.published = p.frames
		p.lastFrame.Store(int64(p.readAt))
	}
	if message := int64(p.message); message != p.messageBegun.Load() {
		p.messageBegun.Store(message)
	}
}

// bytesCame is called after each read that brought bytes.
func (p *pulse) bytesCame() { p.readAt = p.now() }

// lastFrameAt is when the last frame had arrived, of those published.
func (p *pulse) lastFrameAt() time.Time {
	return p.start.Add(time.Duration(p.lastFrame.Load()))
}
