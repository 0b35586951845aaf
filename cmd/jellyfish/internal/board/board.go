// Package board keeps what the screen shows of a server: a line a room, the latest
// events, rates. What it does for a notification or a change doesn't depend on how
// many rooms there are, and a look at it costs as much as one screen shows.
package board

import (
	"context"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Key names a room: nodes of a cluster can have rooms with the same id.
type Key struct{ ID, Node string }

// Room is a room in a few numbers.
type Room struct {
	Key
	Appeared         time.Time
	MaxPeers         *int
	Codec            rooms.VideoCodec
	Peers, Connected int
	Audio, Video     int
	Components       int
	Traffic          Traffic
	// Last is the kind of the latest notification, or 0, and LastAt when it came.
	Last   decode.Kind
	LastAt time.Time
}

// Tracks returns how many tracks there are.
func (r *Room) Tracks() int { return r.Audio + r.Video }

// Board is what is known of a server. Start makes one.
type Board struct {
	notifier *stream.Notifier
	view     *watch.View
	sub      *stream.Subscription
	ended    chan struct{}

	mu     sync.Mutex
	rooms  map[Key]*Room
	byID   map[string]*Room // One of each id, for notifications.
	totals totals
	order  order
	events ring
	late   late
	names  names
	meters meters
	pace   pace
}

type totals struct{ peers, connected, tracks int }

// Start begins to follow a view and the notifier below it, with or without
// metrics. The context is the board's lifetime.
func Start(ctx context.Context, notifier *stream.Notifier, view *watch.View, metrics bool) (*Board, error) {
	var options []stream.Option
	if metrics {
		options = append(options, stream.WithMetrics())
	}
	sub, err := notifier.Subscribe(ctx, options...)
	if err != nil {
		return nil, err
	}
	b := &Board{
		notifier: notifier,
		view:     view,
		sub:      sub,
		ended:    make(chan struct{}),
		rooms:    make(map[Key]*Room),
		byID:     make(map[string]*Room),
		late:     late{seen: view.Stats().Gaps},
		names:    newNames(),
		meters:   newMeters(),
	}
	changes := view.Changes(ctx)
	var followers sync.WaitGroup
	followers.Go(func() { b.followChanges(changes) })
	followers.Go(b.followEvents)
	if metrics {
		followers.Go(b.followMetrics)
	}
	go func() {
		followers.Wait()
		close(b.ended)
	}()
	return b, nil
}

// Done is closed when the board has ended; Err then says why.
func (b *Board) Done() <-chan struct{} { return b.ended }

// Err returns why the board has ended.
func (b *Board) Err() error { return b.sub.Err() }

func (b *Board) followChanges(changes <-chan watch.Change) {
	for c := range changes {
		told := c.Inferred() && b.isNews(c)
		b.mu.Lock()
		b.apply(c)
		if told {
			event := inferred(c)
			if event.Name == "" {
				event.Name = b.names.of(event.Inferred.Who)
			}
			b.late.hold(event, b.view.Stats().Gaps)
			b.late.release(&b.events, event.At)
		}
		b.mu.Unlock()
	}
}

// isNews tells whether an inferred change is worth a line. Before the first
// outage, lists only tell what was there already; and that a room's node and
// configuration were found out is none.
func (b *Board) isNews(c watch.Change) bool {
	if b.view.Stats().Gaps == 0 {
		return false
	}
	room, ok := c.(watch.RoomChange)
	return !ok || room.Before == nil || room.After == nil
}

func (b *Board) followEvents() {
	for n := range b.sub.All() {
		now := time.Now()
		b.mu.Lock()
		b.note(now, n)
		b.mu.Unlock()
	}
}

// note keeps a notification among the events.
func (b *Board) note(now time.Time, n decode.Notification) {
	event := Event{At: now, Notification: n}
	if id, ok := decode.RoomOf(n); ok {
		event.Room = id
		if room := b.byID[id]; room != nil {
			room.Last, room.LastAt = n.Kind(), now
			b.order.touch(ByLast)
		}
	}
	if who := about(n); who != "" {
		event.Name = b.names.of(who)
	}
	b.events.add(event)
	if event.IsGap() {
		b.late.seen++
		b.late.behind = false
		b.late.release(&b.events, now)
	}
}

// followMetrics reads the reports for at most a twentieth of the time.
func (b *Board) followMetrics() {
	var rest time.Time
	for report := range b.sub.Metrics() {
		began := time.Now()
		if began.Before(rest) {
			continue
		}
		metrics, err := report.Parse()
		if err != nil {
			continue
		}
		b.mu.Lock()
		b.meters.read(metrics, began, b.byID)
		b.order.touch(ByTraffic)
		b.mu.Unlock()
		rest = time.Now().Add(20*time.Since(began) - time.Second)
	}
}
