//go:build !race

// The race detector allocates by itself, so the budget holds without it only.

package main

import "testing"

// From the bytes on the wire to the consumer, a message may cost two allocations:
// one copy of it, and one interface value.
func TestAllocationBudget(t *testing.T) {
	s := runSender(t)
	for _, c := range []comparison{peerConnected(), trackAdded(), fanOut("Fan-out to 100 rooms", 100)} {
		if err := s.prepare(c.name); err != nil {
			t.Fatal(err)
		}
		r, err := c.library(t.Context(), s.address)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		c.messages = 50_000
		var measured sample
		for range 2 { // The first round warms up.
			if measured, err = c.measure(s, r); err != nil {
				t.Fatal(err)
			}
		}
		if measured.allocs > 2+allocationSlack {
			t.Errorf("%s: %.3f allocations a message, want at most 2", c.name, measured.allocs)
		}
		t.Logf("%s: %.3f allocations a message", c.name, measured.allocs)
	}
}
