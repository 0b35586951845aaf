package dashboard

import (
	"context"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const (
	// tick is the time between two messages to the browsers while things change.
	tick = 500 * time.Millisecond
	// heartbeat is that while nothing does.
	heartbeat = time.Second
	// settling is how long after it is complete a view may go on telling what there
	// was before, of which nothing happened now.
	settling = 5 * time.Second
)

// board is all that the page shows.
type board struct {
	view     *watch.View
	source   stream.Source
	sub      *stream.Subscription
	webhooks *webhookCounts
	began    time.Time

	mu    sync.Mutex // Guards all below.
	rooms map[string]*room
	dirty map[string]struct{} // Rooms that have changed since the latest tick.
	log   eventLog
	gaps  []gapMark // Those since the latest tick.
	total totals
	browsers
	snapshot []byte            // The message to a new browser, nil until it is wanted.
	details  map[string][]byte // Rooms that were asked for since the latest tick.
	told     time.Time         // When the latest message was sent.

	opening    bool      // The view still tells what there was before.
	changes    int       // Since the latest tick.
	syncedAt   time.Time // Zero until the view is complete.
	charts     int       // Those of endpoints and tracks.
	lastSample int64
	received   uint64 // At the latest sample.
	sampledAt  time.Time
}

func newBoard(cfg Config, sub *stream.Subscription, webhooks *webhookCounts, now time.Time) *board {
	b := &board{
		view:       cfg.View,
		source:     cfg.Source,
		sub:        sub,
		webhooks:   webhooks,
		began:      now,
		rooms:      make(map[string]*room),
		dirty:      make(map[string]struct{}),
		details:    make(map[string][]byte),
		total:      newTotals(stepOf(now)),
		browsers:   browsers{all: make(map[*browser]struct{}), logger: cfg.Logger},
		opening:    true,
		lastSample: stepOf(now),
		sampledAt:  now,
	}
	if b.isSynced() {
		b.syncedAt = now
	}
	return b
}

// run follows the view and the subscription until ctx ends.
func (b *board) run(ctx context.Context) {
	changes := b.view.Changes(ctx)
	notifications := b.sub.Notifications()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case c, ok := <-changes:
			if !ok {
				changes = nil
				continue
			}
			b.onChange(c, time.Now())
		case n, ok := <-notifications:
			if !ok {
				notifications = nil
				continue
			}
			b.onNotification(n, time.Now())
		case <-ticker.C:
			b.onTick(time.Now())
		case <-ctx.Done():
			b.mu.Lock()
			b.end()
			b.mu.Unlock()
			return
		}
	}
}

// measure takes metrics reports until the subscription ends. Reading them takes no
// more than a fifth of a processor: of reports that take long some are skipped.
func (b *board) measure(ctx context.Context) {
	for report := range b.sub.Metrics() {
		began := time.Now()
		metrics, err := report.Parse()
		if err != nil {
			continue
		}
		b.onMetrics(metrics, began)
		timer := time.NewTimer(4 * time.Since(began))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (b *board) onChange(c watch.Change, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	id := c.Info().RoomID
	b.dirty[id] = struct{}{}
	if b.syncedAt.IsZero() || wasBefore(c, b.syncedAt, b.opening) {
		return
	}
	e, ok := entryOf(c, now)
	if !ok {
		return
	}
	r := b.room(id)
	r.addEntry(e, b.entryLimit(), now)
	r.now.Last, r.now.LastKind = e.Time, e.What
	if c.Inferred() {
		b.log.add(incoming{at: now, change: c})
	}
}

func (b *board) onNotification(n decode.Notification, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log.add(incoming{at: now, notification: n})
	if gap, ok := n.(stream.Gap); ok {
		b.gaps = append(b.gaps, b.log.addGap(gap, now))
	}
}

func (b *board) onMetrics(metrics decode.Metrics, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, part := range metrics.Rooms {
		if r := b.rooms[part.ID]; r != nil && r.ended.IsZero() {
			r.measure(part, now)
		}
	}
}

// room returns the record of a room, a new one if there is none.
func (b *board) room(id string) *room {
	r := b.rooms[id]
	if r == nil {
		r = newRoom(id)
		b.rooms[id] = r
	}
	return r
}

// entryLimit is how many entries a room's time line may have now.
func (b *board) entryLimit() int {
	return min(maxEntries, max(minEntries, allEntries/max(1, len(b.rooms))))
}

// onTick takes what has changed from the view, adds to the charts, and tells the
// browsers.
func (b *board) onTick(now time.Time) {
	state := b.connection()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle(now)
	for id := range b.dirty {
		if from, ok := b.view.Room(id); ok {
			b.room(id).refresh(from)
		} else if r := b.rooms[id]; r != nil {
			r.end(now)
		}
	}
	clear(b.dirty)
	clear(b.details)
	b.snapshot = nil
	m := b.message(state, now)
	if n := stepOf(now); n != b.lastSample {
		b.sample(n, state, now)
		m.Points = b.total.point(n)
	}
	if m.isHeartbeat() && now.Sub(b.told) < heartbeat {
		return
	}
	b.told = now
	b.send(encode(m))
}

// settle notices when the view is complete and has told all that there was before.
func (b *board) settle(now time.Time) {
	if b.syncedAt.IsZero() && b.isSynced() {
		b.syncedAt = now
	}
	since := now.Sub(b.syncedAt)
	if !b.syncedAt.IsZero() && since >= 2*tick && (b.changes == 0 || since > settling) {
		b.opening = false
	}
	b.changes = 0
}

func (b *board) isSynced() bool {
	select {
	case <-b.view.Synced():
		return true
	default:
		return false
	}
}

// sample adds a point to all charts.
func (b *board) sample(n int64, state connection, now time.Time) {
	b.lastSample = n
	left := maxMeterSeries - b.charts
	b.charts = 0
	all := sum{in: -1, out: -1}
	for _, r := range b.rooms {
		s := r.total(now)
		b.charts += r.sample(n, s, state.isLive(), &left, now)
		if s.in >= 0 {
			all.in = max(all.in, 0) + s.in
		}
		if s.out >= 0 {
			all.out = max(all.out, 0) + s.out
		}
	}
	perSecond := float64(state.received-b.received) / now.Sub(b.sampledAt).Seconds()
	b.received, b.sampledAt = state.received, now
	b.total.sample(n, b.counts(), perSecond, all, state.isLive())
}

// join adds a browser and returns the message that it begins with.
func (b *board) join() (*browser, []byte, bool) {
	now := time.Now()
	state := b.connection()
	b.mu.Lock()
	defer b.mu.Unlock()
	joined, ok := b.browsers.join()
	if !ok {
		return nil, nil, false
	}
	if b.snapshot == nil {
		b.snapshot = encode(b.everything(state, now))
	}
	return joined, b.snapshot, true
}

func (b *board) leave(gone *browser) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.browsers.leave(gone)
}
