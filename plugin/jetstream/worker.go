package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// WorkerConfig is how a [Worker] works. The zero value is its defaults.
type WorkerConfig struct {
	// Layout is where the notifications are.
	Layout Layout
	// Group is the workers among which the rooms are dealt, of letters, digits, -
	// and _; empty means "workers". Each group gets everything.
	Group string
	// AckWait is how long a delivery may go without an acknowledgement, or an
	// [Delivery.Extend], before it is delivered again; 0 means 30 s. It is also how
	// long a room waits when its worker dies.
	AckWait time.Duration
	// Attempts is how often a notification is delivered before it goes to the stream
	// of dead letters; 0 means 5.
	Attempts int
	// Logger is told of partitions, dead letters and what goes wrong; nil means
	// silence. Its handler must not block.
	Logger *slog.Logger
}

func (c WorkerConfig) withDefaults() (WorkerConfig, error) {
	var err error
	if c.Layout, err = c.Layout.withDefaults(); err != nil {
		return c, err
	}
	if c.Group == "" {
		c.Group = "workers"
	}
	if c.AckWait == 0 {
		c.AckWait = 30 * time.Second
	}
	if c.Attempts == 0 {
		c.Attempts = 5
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !prefixPattern.MatchString(c.Group):
		return c, invalid("Group", "must consist of letters, digits, - and _")
	case c.AckWait < minAckWait:
		return c, invalid("AckWait", "must be at least %v", minAckWait)
	case c.Attempts < 0:
		return c, invalid("Attempts", "must not be negative")
	}
	return c, nil
}

const (
	minAckWait = 500 * time.Millisecond
	// The server forgets to whom a partition is pinned after pinTime without a
	// request of that client, which makes one at least every pullExpiry.
	pinTime    = 4 * time.Second
	pullExpiry = 2 * time.Second
	pinGroup   = "one"
)

// Worker handles a share of a stream's rooms, as one of a group. [NewWorker] makes
// one: the zero value is of no use. Its methods may be called from any goroutine.
type Worker struct {
	config     WorkerConfig
	conn       *nats.Conn
	js         jetstream.JetStream
	log        *slog.Logger
	deliveries chan *Delivery

	mu         sync.Mutex
	partitions []int
	err        error
}

// NewWorker joins a group of workers; the context is the worker's lifetime. It makes
// the streams where there are none. A new group begins with the oldest that the
// stream has. The connection should be made with [ConnectOptions].
//
// The error is a [*stream.InputError], wraps [ErrLayout], is the context's, or says
// what NATS refused: pinned consumers need nats-server 2.11 or later.
func NewWorker(ctx context.Context, conn *nats.Conn, config WorkerConfig) (*Worker, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, invalid("conn", "must not be nil")
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	setup, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := config.Layout.ensure(setup, js); err != nil {
		return nil, err
	}
	if err := config.Layout.ensureDead(setup, js); err != nil {
		return nil, err
	}
	if version := conn.ConnectedServerVersion(); !pins(version) {
		return nil, fmt.Errorf("jetstream: nats-server %s can't pin a consumer to a client: 2.11 or later is needed", version)
	}
	w := &Worker{config: config, conn: conn, js: js, log: config.Logger, deliveries: make(chan *Delivery)}
	members, err := join(setup, conn, config.Layout.Prefix+"-workers."+config.Group)
	if err != nil {
		return nil, fmt.Errorf("jetstream: join group %s: %w", config.Group, err)
	}
	go w.run(ctx, members)
	return w, nil
}

// pins tells whether a server of that version can pin.
func pins(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return true // Not connected just now.
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 != nil || err2 != nil || major > 2 || major == 2 && minor >= 11
}

// Deliveries returns the channel of what this worker is to handle, always the same.
// It is closed when the context has ended. Any number of goroutines may receive from
// it: two deliveries of one room never come at once, as long as each is acknowledged
// within AckWait.
//
//	for d := range worker.Deliveries() {
//		handle(d.Notification)
//		d.Ack()
//	}
func (w *Worker) Deliveries() <-chan *Delivery { return w.deliveries }

// Partitions returns those that this worker has now.
func (w *Worker) Partitions() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int(nil), w.partitions...)
}

