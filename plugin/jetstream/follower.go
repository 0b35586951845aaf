package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// followed is what a follower tells: a record, or that there is none up to a number.
type followed struct {
	record *record
	// upTo is the number up to which all was told. It may be lower than before: NATS
	// has lost the stream's end.
	upTo uint64
	// caughtUp means that this was the stream's end a moment ago.
	caughtUp bool
}

const (
	fetchSize = 256
	fetchWait = time.Second
	retryWait = 250 * time.Millisecond
	// requestWait is how long a request may take. One that is lost as NATS goes
	// away costs so much when it is back.
	requestWait = time.Second
)

// follower reads a stream in order from a number on, through all faults of NATS.
type follower struct {
	layout Layout
	js     jetstream.JetStream
	out    chan followed
	next   uint64 // The number to read from.
}

// run reads until the context ends.
func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := f.read(ctx); err != nil {
			sleep(ctx, retryWait)
		}
	}
}

// read reads through one consumer. It returns when that is lost.
func (f *follower) read(ctx context.Context) error {
	if err := f.find(ctx); err != nil {
		return err
	}
	consumer, err := f.consumer(ctx)
	if err != nil {
		return err
	}
	defer f.forget(consumer)
	read := uint64(0)
	for ctx.Err() == nil {
		batch, err := consumer.Fetch(fetchSize, jetstream.FetchMaxWait(fetchWait))
		if err != nil {
			return err
		}
		before := read
		for msg := range batch.Messages() {
			r, number, err := f.layout.recordOf(msg)
			if err != nil || number != read+1 {
				return errors.Join(err, errLost)
			}
			read++
			f.next = r.sequence + 1
			if !f.tell(ctx, followed{record: &r, upTo: r.sequence}) {
				return ctx.Err()
			}
		}
		if err := batch.Error(); err != nil {
			return err
		}
		if read == before {
			if err := f.tellEnd(ctx, consumer); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// consumer makes a consumer from the next message on. It goes by itself when it isn't
// used any more.
func (f *follower) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestWait)
	defer cancel()
	return f.js.CreateConsumer(ctx, f.layout.streamName(), jetstream.ConsumerConfig{
		AckPolicy:         jetstream.AckNonePolicy,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       f.next,
		InactiveThreshold: 10 * time.Second,
		MemoryStorage:     true,
		Replicas:          1,
	})
}

var errLost = errors.New("jetstream: a message was lost on the way")

// find looks where the stream's end is before reading: NATS may have lost it.
func (f *follower) find(ctx context.Context) error {
	state, err := f.state(ctx)
	if err != nil {
		return err
	}
	if state.LastSeq+1 < f.next {
		f.next = state.LastSeq + 1
	}
	if f.next < state.FirstSeq {
		f.next = state.FirstSeq
	}
	f.tell(ctx, followed{upTo: f.next - 1, caughtUp: f.next == state.LastSeq+1})
	return nil
}

func (f *follower) state(ctx context.Context) (jetstream.StreamState, error) {
	ctx, cancel := context.WithTimeout(ctx, requestWait)
	defer cancel()
	s, err := f.js.Stream(ctx, f.layout.streamName())
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return s.CachedInfo().State, nil
}

// tellEnd says that nothing was left to read. The stream's end is asked for first:
// what comes later is left.
func (f *follower) tellEnd(ctx context.Context, consumer jetstream.Consumer) error {
	state, err := f.state(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestWait)
	defer cancel()
	left, err := consumer.Info(ctx)
	if err != nil {
		return err
	}
	if left.NumPending == 0 && left.Delivered.Stream < f.next {
		f.next = max(f.next, state.LastSeq+1)
		f.tell(ctx, followed{upTo: f.next - 1, caughtUp: true})
	}
	return nil
}

// forget removes the consumer, if NATS answers; otherwise it goes by itself.
func (f *follower) forget(consumer jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = f.js.DeleteConsumer(ctx, f.layout.streamName(), consumer.CachedInfo().Name)
}

func (f *follower) tell(ctx context.Context, what followed) bool {
	select {
	case f.out <- what:
		return true
	case <-ctx.Done():
		return false
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
