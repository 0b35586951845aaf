package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// notificationWindow is how far the sender may be ahead of a consumer of notifications:
// half of what the library queues for a consumer, so that late scheduling causes no
// loss.
const notificationWindow = 8192

// metricsWindow is how many unread reports the library keeps: it drops older ones, so
// the sender must not be further ahead.
const metricsWindow = 4

// The names of the programs that others are compared with.
const (
	libraryName  = "library"
	plainName    = "plain loop"
	appendName   = "hand-written loop, decode.Append"
	senderName   = "sender alone"
	oneConsumer  = "library, one consumer"
	eachRoomName = "library, EachRoom with a worker each"
	oneKindName  = "library, 1 subscription by kind"
	senderMargin = 1.5 // How much faster the sender must be than what is measured.
)

// workload measures how fast several programs receive messages of one kind.
type workload struct {
	name     string
	messages int             // In each round.
	window   int             // How many may be unacknowledged.
	rounds   func(int) int   // Nil means as many as asked for.
	payloads func() [][]byte // The messages, sent in turn.
	baseline string
	programs []contender
}

// contender is a program of a workload.
type contender struct {
	name    string
	connect connect
	bars    []bar
}

// connect creates a receiver that is ready for the first message. The context is its
// lifetime.
type connect func(ctx context.Context, address string) (receiver, error)

// receiver is a program connected for one round.
type receiver interface {
	// receive receives a round of n messages, and returns how many of them were missed,
	// according to Gaps.
	receive(n int, p *pace) (missed int, err error)
	close()
}

// workloads returns all workloads.
func workloads() []workload {
	return []workload{
		{
			name: "PeerConnected 80 B", messages: 300_000, window: notificationWindow,
			payloads: peerConnectedPayloads, baseline: plainName,
			programs: notificationPrograms(10, atMost("CPU", cpuOf, 1/3.8, plainName), allocsAtMost(2)),
		},
		{
			name: "TrackAdded 300 B", messages: 200_000, window: notificationWindow,
			payloads: trackAddedPayloads, baseline: plainName,
			programs: notificationPrograms(5.5, allocsAtMost(2)),
		},
		fanOut(1000),
		manyKinds(10_000),
		broadcast(100),
		{
			name: "Metrics 10 kB", messages: 3_000, window: metricsWindow,
			payloads: func() [][]byte { return metricsPayloads(10_000) }, baseline: plainName,
			programs: metricsPrograms(),
		},
		{
			name: "Metrics 500 kB", messages: 250, window: metricsWindow,
			payloads: func() [][]byte { return metricsPayloads(500_000) }, baseline: plainName,
			programs: metricsPrograms(faster(5, plainName)),
		},
	}
}

func notificationPrograms(ratio float64, bars ...bar) []contender {
	return []contender{
		{libraryName, connectLibrary, append([]bar{faster(ratio, plainName)}, bars...)},
		{"library, batches", connectBatches, []bar{faster(1, libraryName), atMost("CPU", cpuOf, 1/1.2, libraryName), faster(1, appendName)}},
		{plainName, connectPlain, nil},
		{"hand-written loop, proto.Unmarshal", connectHandWritten, nil},
		{appendName, connectHandWrittenAppend, nil},
	}
}

// fanOut sends to rooms in turn. The library has that many consumers, with the same
// number of rooms each, and the plain loop has one for all.
func fanOut(rooms int) workload {
	consumers := func(n int) connect {
		return func(ctx context.Context, address string) (receiver, error) {
			return connectConsumers(ctx, address, rooms, n)
		}
	}
	return workload{
		name: fmt.Sprintf("%s rooms", formatThousands(rooms)), messages: 200_000, window: notificationWindow,
		payloads: func() [][]byte { return roomPayloads(rooms) }, baseline: plainName,
		programs: []contender{
			{oneConsumer, connectLibrary, nil},
			{"library, 10 consumers", consumers(10), nil},
			{"library, 100 consumers", consumers(100), nil},
			{
				fmt.Sprintf("library, a consumer for each of %s rooms", formatThousands(rooms)), consumers(rooms),
				[]bar{either(faster(6, plainName), faster(0.7, oneConsumer))},
			},
			{
				eachRoomName, connectRoomWorkers, nil,
			},
			{plainName, connectPlain, nil},
		},
	}
}

// manyKinds sends to one subscription, next to none or many for other kinds.
func manyKinds(n int) workload {
	subscriptions := func(n int) connect {
		return func(ctx context.Context, address string) (receiver, error) { return connectKinds(ctx, address, n) }
	}
	return workload{
		name: "Subscriptions by kind", messages: 100_000, window: notificationWindow,
		payloads: peerConnectedPayloads, baseline: oneKindName,
		programs: []contender{
			{oneKindName, subscriptions(1), nil},
			{
				fmt.Sprintf("library, %s subscriptions by kind", formatThousands(n)), subscriptions(n),
				[]bar{atMost("CPU", cpuOf, 3, oneKindName)},
			},
		},
	}
}

