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
	// queuedSteps is how many changed rooms may be queued after it before they are
	// replaced by a comparison. A room counts once for each 16 members.
	queuedSteps     = 16_384
	membersAtWeight = 16
)

// limits are how much is queued for a consumer, and kept for a response.
type limits struct{ changes, steps, notifications int }

func defaultLimits() limits {
	return limits{changes: changeBuffer, steps: queuedSteps, notifications: historyLength}
}

// Option selects the changes that [View.Changes] and [View.EachRoom] deliver.
type Option func(*following)

type following struct{ rooms []string }

// InRooms limits the changes to rooms with the given ids. Other rooms cost nothing.
// Without ids there are no changes.
func InRooms(ids ...string) Option {
	return func(f *following) {
		f.rooms = slices.Concat(f.rooms, ids)
		if f.rooms == nil {
			f.rooms = []string{}
		}
	}
}

// Changes returns a channel of the view's changes. It begins with the present rooms,
// as inferred changes; applied to an empty state, the changes yield the state of the
// view. It is closed when ctx or the view has ended. If the view ended because the
// source did, the remaining changes are delivered first, unless the contexts end.
//
// The view doesn't wait for consumers. Behind the channel's buffer of 64, up to
// 16,384 changed rooms are queued. Beyond that the queue is replaced by the
// difference, as inferred changes, between what was delivered and the present state:
// the result is the same, only the history is lost. Each call creates a new channel,
// with one goroutine.
func (v *View) Changes(ctx context.Context, options ...Option) <-chan Change {
	f := v.follow(options)
	out := make(chan Change, v.limits.changes)
	go func() {
		defer close(out)
		f.deliver(ctx, out)
	}()
	return out
}

// EachRoom returns a channel of rooms, each with its changes from its appearance to
// its end. It begins with the present rooms, and is closed like that of
// [View.Changes]. Unlike the rooms of [stream.EachRoom], a room that ended during an
// outage ends here too, once a listing has shown that.
//
// The channel is unbuffered, but the view doesn't wait for its reader: rooms are
// queued as changes are, and if the queue is full, rooms that came and went meanwhile
// are left out. Each room has a goroutine until its channel is closed: read it to its
// end, or call [RoomChanges.Leave].
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

// ErrRoomEnded is the error of [RoomChanges] whose room has ended.
var ErrRoomEnded = errors.New("watch: the room has ended")

// RoomChanges is a room of [View.EachRoom] and its changes.
type RoomChanges struct {
	// ID is the room's.
	ID string

	out   chan Change
	leave context.CancelFunc
	err   error // Set before out is closed.
	done  chan struct{}
}

// Changes returns the channel of the room's changes, from the [RoomChange] with which
// it appeared to the one with which it is gone, after which it is closed. All calls
// return the same channel. It has the guarantees of [View.Changes].
func (r *RoomChanges) Changes() <-chan Change { return r.out }

// Err returns nil until the channel is closed, and then the reason: [ErrRoomEnded],
// the context's error, which is [context.Canceled] after Leave, or that of the view.
func (r *RoomChanges) Err() error {
	select {
	case <-r.done:
		return r.err
	default:
		return nil
	}
}

// Leave closes the channel before the room's end.
func (r *RoomChanges) Leave() { r.leave() }

// followRoom follows a room from its appearance on.
func (v *View) followRoom(ctx context.Context, appeared step) *RoomChanges {
	ctx, cancel := context.WithCancel(ctx)
	r := &RoomChanges{ID: appeared.after.id, out: make(chan Change, v.limits.changes), leave: cancel, done: make(chan struct{})}
	f := &feed{view: v, ids: []string{r.ID}, life: appeared.after.life}
	v.mu.Lock()
	begin := []step{appeared}
	if now := v.current.version(f.life, r.ID); now != appeared.after {
		begin = append(begin, step{before: appeared.after, after: now})
	}
	f.join(slices.Values(begin))
	v.mu.Unlock()
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

// feeds are the followers of the view: of all rooms, or of some. Guarded by the view's
// lock.
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
		f.signal()
	}
	for _, fs := range fs.byRoom {
		for f := range fs {
			f.signal()
		}
	}
}

