package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestLatencyIsMeasuredOnEachSide(t *testing.T) {
	s := runSender(t)
	for _, test := range []trickle{{100, 2000, 1, 1}, {100, 2000, 20, 1}} {
		for _, p := range latencyOf("", test, 1).programs {
			got, err := p.turn(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if got.p50 <= 0 || got.p99 < got.p50 || got.p999 < got.p99 || rateOf(got) > 2500 || got.cpu < 0 {
				t.Errorf("%s: %+v", p.name, got)
			}
		}
	}
}

func TestIdleNotifiersAreMeasured(t *testing.T) {
	s := runSender(t)
	for _, p := range idleNotifiers(50).programs {
		got, err := p.turn(t.Context(), s)
		if err != nil || got.bytes < 1000 || got.goroutines < 1 || got.goroutines > 10 {
			t.Errorf("%s: %+v, error %v", p.name, got, err)
		}
	}
}

func TestEachCutIsMeasured(t *testing.T) {
	s := runSender(t)
	for _, p := range reconnecting(2, 100).programs {
		if got, err := p.turn(t.Context(), s); err != nil || got.p50 <= 0 || got.p99 < got.p50 {
			t.Errorf("%s: %+v, error %v", p.name, got, err)
		}
	}
}

func TestCallsAreTimedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second-1)
		defer cancel()
		calls := 0
		took := timeCalls(ctx, func() { calls++; time.Sleep(time.Millisecond) })
		if took.elapsed != float64(time.Millisecond) || calls != 10*callsTogether {
			t.Errorf("%d calls took %v each, want 1 ms", calls, took.elapsed)
		}
	})
}

func TestCallsAreTimedOnceAtLeast(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	if timeCalls(ctx, func() { calls++ }); calls != callsTogether {
		t.Errorf("%d calls", calls)
	}
}

func TestCallEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond+1)
		defer cancel()
		calls := 0
		callEvery(ctx, time.Millisecond, func() { calls++ })
		if calls != 10 {
			t.Errorf("%d calls, want 10", calls)
		}
	})
}

// BenchmarkLatency receives b.N messages in one round at 50,000 a second, for
// profiles of one program.
func BenchmarkLatency(b *testing.B) {
	s := runSender(b)
	for i, name := range latencyOf("", trickle{}, 0).names() {
		b.Run(name, func(b *testing.B) {
			c := latencyOf("", trickle{messages: b.N, perSecond: 50_000, together: 1, rooms: 1}, 0)
			measured, err := c.programs[i].turn(b.Context(), s)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(measured.p50, "p50-ns")
			b.ReportMetric(measured.p99, "p99-ns")
		})
	}
}