// broadcast delivers everything to many consumers. A message counts once, even if it is
// delivered many times. The rates vary much from round to round, so there are more
// rounds.
func broadcast(consumers int) workload {
	return workload{
		name: fmt.Sprintf("Broadcast to %d", consumers), messages: 20_000, window: notificationWindow,
		rounds:   func(asked int) int { return 3 * asked },
		payloads: peerConnectedPayloads, baseline: plainName,
		programs: []contender{
			{libraryName, func(ctx context.Context, address string) (receiver, error) {
				return connectBroadcast(ctx, address, consumers)
			}, nil},
			{"library, batches", func(ctx context.Context, address string) (receiver, error) {
				return connectBatchBroadcast(ctx, address, consumers)
			}, []bar{faster(5, plainName)}},
			{plainName, func(ctx context.Context, address string) (receiver, error) {
				return connectPlainBroadcast(ctx, address, consumers)
			}, nil},
		},
	}
}

// metricsPrograms read one number of one peer from each report.
func metricsPrograms(bars ...bar) []contender {
	return []contender{
		{libraryName, connectLibraryMetrics, bars},
		{plainName, connectPlainMetrics, nil},
	}
}

// workloadNamed finds a workload for the sender, which knows any number of rooms.
func workloadNamed(name string) (workload, error) {
	var rooms int
	if n, err := fmt.Sscanf(strings.ReplaceAll(name, ",", ""), "%d rooms", &rooms); n == 1 && err == nil && rooms > 0 {
		return fanOut(rooms), nil
	}
	all := workloads()
	i := slices.IndexFunc(all, func(w workload) bool { return w.name == name })
	if i < 0 {
		return workload{}, fmt.Errorf("no workload %q", name)
	}
	return all[i], nil
}

func (w workload) title() string { return w.name }

func (w workload) run(ctx context.Context, s *sender, o options) (table, error) {
	if o.messages > 0 {
		w.messages = o.messages
	}
	return w.contest().run(ctx, s, o)
}

// all returns the programs with the sender, whose margin is a bar if there are any
// bars.
func (w workload) all() []contender {
	bare := contender{name: senderName, connect: connectBare(encodeFrames(w.payloads()))}
	for _, t := range w.programs {
		if len(t.bars) > 0 {
			bare.bars = append(bare.bars, faster(senderMargin, t.name))
		}
	}
	return append(slices.Clone(w.programs), bare)
}

func (w workload) contest() contest {
	c := contest{
		name: w.name, rounds: w.rounds, prepare: func(s *sender) error { return s.prepare(w.name) },
		columns: []column{
			spreadColumn("msg/s", rateOf, formatRate),
			ratioColumn("rate", w.baseline, rateOf),
			numberColumn("CPU ns/msg", cpuOf, func(cpu float64) string { return fmt.Sprintf("%.0f", cpu) }),
			numberColumn("allocs/msg", allocsOf, func(allocs float64) string { return fmt.Sprintf("%.1f", allocs) }),
			{"missed", func(r results, name string) string { return fmt.Sprint(r.missed(name)) }},
		},
	}
	for _, t := range w.all() {
		c.programs = append(c.programs, program{t.name, w.turn(t.connect), t.bars})
	}
	return c
}

// turn returns a function that connects a receiver and measures a round with it.
func (w workload) turn(connect connect) func(context.Context, *sender) (sample, error) {
	return func(ctx context.Context, s *sender) (sample, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		r, err := connect(ctx, s.address)
		if err != nil {
			return sample{}, err
		}
		defer r.close()
		return w.measure(s, r)
	}
}

// measure starts the sender and waits until the round is received.
func (w workload) measure(s *sender, r receiver) (sample, error) {
	runtime.GC()
	m := startMeter()
	if err := s.send(w.messages, w.window); err != nil {
		return sample{}, err
	}
	missed, err := r.receive(w.messages, &pace{window: w.window, tell: s.acknowledge})
	took := m.read(w.messages)
	took.missed = missed
	return took, err
}

// pace tells the sender the progress of a receiver. Several consumers may share one.
type pace struct {
	window int // 0 means no limit, and no acknowledgements.
	tell   func(received int) error
	total  atomic.Int64 // Received so far.
}

// step is how many messages are acknowledged at a time: half a window, so that the
// sender need not wait, and acknowledging costs next to nothing.
func (p *pace) step() int { return max(1, p.window/2) }

// received records that n more messages were received.
func (p *pace) received(n int) error {
	if p.window == 0 {
		return nil
	}
	total := int(p.total.Add(int64(n)))
	steps := total/p.step() - (total-n)/p.step()
	if steps == 0 {
		return nil
	}
	return p.tell(steps * p.step())
}

// slowest acknowledges what all of several consumers have received.
type slowest struct {
	tell func(received int) error

	mu      sync.Mutex
	reached []int // By each consumer.
	told    int
}

func (s *slowest) received(consumer, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached[consumer] += n
	least := slices.Min(s.reached)
	further := least - s.told
	if further == 0 {
		return nil
	}
	s.told = least
	return s.tell(further)
}

// paceOf returns the pace of one consumer.
func (s *slowest) paceOf(consumer int, p *pace) *pace {
	return &pace{window: p.window, tell: func(received int) error { return s.received(consumer, received) }}
}

// errEnded is the error of a receiver that lost its connection.
var errEnded = errors.New("the connection ended")
