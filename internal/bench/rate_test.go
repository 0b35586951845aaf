package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// fewMessages is enough for one acknowledgement and for frames to be repeated.
func (w workload) fewMessages() int {
	if w.window == metricsWindow {
		return 11
	}
	return 5000
}

// eachProgram runs a test for each program of each workload.
func eachProgram(t *testing.T, test func(t *testing.T, s *sender, w workload, connect connect)) {
	s := runSender(t)
	for _, w := range workloads() {
		if err := s.prepare(w.name); err != nil {
			t.Fatal(err)
		}
		for _, c := range w.all() {
			t.Run(w.name+"/"+c.name, func(t *testing.T) { test(t, s, w, c.connect) })
		}
	}
}

func TestEachProgramReceivesEachMessage(t *testing.T) {
	eachProgram(t, func(t *testing.T, s *sender, w workload, connect connect) {
		r, err := connect(t.Context(), s.address)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		n := w.fewMessages() + 7
		if err := s.send(n, w.window); err != nil {
			t.Fatal(err)
		}
		missed, err := r.receive(n, &pace{window: w.window, tell: s.acknowledge})
		if err != nil || missed != 0 {
			t.Errorf("missed %d, error %v", missed, err)
		}
	})
}

func TestEachProgramEndsWithItsContext(t *testing.T) {
	eachProgram(t, func(t *testing.T, s *sender, w workload, connect connect) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := connect(ctx, s.address)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		cancel()
		if missed, err := r.receive(1, &pace{}); err == nil {
			t.Errorf("received from nobody, missed %d", missed)
		}
	})
}

func TestNoProgramConnectsToASenderThatIsGone(t *testing.T) {
	s, err := startSender()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	for _, w := range workloads() {
		for _, c := range w.all() {
			if r, err := c.connect(t.Context(), s.address); err == nil || r != nil {
				t.Errorf("%s, %s: receiver %v, error %v", w.name, c.name, r, err)
			}
		}
	}
}

func TestEachTurnIsMeasured(t *testing.T) {
	s := runSender(t)
	w, err := workloadNamed("PeerConnected 80 B")
	if err != nil {
		t.Fatal(err)
	}
	w.messages = 2000
	c := w.contest()
	if err := c.prepare(s); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.programs {
		got, err := p.turn(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if got.elapsed <= 0 || got.cpu < 0 || got.missed != 0 || p.name != senderName && got.allocs < 1 {
			t.Errorf("%s: %+v", p.name, got)
		}
	}
}

// A consumer that reads only after everything was sent receives a Gap, and the Gap and
// the remaining messages add up. Another subscription on the same connection tells
// when.
func TestTheLibraryCountsWhatItMissed(t *testing.T) {
	s := runSender(t)
	if err := s.prepare("PeerConnected 80 B"); err != nil {
		t.Fatal(err)
	}
	l, err := openLibrary(t.Context(), streamConfig(s.address), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	const n = 40_000 // More than a subscription holds.
	if err := s.send(n, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := count(l.subs[0], n, &pace{}); err != nil {
		t.Fatal(err)
	}
	missed, err := count(l.subs[1], n, &pace{})
	if err != nil || missed == 0 {
		t.Errorf("missed %d, error %v; want some missed", missed, err)
	}
}

func TestAnOutageIsNoCount(t *testing.T) {
	s := runSender(t)
	l, err := openLibrary(t.Context(), streamConfig(s.address), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if _, err := s.cut(); err != nil {
		t.Fatal(err)
	}
	if missed, err := count(l.subs[0], 1, &pace{}); err == nil || errors.Is(err, errEnded) {
		t.Errorf("missed %d, error %v", missed, err)
	}
}

// Each message of a round is due for one consumer, however many there are.
func TestRoomsAreDividedAmongConsumers(t *testing.T) {
	s := runSender(t)
	for _, consumers := range []int{1, 4, 20} {
		r, err := connectConsumers(t.Context(), s.address, 20, consumers)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		l := r.(*library)
		for _, n := range []int{0, 1, 19, 20, 21, 47} {
			due := 0
			for i := range l.consumers {
				due += l.due(i, n)
			}
			if due != n || l.consumers != consumers {
				t.Errorf("%d of %d messages are due to %d consumers", due, n, l.consumers)
			}
		}
	}
}

// Both consumers read the number of the peer that they look for, and no other.
func TestConsumersFindTheNumber(t *testing.T) {
	const wrong = "354075" // The number of any other camera.
	right := metricsReport(newIdentifiers(), 10_000)
	for name, check := range map[string]func(string) error{
		"library": func(text string) error { return checkReport(decode.MetricsReport{JSON: text}) },
		"plain":   checkReportText,
	} {
		if err := check(right); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, text := range []string{
			strings.Replace(right, "379567", wrong, 1),
			strings.Replace(right, metricsRoom, metricsPeer, 1),
			"{}",
			"",
		} {
			if err := check(text); err == nil {
				t.Errorf("%s finds the number in a report of %d bytes that doesn't have it", name, len(text))
			}
		}
	}
}

// The subscriptions next to the one by kind match nothing that is sent.
func TestSubscriptionsByKindAreOneReader(t *testing.T) {
	s := runSender(t)
	r, err := connectKinds(t.Context(), s.address, 30)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	l := r.(*library)
	if err := s.prepare("Subscriptions by kind"); err != nil {
		t.Fatal(err)
	}
	if err := s.send(100, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := l.receive(100, &pace{}); err != nil || len(l.subs) != 30 {
		t.Errorf("%d subscriptions, error %v", len(l.subs), err)
	}
	for i, sub := range l.subs[1:] {
		if stats := sub.Stats(); stats != (stream.SubscriptionStats{}) {
			t.Errorf("subscription %d: %+v", i+1, stats)
		}
	}
}

// BenchmarkEndToEnd receives b.N messages in one round, for profiles of one
// program. The table that compares them is the command's.
func BenchmarkEndToEnd(b *testing.B) {
	s := runSender(b)
	for _, w := range workloads() {
		for _, c := range w.programs {
			b.Run(w.name+"/"+c.name, func(b *testing.B) { w.benchmark(b, s, c.connect) })
		}
	}
}

func (w workload) benchmark(b *testing.B, s *sender, connect connect) {
	if err := s.prepare(w.name); err != nil {
		b.Fatal(err)
	}
	r, err := connect(b.Context(), s.address)
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	w.messages = b.N
	b.ReportAllocs()
	b.ResetTimer()
	measured, err := w.measure(s, r)
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(rateOf(measured), "msg/s")
	b.ReportMetric(measured.cpu, "cpu-ns/msg")
	b.ReportMetric(float64(measured.missed), "missed")
}
