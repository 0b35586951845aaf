package wsconn

import (
	"fmt"
	"sync"
	"time"
)

const (
	pingAfter      = 20 * time.Second // Without a frame.
	pongTimeout    = 10 * time.Second
	silenceLimit   = 75 * time.Second // Without a frame, pings or not.
	messageTimeout = 60 * time.Second // From a message's begin to its end.
)

// watchdog gives a connection up that shows no life. It is a timer that looks at
// the pulse and sets itself anew, so that frames cost it nothing.
type watchdog struct {
	pulse  *pulse
	ping   func()
	giveUp func(error)

	mu       sync.Mutex
	timer    *time.Timer
	pingedAt time.Duration // 0 where no ping is out.
	stopped  bool
}

func startWatchdog(p *pulse, ping func(), giveUp func(error)) *watchdog {
	w := &watchdog{pulse: p, ping: ping, giveUp: giveUp}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(pingAfter, w.look)
	return w
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

func (w *watchdog) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	next, err := w.check(w.pulse.now())
	if err != nil {
		w.stopped = true
		w.giveUp(err)
		return
	}
	w.timer.Reset(next)
}

// check returns when to look again, or why the connection is dead.
func (w *watchdog) check(now time.Duration) (time.Duration, error) {
	lastFrame := time.Duration(w.pulse.lastFrame.Load())
	if w.pingedAt != 0 && lastFrame >= w.pingedAt {
		w.pingedAt = 0
	}
	begun := time.Duration(w.pulse.begun.Load())
	switch {
	case now >= lastFrame+silenceLimit:
		return 0, fmt.Errorf("%w: no frame for %v", ErrDead, silenceLimit)
	case begun != 0 && now >= begun+messageTimeout:
		return 0, fmt.Errorf("%w: a message was not complete after %v", ErrDead, messageTimeout)
	case begun != 0:
		// The answer to a ping can't overtake the message.
		return min(pongTimeout, begun+messageTimeout-now, lastFrame+silenceLimit-now), nil
	case w.pingedAt != 0 && now >= w.pingedAt+pongTimeout:
		return 0, fmt.Errorf("%w: no answer to a ping within %v", ErrDead, pongTimeout)
	case w.pingedAt != 0:
		return w.pingedAt + pongTimeout - now, nil
	case now < lastFrame+pingAfter:
		return lastFrame + pingAfter - now, nil
	}
	w.pingedAt = now
	w.ping()
	return pongTimeout, nil
}
