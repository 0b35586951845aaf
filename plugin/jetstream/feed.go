package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Feed puts what comes into the stream from now on into a relay, in the stream's
// order, so that subscriptions, room feeds and live views can be made of that. It
// returns when it can't go on: the error is the context's, why the relay has ended,
// a [*stream.InputError], or one that wraps [ErrLayout]. Faults of NATS it waits out.
// What the stream has lost or let go of before it was read leaves a Gap.
//
// Subscribe to the relay first. It doesn't end with Feed.
func Feed(ctx context.Context, conn *nats.Conn, layout Layout, relay *stream.Relay) error {
	layout, err := layout.withDefaults()
	switch {
	case err != nil:
		return err
	case conn == nil:
		return invalid("conn", "must not be nil")
	case relay == nil:
		return invalid("relay", "must not be nil")
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("jetstream: %w", err)
	}
	s, err := layout.ensure(ctx, js)
	if err != nil {
		return err
	}
	last := s.CachedInfo().State.LastSeq
	reading, cancel := context.WithCancel(ctx)
	f := &follower{layout: layout, js: js, out: make(chan followed, fetchSize), next: last + 1}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.run(reading)
	}()
	defer func() { cancel(); <-done }()
	since := time.Now()
	for {
		select {
		case f := <-f.out:
			if err := put(relay, f, last, since); err != nil {
				return err
			}
			last, since = f.upTo, time.Now()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// put hands on what a follower tells.
func put(relay *stream.Relay, f followed, last uint64, since time.Time) error {
	missing := f.upTo < last
	if f.record != nil {
		missing = f.record.sequence != last+1
	} else if f.upTo > last {
		missing = true
	}
	if missing {
		gap := stream.Gap{Outages: 1, Since: since, Until: time.Now(), Err: errors.New("jetstream: the stream lacks messages that were not read")}
		if err := relay.Mark(gap); err != nil {
			return err
		}
	}
	if f.record == nil || f.record.control {
		return nil
	}
	return relay.Put(notificationOf(f.record.subject, f.record.body))
}
