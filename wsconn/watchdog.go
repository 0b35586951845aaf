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
	messageTimeout = 60 * time.Second // From a message's begin to its end.

	never = time.Duration(math.MaxInt64)
)

// watchdog gives a connection up that shows no life. It is a timer that looks at
// the pulse and sets itself anew, so that frames cost it nothing.
type watchdog struct {
	pulse  *pulse
	ping   func()
	giveUp func(error)

	mu       sync.Mutex
	timer    *time.Timer
	pingedAt time.Duration // 0 where there was no ping yet.
	stopped  bool
}

// start does nothing after stop.
func (w *watchdog) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer = time.AfterFunc(pingAfter, w.look)
	}
}

// stop returns when no ping is sent any more.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *watchdog) look() {
	if err := w.lookOnce(); err != nil {
		w.giveUp(err)
	}
}

// lookOnce returns why the connection is dead, or sees to the next look.
func (w *watchdog) lookOnce() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return nil
	}
	next, err := w.check(w.pulse.now())
	if err == nil {
		w.timer.Reset(next)
	}
	return err
}

// check pings where it is time to, and returns how long until the next look, or
// why the connection is dead. It pings in the middle of a long message too,
// because the server wants to hear something, but no answer can come then.
func (w *watchdog) check(now time.Duration) (time.Duration, error) {
	lastFrame := time.Duration(w.pulse.lastFrame.Load())
	messageBegun := time.Duration(w.pulse.messageBegun.Load())
	inMessage := messageBegun != 0

	silenceEnd := lastFrame + silenceLimit
	messageEnd, pongEnd := never, never
	if inMessage {
		messageEnd = messageBegun + messageTimeout
	} else if w.pingedAt > lastFrame {
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
	pingDue := max(lastFrame, w.pingedAt) + pingAfter
	if now >= pingDue {
		w.ping()
		w.pingedAt, pingDue = now, now+pingAfter
		if !inMessage {
			pongEnd = now + pongTimeout
		}
	}
	return min(silenceEnd, messageEnd, pongEnd, pingDue) - now, nil
}
