package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// term is a bridge's run. One goroutine owns it.
type term struct {
	bridge *Bridge
	config BridgeConfig
	log    *slog.Logger

	js        jetstream.JetStream
	publisher *publisher
	batches   *stream.BatchSubscription
	ledger    *ledger
	lease     *lease

	background *sync.WaitGroup
	records    chan followed
	status     <-chan nats.Status
	unfollow   context.CancelFunc // Nil while nothing is followed.

	role   Role
	read   uint64 // All up to this number was read, or written by this bridge.
	author string // Who has written the last record.

	whole      time.Time // Since when the source has had no Gap.
	sign       time.Time // When the leader last gave a sign of life.
	handover   bool      // The last record is a handover.
	handedTo   bool      // It came while this bridge was ready.
	handoverAt time.Time
	stale      bool      // The lease is.
	staleAt    time.Time // Since when.
	retryAt    time.Time // When to claim again at the earliest.
	recoverAt  time.Time // When what is in flight is given up.
	ending     bool      // Nothing more is heard.
	ended      bool      // The source has given all.
	leaving    bool      // The handover is in flight.
	done       bool
}

const (
	tick = 50 * time.Millisecond
	// ackPatience is how long an acknowledgement may take.
	ackPatience = 5 * time.Second
)

// loop takes in what comes, and then does what follows from it.
func (t *term) loop(ctx, life context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	end, deadline := ctx.Done(), (<-chan time.Time)(nil)
	for !t.done {
		heard := t.batches.Batches()
		if t.ended || t.full() {
			heard = nil
		}
		select {
		case batch, ok := <-heard:
			t.hearAll(batch)
			if !ok {
				t.ended, t.ending = true, true
			}
		case answer := <-t.publisher.acks:
			t.answered(answer)
			t.drainAnswers()
		case f := <-t.records:
			t.follows(f)
		case news := <-t.lease.news:
			t.looked(news)
		case <-t.status: // Connected anew: what was on its way may be lost.
			if len(t.publisher.flight) > 0 {
				t.refused()
			}
		case <-ticker.C:
		case <-end:
			end, deadline = nil, time.After(t.config.HandoverTimeout)
			t.ending = true
			t.batches.Drain()
		case <-deadline:
			return t.leaves(ctx, &HandoverError{Left: t.ledger.length})
		}
		if t.ended && deadline == nil {
			deadline = time.After(t.config.HandoverTimeout)
		}
		t.act(life)
		t.publishStats()
	}
	return t.leaves(ctx, nil)
}

// leaves returns what Run does.
func (t *term) leaves(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return errors.Join(t.batches.Err(), err)
	}
	if t.role == Standby {
		return nil // Others have all that it has.
	}
	return err
}

// full tells whether as much waits as may.
func (t *term) full() bool {
	return t.ledger.length >= t.config.MaxPending || t.ledger.bytes >= t.config.MaxPendingBytes
}

// hearAll takes in what came from the source.
func (t *term) hearAll(batch []decode.Notification) {
	now := time.Now()
	for _, n := range batch {
		e, err := t.entryOf(n, now)
		if err != nil { // Such as a text that a webhook's JSON brought and protobuf has not.
			e, _ = t.entryOf(stream.Gap{Undecodable: 1, Err: err}, now)
		}
		if e.gap {
			t.whole = now
		} else {
			t.bridge.count(func(s *BridgeStats) { s.Heard++ })
		}
		if t.ledger.hear(e) {
			t.bridge.count(func(s *BridgeStats) { s.Known++ })
		}
	}
}

// ready tells whether the bridge knows all that could be missing from the stream.
func (t *term) ready() bool { return time.Since(t.whole) > t.config.Window }

// act does what follows from all that is known now.
func (t *term) act(life context.Context) {
	switch t.role {
	case Standby:
		t.ledger.dropLeadingGaps()
		if t.ending {
			t.done = true
			return
		}
		t.considerLeading(life)
	case Claiming, Leading:
		if t.publisher.stuck(ackPatience) {
			t.refused()
			return
		}
		if t.role == Leading {
			t.publish()
			t.lease.hold(leaseValue{t.bridge.run, t.publisher.confirmed(), t.ledger.length})
		}
	case Recovering:
		if t.unfollow == nil && time.Now().After(t.recoverAt) {
			t.follow(life, t.read)
		}
	}
}

// publish sends what waits, as far as the window allows.
func (t *term) publish() {
	for len(t.publisher.flight) < maxInFlight && len(t.publisher.flight) < len(t.ledger.order) {
		if err := t.publisher.send(t.ledger.order[len(t.publisher.flight)]); err != nil {
			t.log.Warn("jetstream: publish", "error", err)
			t.refused()
			return
		}
	}
	if t.ended && t.ledger.length == 0 && len(t.publisher.flight) == 0 && !t.leaving {
		t.leaving = true
		record := &entry{subject: t.config.Layout.controlSubject("handover")}
		if err := t.publisher.send(record); err != nil {
			t.refused()
		}
	}
}

func (t *term) drainAnswers() {
	for {
		select {
		case answer := <-t.publisher.acks:
			t.answered(answer)
		default:
			return
		}
	}
}

// follow starts to read the stream after a number.
func (t *term) follow(life context.Context, after uint64) {
	ctx, cancel := context.WithCancel(life)
	t.unfollow = cancel
	t.read = after
	t.records = make(chan followed)
	f := &follower{layout: t.config.Layout, js: t.js, out: t.records, next: after + 1}
	t.background.Go(func() { f.run(ctx) })
}

func (t *term) stopFollowing() {
	if t.unfollow != nil {
		t.unfollow()
		t.unfollow, t.records = nil, nil
	}
}

func (b *Bridge) count(change func(*BridgeStats)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.stats)
}

func (t *term) publishStats() {
	t.bridge.count(func(s *BridgeStats) {
		s.Role, s.Ready, s.Pending, s.Sequence = t.role, t.ready(), t.ledger.length, t.read
		if t.role == Leading {
			s.Sequence = t.publisher.confirmed()
		}
	})
}
