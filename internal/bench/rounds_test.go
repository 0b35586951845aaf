package main

import (
	"context"
	"testing"
)

// fewMessages is enough for an acknowledgement and for the frames to be repeated.
func (c comparison) fewMessages() int {
	if c.window == metricsWindow {
		return 11
	}
	return 5000
}

func runSender(t testing.TB) *sender {
	t.Helper()
	s, err := startSender()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestEachReceiverCountsEachMessage(t *testing.T) {
	s := runSender(t)
	for _, c := range comparisons() {
		if err := s.prepare(c.name); err != nil {
			t.Fatal(err)
		}
		for name, connect := range map[string]connect{
			"library": c.library,
			"plain":   c.plain,
			"bare":    connectBare(encodeFrames(c.payloads())),
		} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				r, err := connect(t.Context(), s.address)
				if err != nil {
					t.Fatal(err)
				}
				defer r.close()
				n := c.fewMessages()
				if err := s.send(n, c.window); err != nil {
					t.Fatal(err)
				}
				seen, err := r.receive(n, &pace{window: c.window, tell: s.acknowledge})
				if want := (tally{received: n}); err != nil || seen != want {
					t.Errorf("seen %+v, error %v; want %+v", seen, err, want)
				}
			})
		}
	}
}

func TestCompareMeasuresEachRound(t *testing.T) {
	s := runSender(t)
	c := peerConnected()
	c.messages = 2000
	o, err := c.compare(t.Context(), s, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.rounds) != 3 || o.missed() != 0 {
		t.Fatalf("%d rounds with %d messages missed; want 3 with none", len(o.rounds), o.missed())
	}
	for i, r := range o.rounds {
		for name, s := range map[string]sample{"library": r.library, "plain": r.plain, "bare": r.bare} {
			if s.rate <= 0 || s.cpu < 0 || s.allocs < 0 {
				t.Errorf("round %d, %s: %+v", i, name, s)
			}
		}
		if r.library.allocs < 1 || r.plain.allocs < r.library.allocs {
			t.Errorf("round %d: allocations %v and %v", i, r.library.allocs, r.plain.allocs)
		}
	}
}

func TestRoundsThatMissedAreRepeated(t *testing.T) {
	for _, test := range []struct {
		missed []int // In each round; 0 from then on.
		rounds int
	}{
		{nil, 3},
		{[]int{5}, 4},
		{[]int{0, 1, 2}, 5},
		{[]int{1, 1, 1, 1, 1, 1, 1}, 6},
	} {
		rounds, err := untilCounted(3, func(i int) (round, error) {
			if i < len(test.missed) {
				return withMissed(round{}, test.missed[i]), nil
			}
			return round{}, nil
		})
		if err != nil || len(rounds) != test.rounds {
			t.Errorf("missed %v: %d rounds, error %v; want %d rounds", test.missed, len(rounds), err, test.rounds)
		}
	}
}

func TestEachReceiverEndsWithItsContext(t *testing.T) {
	s := runSender(t)
	for _, c := range comparisons() {
		for name, connect := range map[string]connect{
			"library": c.library,
			"plain":   c.plain,
			"bare":    connectBare(encodeFrames(c.payloads())),
		} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				r, err := connect(ctx, s.address)
				if err != nil {
					t.Fatal(err)
				}
				defer r.close()
				cancel()
				if seen, err := r.receive(1, &pace{}); err == nil {
					t.Errorf("received %+v from nobody", seen)
				}
			})
		}
	}
}

func TestIncompleteRoundIsAnError(t *testing.T) {
	for seen, complete := range map[tally]bool{
		{received: 10}:            true,
		{received: 7, missed: 3}:  true,
		{received: 9}:             false,
		{received: 11}:            false,
		{received: 10, missed: 1}: false,
	} {
		if err := seen.complete(10); (err == nil) != complete {
			t.Errorf("%+v of 10: error %v", seen, err)
		}
	}
}

// BenchmarkEndToEnd receives b.N messages in one round, for profiles of one
// side. The table that compares them is the command's.
func BenchmarkEndToEnd(b *testing.B) {
	s := runSender(b)
	for _, c := range comparisons() {
		b.Run(c.name+"/library", func(b *testing.B) { c.benchmark(b, s, c.library) })
		b.Run(c.name+"/plain", func(b *testing.B) { c.benchmark(b, s, c.plain) })
	}
}

func (c comparison) benchmark(b *testing.B, s *sender, connect connect) {
	if err := s.prepare(c.name); err != nil {
		b.Fatal(err)
	}
	r, err := connect(b.Context(), s.address)
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	c.messages = b.N
	b.ReportAllocs()
	b.ResetTimer()
	measured, err := c.measure(s, r)
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(measured.rate, "msg/s")
	b.ReportMetric(measured.cpu, "cpu-ns/msg")
	b.ReportMetric(float64(measured.missed), "missed")
}
