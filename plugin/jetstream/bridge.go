package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// BridgeConfig is how a [Bridge] works. The zero value is its defaults.
type BridgeConfig struct {
	// Layout is where the notifications go. All bridges of a server need the same.
	Layout Layout
	// Lease is how long a leader may be silent before another bridge tries to lead;
	// 0 means 1.5 s. A shorter one costs Gaps where a network or a disk is slow.
	Lease time.Duration
	// Window is how long a bridge waits to hear what another has published, and
	// how long it must have heard all before it can take over without a Gap; 0 means
	// 30 s.
	Window time.Duration
	// HandoverTimeout is how long Run may take to publish what is left after its
	// context's end; 0 means 10 s.
	HandoverTimeout time.Duration
	// MaxPending and MaxPendingBytes are how much may wait to be published before
	// no more is taken from the source, whose own bound applies then; 0 means
	// 65,536, or 64 MiB.
	MaxPending, MaxPendingBytes int
	// Logger is told who leads and what goes wrong; nil means silence. Its handler
	// must not block.
	Logger *slog.Logger
}

func (c BridgeConfig) withDefaults() (BridgeConfig, error) {
	var err error
	if c.Layout, err = c.Layout.withDefaults(); err != nil {
		return c, err
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		zero  time.Duration
	}{
		{"Lease", &c.Lease, 1500 * time.Millisecond},
		{"Window", &c.Window, 30 * time.Second},
		{"HandoverTimeout", &c.HandoverTimeout, 10 * time.Second},
	} {
		if *d.value < 0 {
			return c, invalid(d.name, "must not be negative")
		}
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	if c.MaxPending < 0 || c.MaxPendingBytes < 0 {
		return c, invalid("MaxPending", "must not be negative")
	}
	if c.MaxPending == 0 {
		c.MaxPending = 65_536
	}
	if c.MaxPendingBytes == 0 {
		c.MaxPendingBytes = 64 << 20
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Role is what a bridge does.
type Role int

const (
	// Standby hears everything, and publishes nothing.
	Standby Role = iota
	// Claiming has asked the stream to lead.
	Claiming
	// Leading publishes.
	Leading
	// Recovering leads as far as it knows, and reads what became of what it has
	// published.
	Recovering
)

// String returns the role's name, such as "standby".
func (r Role) String() string {
	return [...]string{"standby", "claiming", "leading", "recovering"}[r]
}

// BridgeStats are a bridge's counters since it began to run.
type BridgeStats struct {
	Role Role
	// Ready tells whether it could take over from a leader that hands over, without
	// a Gap.
	Ready bool
	// Heard counts the notifications that came from the source; Known those that
	// the stream had before.
	Heard, Known uint64
	// Published counts the notifications and Gaps that it has put into the stream.
	Published uint64
	// Gaps counts the Gaps among them.
	Gaps uint64
	// Takeovers counts how often it began to lead, Refused how often the stream
	// refused what it had published: another bridge leads, or NATS was away.
	Takeovers, Refused uint64
	// Pending is how much it has heard that isn't known to be in the stream.
	Pending int
	// Sequence is the stream's last number that it knows of.
	Sequence uint64
}

// Bridge puts what a source delivers into a stream, as one of several that hear the
// same. [NewBridge] makes one: the zero value is of no use. Its methods may be called
// from any goroutine.
type Bridge struct {
	config BridgeConfig
	conn   *nats.Conn
	source stream.Source
	run    string
	log    *slog.Logger

	mu    sync.Mutex
	stats BridgeStats
}

// NewBridge makes a bridge from a source of a server's notifications to the stream;
// [Bridge.Run] runs it. The connection should be made with
// [ConnectOptions]. The error is a [*stream.InputError].
func NewBridge(conn *nats.Conn, source stream.Source, config BridgeConfig) (*Bridge, error) {
	config, err := config.withDefaults()
	switch {
	case err != nil:
		return nil, err
	case conn == nil:
		return nil, invalid("conn", "must not be nil")
	case source == nil:
		return nil, invalid("source", "must not be nil")
	}
	run := nuid.Next()
	return &Bridge{config: config, conn: conn, source: source, run: run, log: config.Logger.With("bridge", run)}, nil
}

// Stats returns the bridge's counters. It is cheap, and safe for concurrent use.
func (b *Bridge) Stats() BridgeStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stats
}

// String tells the bridge's name and role.
func (b *Bridge) String() string { return fmt.Sprintf("bridge %s: %v", b.run, b.Stats().Role) }

// Run bridges until the context ends, or the source. Then a leader takes nothing
// more from the source, publishes what it has, and hands over: the source must live
// until Run has returned. While NATS can't be reached it waits and tries again.
//
// The error is nil after the context's end if all was handed over, or nothing was to
// hand over; otherwise it is a [*HandoverError], why the source has ended, or one
// that wraps [ErrLayout]. A bridge runs once.
func (b *Bridge) Run(ctx context.Context) error {
	js, err := jetstream.New(b.conn)
	if err != nil {
		return fmt.Errorf("jetstream: %w", err)
	}
	tail, err := b.prepare(ctx, js)
	if err != nil {
		return err
	}
	// All ends with Run, and nothing before.
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	batches, err := stream.Batches(life, b.source)
	if err != nil {
		return fmt.Errorf("jetstream: subscribe: %w", err)
	}
	publisher, err := newPublisher(b.conn, b.run)
	if err != nil {
		return fmt.Errorf("jetstream: %w", err)
	}
	defer publisher.close()
	status := b.conn.StatusChanged(nats.CONNECTED)
	defer b.conn.RemoveStatusListener(status)
	t := &term{
		bridge: b, config: b.config, log: b.log,
		js: js, publisher: publisher, batches: batches,
		ledger: newLedger(b.config.Window), lease: newLease(js, b.config.Layout, b.config.Lease),
		status: status, whole: time.Now(), sign: time.Now(),
	}
	var background sync.WaitGroup
	t.background = &background
	defer background.Wait()
	defer cancel()
	background.Go(func() { t.lease.run(life) })
	t.follow(life, tail)
	return t.loop(ctx, life)
}

// ConnectOptions are those with which a connection to NATS serves a bridge or a worker
// best: it is tried for ever, and soon. Others may follow them.
func ConnectOptions() []nats.Option {
	return []nats.Option{
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond),
		nats.PingInterval(5 * time.Second),
		nats.Timeout(5 * time.Second),
	}
}

// prepare makes the stream and returns its last number.
func (b *Bridge) prepare(ctx context.Context, js jetstream.JetStream) (uint64, error) {
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		s, err := b.config.Layout.ensure(attempt, js)
		var info *jetstream.StreamInfo
		if err == nil {
			info, err = s.Info(attempt)
		}
		cancel()
		switch {
		case err == nil:
			return info.State.LastSeq, nil
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case errors.Is(err, ErrLayout), refusedForGood(err):
			return 0, err
		}
		b.log.Warn("jetstream: NATS can't be reached", "error", err)
		sleep(ctx, retryWait)
	}
}

// refusedForGood tells whether NATS has said why it doesn't do what was asked.
func refusedForGood(err error) bool {
	var apiError *jetstream.APIError
	return errors.As(err, &apiError) && apiError.Code != 503
}

// HandoverError means that a leader's Run had to end before all was published and
// handed over. What is left is in the other bridges, and a Gap will tell of it.
type HandoverError struct {
	// Left is how much wasn't known to be in the stream.
	Left int
}

// Error says how much is left.
func (e *HandoverError) Error() string {
	return fmt.Sprintf("jetstream: not handed over in time: %d not published", e.Left)
}

// entryOf returns what was heard as it is published.
func (t *term) entryOf(n decode.Notification, now time.Time) (*entry, error) {
	body, err := encode(n)
	if err != nil {
		return nil, err
	}
	e := &entry{body: body, heard: now}
	if _, e.gap = n.(stream.Gap); e.gap {
		e.subject = t.config.Layout.gapSubject()
	} else {
		e.subject = t.config.Layout.subject(n)
	}
	return e, nil
}
