package main

import (
	"errors"
	"slices"
	"testing"
)

func TestSlowestAcknowledgesWhatAllHaveReceived(t *testing.T) {
	var told []int
	s := slowest{reached: make([]int, 2), tell: func(n int) error { told = append(told, n); return nil }}
	for _, step := range []struct{ consumer, n int }{{0, 4}, {0, 4}, {1, 4}, {1, 8}, {0, 4}} {
		if err := s.received(step.consumer, step.n); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{4, 4, 4}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// consumed is a consumer that has seen its round.
type consumed tally

func (c consumed) receive(int, *pace) (tally, error) { return tally(c), nil }

func TestCrowdIsAsGoodAsItsWorst(t *testing.T) {
	c := crowd{consumers: []consumer{consumed{10, 0}, consumed{7, 3}, consumed{9, 1}}}
	if seen, err := c.receive(10, &pace{}); err != nil || seen != (tally{7, 3}) {
		t.Errorf("seen %+v, error %v", seen, err)
	}
	c.consumers[2] = consumed{9, 0}
	if seen, err := c.receive(10, &pace{}); err == nil {
		t.Errorf("seen %+v though one consumer is a message short", seen)
	}
}

func TestPaceReturnsTheSendersError(t *testing.T) {
	gone := errors.New("gone")
	s := slowest{reached: make([]int, 1), tell: func(int) error { return gone }}
	p := pace{window: 2, tell: func(n int) error { return s.received(0, n) }}
	if err := p.received(1); !errors.Is(err, gone) {
		t.Errorf("error %v, want %v", err, gone)
	}
}
