package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// ErrDeadLetter is why a [stream.Gap] is delivered in place of a notification that was
// delivered as often as may be and never acknowledged.
var ErrDeadLetter = errors.New("jetstream: not acknowledged in any attempt, moved to the dead letters")

// ErrExpired is why a [stream.Gap] is delivered before what comes next: the stream has
// let go of messages, by its MaxAge or its limits, that the group may not have handled.
var ErrExpired = errors.New("jetstream: the stream has let go of messages that were not handled")

// Delivery is a notification to handle, or a [stream.Gap]. Its methods may be called
// from any goroutine.
type Delivery struct {
	// Notification is what a subscription delivers.
	Notification decode.Notification
	// Sequence is the message's number in the stream. It grows with each delivery
	// of a room, but for repeats, so that a store can refuse what comes late: two
	// workers may both believe for a moment that a room is theirs. A Gap has the
	// same number in all partitions; one with ErrExpired has that of the last
	// message that is gone.
	Sequence uint64
	// Room is the notification's room, empty where it has none. A Gap in place of a
	// dead letter has that of the letter.
	Room string
	// Partition is the room's.
	Partition int
	// Attempt counts how often this was delivered, from 1 on.
	Attempt int

	msg     jetstream.Msg
	once    sync.Once
	settled chan struct{}
}

// Ack says that the notification is handled: the room's next comes. The error is that
// of sending it; then the notification is delivered again.
func (d *Delivery) Ack() error { return d.settle(func() error { return d.msg.Ack() }) }

// Retry has the notification delivered again after a delay, before anything else of
// its partition. It counts as an attempt.
func (d *Delivery) Retry(delay time.Duration) error {
	return d.settle(func() error { return d.msg.NakWithDelay(delay) })
}

// Extend gives the handling another AckWait from now on.
func (d *Delivery) Extend() error {
	if d.msg == nil {
		return nil
	}
	return d.msg.InProgress()
}

func (d *Delivery) settle(send func() error) (err error) {
	d.once.Do(func() {
		if d.msg != nil {
			err = send()
		}
		close(d.settled)
	})
	return err
}

// deliveryOf returns what to deliver of a message, or nil if it can't be dealt with
// now and comes again.
func (w *Worker) deliveryOf(ctx context.Context, partition int, msg jetstream.Msg) *Delivery {
	meta, err := msg.Metadata()
	if err != nil {
		w.log.Error("jetstream: a message without its number", "error", err)
		return nil
	}
	d := &Delivery{
		Notification: notificationOf(msg.Subject(), msg.Data()),
		Sequence:     meta.Sequence.Stream,
		Room:         roomOfSubject(msg.Subject()),
		Partition:    partition,
		Attempt:      int(meta.NumDelivered),
		msg:          msg,
		settled:      make(chan struct{}),
	}
	if _, gap := d.Notification.(stream.Gap); gap || d.Attempt <= w.config.Attempts {
		return d
	}
	if err := w.bury(ctx, d); err != nil {
		w.log.Error("jetstream: dead letter", "sequence", d.Sequence, "error", err)
		_ = msg.NakWithDelay(time.Second)
		return nil
	}
	d.Notification = stream.Gap{Dropped: 1, Err: ErrDeadLetter}
	return d
}

// bury puts a message into the stream of dead letters, once.
func (w *Worker) bury(ctx context.Context, d *Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, rest, _ := strings.Cut(d.msg.Subject(), ".")
	_, err := w.js.PublishMsg(ctx, &nats.Msg{
		Subject: w.config.Layout.deadName() + "." + w.config.Group + "." + rest,
		Header: nats.Header{
			"Jellyfish-Sequence": {strconv.FormatUint(d.Sequence, 10)},
			"Jellyfish-Attempts": {strconv.Itoa(d.Attempt - 1)},
		},
		Data: d.msg.Data(),
	}, jetstream.WithMsgID(w.config.Group+"-"+strconv.FormatUint(d.Sequence, 10)))
	if err == nil {
		w.log.Warn("jetstream: dead letter", "room", d.Room, "sequence", d.Sequence)
	}
	return err
}

// tellExpired delivers a Gap if the stream no longer has all that the group hasn't
// handled, and returns whether the partition is still to be read.
func (w *Worker) tellExpired(ctx context.Context, consumer jetstream.Consumer, partition int) bool {
	state := consumer.CachedInfo()
	s, err := w.js.Stream(ctx, w.config.Layout.streamName())
	if err != nil {
		return ctx.Err() == nil
	}
	first, handled := s.CachedInfo().State.FirstSeq, state.AckFloor.Stream
	if handled == 0 || first <= handled+1 {
		return true
	}
	d := &Delivery{
		Notification: stream.Gap{Outages: 1, Since: since(state), Until: time.Now(), Err: fmt.Errorf("%w: %d to %d", ErrExpired, handled+1, first-1)},
		Sequence:     first - 1,
		Partition:    partition,
		Attempt:      1,
		settled:      make(chan struct{}),
	}
	return w.deliver(ctx, d)
}

// since returns when the group last handled something of the partition.
func since(state *jetstream.ConsumerInfo) time.Time {
	if state.AckFloor.Last != nil {
		return *state.AckFloor.Last
	}
	return state.Created
}
