//go:build !race

// The race detector allocates by itself, so the budget holds without it only.

package decode_test

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

func TestAppendAllocations(t *testing.T) {
	for _, c := range []struct {
		name    string
		message []byte
		budget  float64
	}{
		{"PeerConnected", peerConnected, 2}, // one copy of the message, one interface value
		{"TrackAdded", trackAdded, 2},
		{"MetricsReport", payload(12, text(1, `{"a":1}`)), 2},
		{"Unknown", text(99, "new"), 2},
		{"Authenticated", payload(6), 0},
		{"nothing", varint(99, 1), 0},
	} {
		dst := make([]decode.Notification, 0, 1)
		got := testing.AllocsPerRun(100, func() {
			if _, err := decode.Append(dst, c.message); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.budget {
			t.Errorf("%s: %v allocations, want at most %v", c.name, got, c.budget)
		}
	}
}
