package watch

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// run is the view's one loop: all that changes the view happens in it.
func (v *View) run(sub *stream.Subscription) {
	ctx, cancel := context.WithCancel(v.ctx)
	var asking sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	ended := func(err error) {
		cancel()
		asking.Wait()
		v.finish(err)
	}
	for {
		v.askNext(func(q *question) {
			asking.Go(func() { v.ask(ctx, q) })
		})
		timer.Reset(v.untilDue())
		select {
		case n, ok := <-sub.Notifications():
			if !ok {
				ended(sub.Err())
				return
			}
			v.notice(n)
		case a := <-v.answers:
			v.learn(a)
		case <-timer.C:
			v.searchAgain(time.Now())
		case <-ctx.Done():
			ended(lifetime.Err(ctx))
			return
		}
	}
}

// askNext has every node asked what it is to be asked now.
func (v *View) askNext(ask func(*question)) {
	now := time.Now()
	for n := range v.asked() {
		if q := n.next(now, v.current.count); q != nil {
			q.from = v.history.next()
			n.asking = q
			ask(q)
		}
	}
}

// asked returns the nodes and the candidates.
func (v *View) asked() iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, n := range v.nodes {
			if !yield(n) {
				return
			}
		}
		for _, c := range v.candidates {
			if !yield(c) {
				return
			}
		}
	}
}

// untilDue returns how long nothing is to be done of the view's own accord.
func (v *View) untilDue() time.Duration {
	const long = time.Hour
	now := time.Now()
	wait := long
	for n := range v.asked() {
		if due := n.due(); !due.IsZero() {
			wait = min(wait, due.Sub(now))
		}
	}
	if !v.searchAt.IsZero() {
		wait = min(wait, v.searchAt.Sub(now))
	}
	return max(0, wait)
}

// notice takes in a notification or a Gap.
func (v *View) notice(n decode.Notification) {
	if gap, ok := n.(stream.Gap); ok {
		v.doubt(gap)
		return
	}
	id, ok := decode.RoomOf(n)
	if !ok {
		return
	}
	v.remember(n)
	found := v.current.find(id)
	if len(found) > 1 {
		v.askAll(id) // Nobody can tell which one is meant.
		return
	}
	var before *room
	if len(found) == 1 {
		before = found[0]
	}
	after := apply(before, n)
	if after.room != before {
		d := v.current.edit()
		d.replace(step{before, after.room, n})
		v.publish(d)
	}
	v.follow(id, n, after)
}

// follow has the nodes asked for what a notification doesn't tell.
func (v *View) follow(id string, n decode.Notification, after outcome) {
	if kind := n.Kind(); kind == decode.KindRoomCreated || after.room == nil && !after.look {
		delete(v.searches, id) // It is another room, or none.
		delete(v.absent, id)
	}
	switch {
	case !after.look:
	case after.room == nil || after.room.node == "":
		v.seek(id)
	case n.Kind() == decode.KindRoomCreated:
		v.askAll(id) // Another node may have one with the same id.
	default:
		v.lookOn(after.room.node, id)
	}
}

// remember keeps a notification for the answers that are yet to come.
func (v *View) remember(n decode.Notification) {
	v.history.add(n)
	from := v.history.next()
	for _, node := range v.nodes {
		if q := node.asking; q != nil && !q.void {
			from = min(from, q.from)
		}
	}
	v.history.trim(from)
	if v.history.next()-from <= uint64(v.limits.notifications) && v.history.bytes <= rememberedBytes {
		return
	}
	for _, node := range v.nodes {
		if q := node.asking; q != nil && q.from == from {
			q.void = true
		}
	}
}

// doubt has everything listed again.
func (v *View) doubt(gap stream.Gap) {
	for _, n := range v.nodes {
		since := gap.Since
		if since.IsZero() {
			since = n.Listed // Nothing tells when it was.
		}
		n.doubt(since)
		n.wantsList = true
	}
	clear(v.absent)
	v.mu.Lock()
	v.stats.Gaps++
	v.mu.Unlock()
	v.showNodes()
}

// publish makes a draft the state that is seen, if it differs.
func (v *View) publish(d *draft) {
	steps := d.steps
	if len(steps) == 0 {
		return
	}
	d.steps = nil
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = d.catalogue
	for f := range v.feeds {
		f.push(steps)
	}
}

// showNodes makes the state of the nodes seen.
func (v *View) showNodes() {
	known := make([]Node, len(v.nodes))
	for i, n := range v.nodes {
		known[i] = n.Node
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known = known
}

// finish ends the view.
func (v *View) finish(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.over, v.err = true, err
	for f := range v.feeds {
		f.rouse()
	}
	close(v.done)
}
