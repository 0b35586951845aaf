package main

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestBurstKeepsWithinItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		arrived := 0
		go func() {
			frame := make([]byte, 3)
			for {
				if _, err := near.Read(frame); err != nil {
					return
				}
				arrived++
			}
		}()
		received := make(chan int, 10)
		b := burst{
			frames:   encodeFrames([][]byte{{1}, {2}, {3}}),
			messages: 10,
			window:   4,
			received: received,
		}
		go b.sendTo(&client{conn: far})

		for _, step := range []struct{ acknowledged, want int }{{0, 4}, {1, 5}, {2, 7}, {0, 7}} {
			if step.acknowledged > 0 {
				received <- step.acknowledged
			}
			synctest.Wait()
			if arrived != step.want {
				t.Errorf("%d more acknowledged: %d messages arrived, want %d", step.acknowledged, arrived, step.want)
			}
		}
		near.Close()
		received <- 3
	})
}

// Consumers that share a pace are told of together, each step once.
func TestPaceOfSeveralConsumers(t *testing.T) {
	var told atomic.Int64
	p := pace{window: 20, tell: func(n int) error { told.Add(int64(n)); return nil }}
	var consumers sync.WaitGroup
	for range 7 {
		consumers.Go(func() {
			for range 1003 {
				if err := p.received(1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	consumers.Wait()
	if told.Load() != 7020 {
		t.Errorf("told %d of 7021, want 7020", told.Load())
	}
}

func TestPaceAcknowledgesHalfAWindow(t *testing.T) {
	var told []int
	tell := func(n int) error { told = append(told, n); return nil }
	p := pace{window: 4, tell: tell}
	for _, n := range []int{1, 1, 1, 3, 1} {
		if err := p.received(n); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 2 || told[0] != 2 || told[1] != 4 {
		t.Errorf("told %v, want [2 4]", told)
	}

	unpaced := pace{tell: tell}
	if err := unpaced.received(100); err != nil || len(told) != 2 {
		t.Errorf("without a window: told %v, error %v", told, err)
	}
}
