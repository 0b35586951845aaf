package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallsAreTimedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second-1)
		defer cancel()
		took := timeCalls(ctx, func() { time.Sleep(time.Millisecond) })
		if len(took) != 10 || took[0] != time.Millisecond || took[9] != time.Millisecond {
			t.Errorf("took %v, want 1ms ten times", took)
		}
	})
}

func TestCallsAreTimedOnceAtLeast(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	if took := timeCalls(ctx, func() { calls++ }); len(took) != 1 || calls != callsTogether {
		t.Errorf("%d calls took %v", calls, took)
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
