package watch

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

const (
	// changeBuffer is how many changes a channel holds.
	changeBuffer = 64
	// queuedSteps is how many changed rooms wait behind it before they are given up
	// for a comparison. A room counts once for each 16 members that it has.
	queuedSteps     = 16_384
	membersAtWeight = 16
)

// limits are what waits for one consumer, and what is remembered for one answer.
type limits struct{ changes, steps, notifications int }

func defaultLimits() limits {
	return limits{changes: changeBuffer, steps: queuedSteps, notifications: historyLength}
}

// Option says which changes [View.Changes] and [View.EachRoom] deliver.
type Option func(*following)

type following struct{ rooms []string }

// InRooms leaves out what happens in other rooms than those with the given ids. It
// costs nothing for those. Without ids it leaves out everything.
func InRooms(ids ...string) Option {
	return func(f *following) {
		f.rooms = slices.Concat(f.rooms, ids)
		if f.rooms == nil {
			f.rooms = []string{}
		}
	}
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
func (v *View) Changes(ctx context.Context, options ...Option) <-chan Change {
	f := v.follow(options)
	out := make(chan Change, v.limits.changes)
	go func() {
		defer close(out)
		f.deliver(ctx, out)
	}()
	return out
}

// EachRoom returns a channel of rooms, each with its changes from its appearance
// to its end. It begins with the rooms that there are. It is closed as that of
// [View.Changes] is. Unlike the rooms of a stream these heal: a room that ended
// during an outage ends here too, once that was found out.
//
// The channel has no buffer, and nothing waits for its reader: rooms that aren't
// taken wait as changes do, and those that came and went while more waited are left
// out. Each room has a goroutine until its channel is closed: read it to its end,
// or call [RoomChanges.Leave].
func (v *View) EachRoom(ctx context.Context, options ...Option) <-chan *RoomChanges {
	f := v.follow(options)
	f.only = func(s step) bool { return s.before == nil }
	out := make(chan *RoomChanges)
	go func() {
		defer close(out)
		for s := range f.steps(ctx) {
			select {
			case out <- v.followRoom(ctx, s):
				continue
			case <-ctx.Done():
			case <-v.ctx.Done():
			}
			v.awaitEnd()
			return
		}
	}()
	return out
}

// ErrRoomEnded is the error of a [RoomChanges] whose room has ended.
var ErrRoomEnded = errors.New("watch: the room has ended")

// RoomChanges is one room of [View.EachRoom] and its changes.
type RoomChanges struct {
	// ID is the room's.
	ID string

	out   chan Change
	leave context.CancelFunc
	err   error // Set before out is closed.
	done  chan struct{}
}

// Changes returns the channel, always the same, of the room's changes: from the
// [RoomChange] with which it appeared to the one with which it is gone, after which
// it is closed. What holds for [View.Changes] holds for it.
func (r *RoomChanges) Changes() <-chan Change { return r.out }

// Err returns nil until the channel is closed, and then why: [ErrRoomEnded], the
// context's error, which is [context.Canceled] after Leave, or that of the view.
func (r *RoomChanges) Err() error {
	select {
	case <-r.done:
		return r.err
	default:
		return nil
	}
}

// Leave ends the channel before the room's end.
func (r *RoomChanges) Leave() { r.leave() }

// followRoom follows a room from its appearance on.
func (v *View) followRoom(ctx context.Context, appeared step) *RoomChanges {
	ctx, cancel := context.WithCancel(ctx)
	r := &RoomChanges{ID: appeared.after.id, out: make(chan Change, v.limits.changes), leave: cancel, done: make(chan struct{})}
	f := newFeed(v, []string{r.ID})
	f.room, f.queue = appeared.after, []step{appeared}
	v.mu.Lock()
	if now := v.current.version(f.room); now != f.room {
		f.queue = append(f.queue, step{before: f.room, after: now})
	}
	v.feeds.add(f)
	v.mu.Unlock()
	f.rouse()
	go func() {
		defer cancel()
		defer close(r.out)
		defer close(r.done)
		if r.err = f.deliver(ctx, r.out); r.err == nil {
			r.err = v.Err()
		}
	}()
	return r
}

// feeds are those who follow the view: all rooms, or some. They are guarded by the
// view's lock.
type feeds struct {
	all    map[*feed]struct{}
	byRoom map[string]map[*feed]struct{}
}

func newFeeds() feeds {
	return feeds{make(map[*feed]struct{}), make(map[string]map[*feed]struct{})}
}

func (fs feeds) add(f *feed) {
	if f.ids == nil {
		fs.all[f] = struct{}{}
	}
	for _, id := range f.ids {
		if fs.byRoom[id] == nil {
			fs.byRoom[id] = make(map[*feed]struct{})
		}
		fs.byRoom[id][f] = struct{}{}
	}
}

func (fs feeds) remove(f *feed) {
	delete(fs.all, f)
	for _, id := range f.ids {
		delete(fs.byRoom[id], f)
		if len(fs.byRoom[id]) == 0 {
			delete(fs.byRoom, id)
		}
	}
}

func (fs feeds) push(steps []step) {
	for f := range fs.all {
		f.push(steps...)
	}
	if len(fs.byRoom) == 0 {
		return
	}
	for _, s := range steps {
		for f := range fs.byRoom[s.room().id] {
			f.push(s)
		}
	}
}

func (fs feeds) wake() {
	for f := range fs.all {
		f.rouse()
	}
	for _, fs := range fs.byRoom {
		for f := range fs {
			f.rouse()
		}
	}
}

// feed brings one consumer's state to that of the view, step by step. While the
// consumer keeps up, that is what happened; one that lags too far behind is given
// the difference between what it knows and what is.
type feed struct {
	view    *View
	ids     []string        // Nil for all rooms.
	room    *room           // The one life that is followed, or nil.
	only    func(step) bool // Nil for all steps.
	rousing chan struct{}   // Holds one when there may be something to take.

	// Guarded by the view's lock.
	first   *snapshot // What there was in the beginning, until that is taken.
	known   *snapshot // What the consumer knows once all that was taken is delivered.
	queue   []step
	load    int  // Of the queue.
	lagging bool // The queue was given up.
}

func newFeed(v *View, ids []string) *feed {
	return &feed{view: v, ids: ids, rousing: make(chan struct{}, 1), known: &snapshot{}}
}

func (v *View) follow(options []Option) *feed {
	var w following
	for _, option := range options {
		option(&w)
	}
	slices.Sort(w.rooms)
	f := newFeed(v, slices.Compact(w.rooms))
	v.mu.Lock()
	f.first = v.current
	v.feeds.add(f)
	v.mu.Unlock()
	f.rouse()
	return f
}

// push tells of new states of the view. The caller holds the view's lock.
func (f *feed) push(steps ...step) {
	if f.lagging {
		f.rouse()
		return
	}
	for _, s := range steps {
		if f.wants(s) {
			f.queue = append(f.queue, s)
			f.load += s.load()
		}
	}
	if f.load > f.view.limits.steps {
		f.queue, f.load, f.first, f.lagging = nil, 0, nil, true
	}
	f.rouse()
}

func (f *feed) wants(s step) bool {
	return (f.only == nil || f.only(s)) && (f.room == nil || s.room().life == f.room.life)
}

// load tells how much a step weighs on the memory: it keeps a version of a room.
func (s step) load() int {
	load := 1
	if r := s.after; r != nil {
		load += (len(r.peers) + len(r.components)) / membersAtWeight
	}
	return load
}

func (f *feed) rouse() {
	select {
	case f.rousing <- struct{}{}:
	default:
	}
}

// deliver sends the changes of each step. It returns the context's error, that of a
// room that has ended, or nil if the view has.
func (f *feed) deliver(ctx context.Context, out chan<- Change) error {
	send := func(c Change) bool {
		select {
		case out <- c:
			return true
		case <-ctx.Done():
		case <-f.view.ctx.Done():
		}
		return false
	}
	for s := range f.steps(ctx) {
		if !s.changes(send) {
			break
		}
		if f.room != nil && s.after == nil {
			return ErrRoomEnded
		}
	}
	f.view.awaitEnd()
	if ctx.Err() != nil {
		return lifetime.Err(ctx)
	}
	return nil
}

// steps returns what happens, until the context or the view has ended.
func (f *feed) steps(ctx context.Context) iter.Seq[step] {
	return func(yield func(step) bool) {
		defer f.leave()
		for {
			steps, last := f.take()
			for s := range steps {
				if f.wants(s) && !yield(s) {
					return
				}
			}
			if last {
				return
			}
			select {
			case <-f.rousing:
				continue
			case <-ctx.Done():
			case <-f.view.ctx.Done():
			}
			f.view.awaitEnd()
			return
		}
	}
}

// take returns what leads from what the consumer knows to the state of this
// moment, and whether that is the last.
func (f *feed) take() (taken iter.Seq[step], last bool) {
	v := f.view
	v.mu.Lock()
	defer v.mu.Unlock()
	select {
	case <-v.ended:
		last = true
	default:
	}
	queue, known, first := f.queue, f.known, f.first
	f.queue, f.load, f.known, f.first = nil, 0, v.current, nil
	switch {
	case f.lagging:
		f.lagging = false
		return f.difference(known, v.current), last
	case first != nil:
		return func(yield func(step) bool) {
			for _, steps := range []iter.Seq[step]{f.difference(known, first), slices.Values(queue)} {
				for s := range steps {
					if !yield(s) {
						return
					}
				}
			}
		}, last
	}
	return slices.Values(queue), last
}

func (f *feed) difference(known, current *snapshot) iter.Seq[step] {
	switch {
	case f.room != nil:
		before, after := known.version(f.room), current.version(f.room)
		switch {
		case before == nil && after == nil: // It came and went.
			return slices.Values([]step{{after: f.room}, {before: f.room}})
		case before == after:
			return slices.Values([]step{})
		}
		return slices.Values([]step{{before: before, after: after}})
	case f.ids == nil:
		return steps(known, current)
	}
	return func(yield func(step) bool) {
		for _, id := range f.ids {
			if !bucketSteps(known.find(id), current.find(id), yield) {
				return
			}
		}
	}
}

func (f *feed) leave() {
	f.view.mu.Lock()
	defer f.view.mu.Unlock()
	f.view.feeds.remove(f)
}

// awaitEnd waits, if the view's context has ended, until it is known why: it must
// be before a channel is closed.
func (v *View) awaitEnd() {
	if v.ctx.Err() != nil {
		<-v.ended
	}
}