// feed brings a consumer's state to that of the view, step by step. While the consumer
// keeps up, these are the steps of the view; one that lags too far behind gets the
// difference between what it knows and the current state.
type feed struct {
	view  *View
	ids   []string        // Nil for all rooms.
	life  *life           // Of the only room that is followed, or nil.
	only  func(step) bool // Nil for all steps.
	begin iter.Seq[step]  // What existed at the beginning.
	ready chan struct{}   // Has an element when there may be something to take.

	// Guarded by the view's lock.
	known   *snapshot // What the consumer knows once everything taken is delivered.
	queue   []step
	load    int  // Of the queue.
	lagging bool // The queue was dropped.
}

func (v *View) follow(options []Option) *feed {
	var w following
	for _, option := range options {
		option(&w)
	}
	slices.Sort(w.rooms)
	f := &feed{view: v, ids: slices.Compact(w.rooms)}
	v.mu.Lock()
	defer v.mu.Unlock()
	f.join(f.difference(&snapshot{}, v.current))
	return f
}

// join adds the feed to the view's, and sets the steps that come before that. The
// caller holds the view's lock.
func (f *feed) join(begin iter.Seq[step]) {
	f.begin, f.known = begin, f.view.current
	f.ready = make(chan struct{}, 1)
	f.view.feeds.add(f)
	f.signal()
}

// push queues new states of the view. The caller holds the view's lock.
func (f *feed) push(steps ...step) {
	if f.lagging {
		f.signal()
		return
	}
	for _, s := range steps {
		if f.wants(s) {
			f.queue = append(f.queue, s)
			f.load += s.load()
		}
	}
	if f.load > f.view.limits.steps {
		f.queue, f.load, f.lagging = nil, 0, true
	}
	f.signal()
}

func (f *feed) wants(s step) bool {
	return (f.only == nil || f.only(s)) && (f.life == nil || s.room().life == f.life)
}

// load returns the memory cost of a step: it keeps a version of a room.
func (s step) load() int {
	load := 1
	if r := s.after; r != nil {
		load += (len(r.peers) + len(r.components) + len(r.streamers) + len(r.viewers)) / membersAtWeight
	}
	return load
}

func (f *feed) signal() {
	select {
	case f.ready <- struct{}{}:
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
		if f.life != nil && s.after == nil {
			return ErrRoomEnded
		}
	}
	f.view.awaitEnd()
	if ctx.Err() != nil {
		return lifetime.Err(ctx)
	}
	return nil
}

// steps returns the steps until the context or the view ends.
func (f *feed) steps(ctx context.Context) iter.Seq[step] {
	return func(yield func(step) bool) {
		defer f.leave()
		steps, last := f.begin, false
		f.begin = nil
		for {
			for s := range steps {
				if f.wants(s) && !yield(s) {
					return
				}
			}
			if last {
				return
			}
			select {
			case <-f.ready:
				steps, last = f.take()
				continue
			case <-ctx.Done():
			case <-f.view.ctx.Done():
			}
			f.view.awaitEnd()
			return
		}
	}
}

// take returns the steps from what the consumer knows to the current state, and whether
// they are the last.
func (f *feed) take() (taken iter.Seq[step], last bool) {
	v := f.view
	v.mu.Lock()
	defer v.mu.Unlock()
	select {
	case <-v.ended:
		last = true
	default:
	}
	taken = slices.Values(f.queue)
	if f.lagging {
		taken = f.difference(f.known, v.current)
	}
	f.queue, f.load, f.lagging, f.known = nil, 0, false, v.current
	return taken, last
}

// difference returns the steps from one state of the wanted rooms to another.
func (f *feed) difference(from, to *snapshot) iter.Seq[step] {
	switch {
	case f.life != nil:
		return slices.Values([]step{{before: from.version(f.life, f.ids[0]), after: to.version(f.life, f.ids[0])}})
	case f.ids == nil:
		return steps(from, to)
	}
	return func(yield func(step) bool) {
		for _, id := range f.ids {
			if !bucketSteps(from.find(id), to.find(id), yield) {
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

// awaitEnd waits, if the view's context has ended, until the reason is known, which
// must be before a channel is closed.
func (v *View) awaitEnd() {
	if v.ctx.Err() != nil {
		<-v.ended
	}
}
