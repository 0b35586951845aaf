package watch

import (
	"context"
	"iter"
)

const (
	// changeBuffer is how many changes a channel holds.
	changeBuffer = 64
	// queuedSteps is how many changed rooms wait behind it before they are given up
	// for a comparison. A room counts once for each roomful of members that it has.
	queuedSteps = 16_384
	roomful     = 16
)

// limits are what waits for one consumer, and what is remembered for one answer.
type limits struct{ changes, steps, notifications int }

func defaultLimits() limits {
	return limits{changes: changeBuffer, steps: queuedSteps, notifications: remembered}
}

// feed brings one consumer's state to that of the view, change by change. While
// the consumer keeps up, that is what happened; one that lags too far behind is
// given the difference between what it knows and what is.
type feed struct {
	view *View
	out  chan Change
	wake chan struct{} // Holds one when there may be something to take.

	// Guarded by the view's lock.
	known   *catalogue // What the consumer knows once all that was taken is delivered.
	queue   []step
	load    int  // Of the queue.
	lagging bool // The queue was given up.
}

// Changes returns a channel of what changes in the view. It begins with what
// there is, as inferred changes; applied to nothing one after the other, its
// changes make the state of the view. It is closed when ctx or the view has
// ended, after what was still to come where the view ended because the source
// did, while the contexts live.
//
// The view waits for no consumer. Behind the channel of 64, up to 16,384 changed
// rooms wait. If there are more, they give way to the difference, inferred,
// between what was delivered before and what is: nothing that matters is lost,
// only how it came about. Each call makes a channel of its own, with one
// goroutine.
func (v *View) Changes(ctx context.Context) <-chan Change {
	f := &feed{
		view:    v,
		out:     make(chan Change, v.limits.changes),
		wake:    make(chan struct{}, 1),
		known:   &catalogue{},
		lagging: true,
	}
	v.mu.Lock()
	if !v.over {
		v.feeds[f] = struct{}{}
	}
	v.mu.Unlock()
	f.rouse()
	go f.run(ctx)
	return f.out
}

// push tells of a new state of the view. The caller holds the view's lock.
func (f *feed) push(steps []step) {
	if !f.lagging {
		f.queue = append(f.queue, steps...)
		for _, s := range steps {
			f.load += s.load()
		}
		if f.load > f.view.limits.steps {
			f.queue, f.load, f.lagging = nil, 0, true
		}
	}
	f.rouse()
}

// load tells how much a step weighs on the memory: it keeps a version of a room.
func (s step) load() int {
	load := 1
	if r := s.after; r != nil {
		load += (len(r.peers) + len(r.components)) / roomful
	}
	return load
}

func (f *feed) rouse() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *feed) run(ctx context.Context) {
	defer close(f.out)
	defer f.leave()
	for {
		steps, last := f.take()
		for s := range steps {
			if !s.changes(func(c Change) bool { return f.send(ctx, c) }) {
				return
			}
		}
		if last {
			return
		}
		select {
		case <-f.wake:
		case <-ctx.Done():
			return
		case <-f.view.ctx.Done():
			return
		}
	}
}

// take returns what leads from what the consumer knows to the state of this
// moment, and whether that is the last.
func (f *feed) take() (changed iter.Seq[step], last bool) {
	f.view.mu.Lock()
	defer f.view.mu.Unlock()
	queue, known := f.queue, f.known
	f.queue, f.load, f.known = nil, 0, f.view.current
	if f.lagging {
		f.lagging = false
		return steps(known, f.known), f.view.over
	}
	return func(yield func(step) bool) {
		for _, s := range queue {
			if !yield(s) {
				return
			}
		}
	}, f.view.over
}

func (f *feed) send(ctx context.Context, c Change) bool {
	select {
	case f.out <- c:
		return true
	case <-ctx.Done():
	case <-f.view.ctx.Done():
	}
	return false
}

func (f *feed) leave() {
	f.view.mu.Lock()
	defer f.view.mu.Unlock()
	delete(f.view.feeds, f)
}
