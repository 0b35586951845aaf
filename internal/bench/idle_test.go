package main

import (
	"io"
	"testing"
)

func TestIdleNotifiersAreMeasured(t *testing.T) {
	s := runSender(t)
	for _, secure := range []bool{false, true} {
		i := idleNotifiers(secure)
		i.notifiers = 50
		got, err := i.run(t.Context(), s, options{})
		if err != nil {
			t.Fatal(err)
		}
		cost := got[0].(idleResult).cost
		if cost.bytes < 1000 || cost.goroutines < 1 || cost.goroutines > 10 {
			t.Errorf("%s: %v each", i.title(), cost)
		}
	}
}

func TestIdleVerdict(t *testing.T) {
	for _, test := range []struct {
		name   string
		secure bool
		cost   idleCost
		want   string
	}{
		{"within", false, idleCost{48_000, 3}, ""},
		{"much memory", false, idleCost{48_100, 3}, "48.1 kB and 3.00 goroutines each"},
		{"many goroutines", false, idleCost{10_000, 4}, "4.00 goroutines each"},
		{"much memory for TLS", true, idleCost{60_000, 3}, ""},
		{"many goroutines for TLS", true, idleCost{60_000, 4}, "4.00 goroutines each"},
	} {
		r := idleResult{idleNotifiers(test.secure), test.cost}
		expectError(t, test.name, r.verdict(nil), test.want)
	}
}

func TestIdlerRefusesBadArguments(t *testing.T) {
	for _, args := range [][]string{
		nil,
		{"3"},
		{"three", "127.0.0.1:1"},
		{"3", "127.0.0.1:1", "no certificate"},
		{"3", "not an address:"},
	} {
		if err := idle(args, io.Discard); err == nil {
			t.Errorf("idle(%q) succeeds", args)
		}
	}
}
