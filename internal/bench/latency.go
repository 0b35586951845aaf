package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// latencyRound is how long a program's turn takes.
const latencyRound = 1200 * time.Millisecond

// stamped is a program that receives messages with the time at which they were sent.
type stamped interface {
	// take receives n messages and records the stamp of each, perhaps in several
	// goroutines.
	take(n int, record func(stamp string)) error
	close()
}

// latencies are contests with messages at a given rate: how long they take from the
// sender to the consumer, and what share of a core that uses.
func latencies() []contest {
	slow, fast := evenly(1_000), evenly(50_000)
	trickling := evenly(2_000)
	groups := trickling
	groups.together = 20
	bars := []bar{atMost("p99", p99Of, 1, plainName), atRate(fast.perSecond)}
	return []contest{
		latencyOf("Latency at 1,000 a second", slow, 0),
		latencyOf("Latency at 50,000 a second", fast, 0, bars...),
		roomsLatency(fast),
		fewerRounds(latencyOf("A trickle of 2,000 a second", trickling, 0)),
		fewerRounds(latencyOf("A trickle of 2,000 a second, GOMAXPROCS=1", trickling, 1)),
		fewerRounds(latencyOf("A trickle of 2,000 a second in groups of 20", groups, 0)),
	}
}

// evenly is a round of messages that are written one at a time.
func evenly(perSecond int) trickle {
	return trickle{messages: int(latencyRound.Seconds() * float64(perSecond)), perSecond: perSecond, together: 1, rooms: 1}
}

// fewerRounds has half as many rounds.
func fewerRounds(c contest) contest {
	c.rounds = func(asked int) int { return (asked + 1) / 2 }
	return c
}

// latencyOf compares the programs with the given number of processors; 0 means all.
func latencyOf(name string, t trickle, processors int, bars ...bar) contest {
	return stampedContest(name, plainName, t, processors,
		stampedProgram{libraryName, dialLibraryStamped, bars},
		stampedProgram{plainName, dialPlainStamped, nil},
		stampedProgram{appendName, dialAppendStamped, nil})
}

// roomsLatency compares one consumer of 1,000 rooms with a worker for each room, at a
// rate that overloads neither.
func roomsLatency(t trickle) contest {
	t.rooms = 1000
	return stampedContest(fmt.Sprintf("1,000 rooms at %s a second", formatThousands(t.perSecond)), oneConsumer, t, 0,
		stampedProgram{oneConsumer, dialLibraryStamped, nil},
		stampedProgram{eachRoomName, dialRoomWorkersStamped, []bar{atMost("CPU", shareOf, 1.5, oneConsumer), atRate(t.perSecond)}},
		stampedProgram{plainName, dialPlainStamped, nil})
}

// stampedProgram receives messages at a given rate.
type stampedProgram struct {
	name string
	dial func(ctx context.Context, address string) (stamped, error)
	bars []bar
}

func stampedContest(name, baseline string, t trickle, processors int, programs ...stampedProgram) contest {
	c := contest{name: name, columns: []column{
		numberColumn("p50", p50Of, formatTime),
		numberColumn("p99", p99Of, formatTime),
		numberColumn("p99.9", func(s sample) float64 { return s.p999 }, formatTime),
		ratioColumn("p99", baseline, p99Of),
		spreadColumn("CPU, % of a core", shareOf, func(share float64) string { return fmt.Sprintf("%.1f", 100*share) }),
		numberColumn("sent a second", rateOf, func(rate float64) string { return fmt.Sprintf("%.0f", rate) }),
	}}
	for _, p := range programs {
		c.programs = append(c.programs, program{p.name, func(ctx context.Context, s *sender) (sample, error) {
			if processors > 0 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			}
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			program, err := p.dial(ctx, s.address)
			if err != nil {
				return sample{}, err
			}
			defer program.close()
			return t.measure(s, program)
		}, p.bars})
	}
	return c
}

func dialLibraryStamped(ctx context.Context, address string) (stamped, error) {
	return openLibrary(ctx, streamConfig(address), nil)
}

func dialPlainStamped(ctx context.Context, address string) (stamped, error) {
	return dialPlainLoop(ctx, address)
}

func dialAppendStamped(ctx context.Context, address string) (stamped, error) {
	return dialAppendLoop(ctx, address)
}

func dialRoomWorkersStamped(ctx context.Context, address string) (stamped, error) {
	return openRoomWorkers(ctx, streamConfig(address))
}

// takeInTurn receives n messages of a program with one consumer.
func takeInTurn(n int, next func() (stamp string, err error), record func(stamp string)) error {
	for range n {
		stamp, err := next()
		if err != nil {
			return err
		}
		record(stamp)
	}
	return nil
}

// shareOf returns how much of a core was used.
func shareOf(s sample) float64 { return s.cpu / s.elapsed }

// measure starts the sender and receives everything it sends.
func (t trickle) measure(s *sender, program stamped) (sample, error) {
	took := make([]float64, t.messages)
	runtime.GC()
	m := startMeter()
	if err := s.trickle(t); err != nil {
		return sample{}, err
	}
	var taken atomic.Int64
	var broken atomic.Bool
	err := program.take(t.messages, func(stamp string) {
		now := time.Now()
		sent, err := parseStamp(stamp)
		if err != nil {
			broken.Store(true)
		}
		took[taken.Add(1)-1] = float64(now.Sub(sent))
	})
	switch {
	case err != nil:
		return sample{}, err
	case broken.Load():
		return sample{}, errors.New("received a message without the time at which it was sent")
	}
	measured := m.read(t.messages)
	p := newPercentiles(took)
	measured.p50, measured.p99, measured.p999 = p.at(0.5), p.at(0.99), p.at(0.999)
	return measured, nil
}