// Err returns nil until the channel of deliveries is closed, and then the context's
// error.
func (w *Worker) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// run has a goroutine for each partition that is this worker's.
func (w *Worker) run(ctx context.Context, members *members) {
	var owned sync.WaitGroup
	release := make(map[int]chan struct{}) // Closed when a partition is another's.
	freed := make(map[int]chan struct{})   // Closed when it has been let go.
	for share := range members.shares(ctx, w.config.Layout.Partitions) {
		mine := make(map[int]bool, len(share))
		for _, p := range share {
			mine[p] = true
			if release[p] != nil {
				continue
			}
			before := freed[p]
			release[p], freed[p] = make(chan struct{}), make(chan struct{})
			owned.Go(func(p int, stop, done chan struct{}) func() {
				return func() {
					defer close(done)
					if before != nil {
						<-before
					}
					w.own(ctx, p, stop)
				}
			}(p, release[p], freed[p]))
		}
		for p, stop := range release {
			if !mine[p] {
				close(stop)
				delete(release, p)
			}
		}
		w.mu.Lock()
		w.partitions = share
		w.mu.Unlock()
		w.log.Debug("jetstream: partitions", "partitions", share)
	}
	owned.Wait()
	members.leave()
	w.mu.Lock()
	w.partitions, w.err = nil, context.Cause(ctx)
	w.mu.Unlock()
	close(w.deliveries)
}

// own delivers from a partition until it is another's, through all faults of NATS.
func (w *Worker) own(ctx context.Context, partition int, stop <-chan struct{}) {
	owning, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-stop:
			cancel()
		case <-owning.Done():
		}
	}()
	for owning.Err() == nil {
		if err := w.consume(ctx, owning, partition); err != nil && owning.Err() == nil {
			w.log.Warn("jetstream: partition", "partition", partition, "error", err)
			sleep(owning, retryWait)
		}
	}
}

func (w *Worker) consumerName(partition int) string {
	return w.config.Group + "-" + strconv.Itoa(partition)
}

// consume delivers from a partition until its consumer is lost.
func (w *Worker) consume(ctx, owning context.Context, partition int) error {
	consumer, err := w.js.CreateOrUpdateConsumer(owning, w.config.Layout.streamName(), jetstream.ConsumerConfig{
		Durable:        w.consumerName(partition),
		FilterSubjects: w.config.Layout.partitionFilters(partition),
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        w.config.AckWait,
		MaxAckPending:  1, // What comes next waits for this one's end: the room's order.
		MaxDeliver:     -1,
		PriorityPolicy: jetstream.PriorityPolicyPinned,
		PriorityGroups: []string{pinGroup},
		PinnedTTL:      pinTime,
	})
	if err != nil {
		return err
	}
	if !w.tellExpired(owning, consumer, partition) {
		return nil
	}
	messages, err := consumer.Messages(jetstream.PullPriorityGroup(pinGroup), jetstream.PullMaxMessages(16),
		jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullExpiry/2),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer w.unpin(partition)
	defer messages.Stop()
	var last *Delivery
	for {
		msg, err := messages.Next(jetstream.NextContext(owning))
		switch {
		case owning.Err() != nil:
			w.letFinish(ctx, last)
			return nil
		case err != nil:
			return err
		}
		if last = w.deliveryOf(owning, partition, msg); last == nil {
			continue
		}
		if !w.deliver(owning, last) {
			_ = msg.Nak() // Whoever owns it now gets it at once.
			return nil
		}
	}
}

// deliver hands a delivery to whoever receives, and keeps it from being delivered
// again meanwhile.
func (w *Worker) deliver(ctx context.Context, d *Delivery) bool {
	ticker := time.NewTicker(w.config.AckWait / 3)
	defer ticker.Stop()
	for {
		select {
		case w.deliveries <- d:
			return true
		case <-ticker.C:
			_ = d.Extend()
		case <-ctx.Done():
			return false
		}
	}
}

// letFinish waits for the end of what is being handled, as long as nobody else would
// get it.
func (w *Worker) letFinish(ctx context.Context, last *Delivery) {
	if last == nil || ctx.Err() != nil {
		return
	}
	timer := time.NewTimer(w.config.AckWait)
	defer timer.Stop()
	select {
	case <-last.settled:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// unpin lets another worker have the partition at once.
func (w *Worker) unpin(partition int) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s, err := w.js.Stream(ctx, w.config.Layout.streamName())
	if err == nil {
		err = s.UnpinConsumer(ctx, w.consumerName(partition), pinGroup)
	}
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		w.log.Debug("jetstream: unpin", "partition", partition, "error", err)
	}
}
