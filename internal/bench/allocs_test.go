//go:build !race

// The race detector allocates too, so the budget holds only without it.

package main

import (
	"strings"
	"testing"
)

// From the bytes on the wire to the consumer, a message may cost two allocations:
// one copy of it, and one interface value.
func TestAllocationBudget(t *testing.T) {
	s := runSender(t)
	for _, name := range []string{"PeerConnected 80 B", "TrackAdded 300 B", "1,000 rooms"} {
		w, err := workloadNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.prepare(w.name); err != nil {
			t.Fatal(err)
		}
		w.messages = 100_000
		for _, c := range w.programs {
			if !strings.HasPrefix(c.name, libraryName) || strings.Contains(c.name, "EachRoom") {
				continue // Opening the rooms allocates too.
			}
			var measured sample
			for range 2 { // The first round warms up.
				if measured, err = w.turn(c.connect)(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if measured.allocs > 2+allocationSlack {
				t.Errorf("%s, %s: %.3f allocations a message, want at most 2", w.name, c.name, measured.allocs)
			}
			t.Logf("%s, %s: %.3f allocations a message", w.name, c.name, measured.allocs)
		}
	}
}
