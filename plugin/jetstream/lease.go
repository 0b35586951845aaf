package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const leaseKey = "leader"

// leaseValue is what the leader says of itself.
type leaseValue struct {
	Run string `json:"run"`
	// Sequence is the last number that it knows of, Pending how much it has to
	// publish.
	Sequence uint64 `json:"seq"`
	Pending  int    `json:"pending"`
}

// leaseNews is what a look at the lease has shown.
type leaseNews struct {
	value leaseValue
	fresh bool // It was renewed since the look before.
	stale bool // It wasn't renewed for the lease's time, though NATS answered.
	lost  bool // This bridge holds it, and somebody else has written it.
}

// lease says who leads, in a key-value bucket. It is a hint about who should try,
// and whom nobody needs to trust: what keeps order is the stream's numbers.
type lease struct {
	js     jetstream.JetStream
	layout Layout
	length time.Duration
	news   chan leaseNews

	mu      sync.Mutex
	held    bool
	value   leaseValue
	touched time.Time // When the leader gave a sign of life otherwise.
	wake    chan struct{}

	// Below is the goroutine's own.
	bucket    jetstream.KeyValue
	revision  uint64
	unchanged time.Time
}

func newLease(js jetstream.JetStream, layout Layout, length time.Duration) *lease {
	return &lease{
		js: js, layout: layout, length: length,
		news: make(chan leaseNews), wake: make(chan struct{}, 1),
	}
}

// hold renews the lease from now on with what is true now.
func (l *lease) hold(v leaseValue) {
	l.mu.Lock()
	begins := !l.held
	l.held, l.value = true, v
	l.mu.Unlock()
	if begins {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// leave ends that.
func (l *lease) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held, l.touched = false, time.Now()
}

// touch tells of a sign of life of the leader's.
func (l *lease) touch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.touched = time.Now()
}

// run renews the lease, or looks at it, until the context ends.
func (l *lease) run(ctx context.Context) {
	ticker := time.NewTicker(l.length / 3)
	defer ticker.Stop()
	l.unchanged = time.Now()
	holds := false
	for {
		l.mu.Lock()
		held, value, touched := l.held, l.value, l.touched
		l.mu.Unlock()
		if touched.After(l.unchanged) {
			l.unchanged = touched
		}
		var news leaseNews
		if held {
			news = l.renew(ctx, value, !holds)
		} else {
			news = l.look(ctx)
		}
		holds = held && !news.lost
		select {
		case l.news <- news:
		case <-ctx.Done():
			return
		}
		select {
		case <-ticker.C:
		case <-l.wake:
		case <-ctx.Done():
			return
		}
	}
}

// renew writes the lease: over whatever is there as a term begins, later only over
// what it has written itself.
func (l *lease) renew(ctx context.Context, value leaseValue, begins bool) leaseNews {
	ctx, cancel := context.WithTimeout(ctx, l.patience())
	defer cancel()
	l.unchanged = time.Now()
	if err := l.open(ctx); err != nil {
		return leaseNews{}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return leaseNews{}
	}
	revision := uint64(0)
	if begins {
		revision, err = l.bucket.Put(ctx, leaseKey, text)
	} else {
		revision, err = l.bucket.Update(ctx, leaseKey, text, l.revision)
	}
	var apiError *jetstream.APIError
	switch {
	case err == nil:
		l.revision = revision
	case errors.As(err, &apiError):
		l.bucket = nil
		return leaseNews{lost: true}
	default:
		l.bucket = nil
	}
	return leaseNews{}
}

// look tells whether somebody holds the lease.
func (l *lease) look(ctx context.Context) leaseNews {
	ctx, cancel := context.WithTimeout(ctx, l.patience())
	defer cancel()
	if err := l.open(ctx); err != nil {
		l.unchanged = time.Now()
		return leaseNews{}
	}
	found, err := l.bucket.Get(ctx, leaseKey)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
	case err != nil:
		// Nobody can renew a lease that can't be read.
		l.bucket, l.unchanged = nil, time.Now()
		return leaseNews{}
	case found.Revision() != l.revision:
		l.revision, l.unchanged = found.Revision(), time.Now()
		news := leaseNews{fresh: true}
		_ = json.Unmarshal(found.Value(), &news.value)
		return news
	}
	return leaseNews{stale: time.Since(l.unchanged) > l.length}
}

// patience is how long a request may take. A slow answer is not yet none.
func (l *lease) patience() time.Duration { return max(l.length, time.Second) }

func (l *lease) open(ctx context.Context) (err error) {
	if l.bucket != nil {
		return nil
	}
	l.bucket, err = l.js.KeyValue(ctx, l.layout.leaseBucket())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		l.bucket, err = l.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: l.layout.leaseBucket(), Description: "who leads the bridges", Replicas: l.layout.Replicas,
		})
	}
	return err
}
