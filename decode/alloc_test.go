//go:build !race

// The race detector allocates too, so the budget holds only without it.

package decode_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

func TestAppendAllocations(t *testing.T) {
	for _, c := range []struct {
		name    string
		message []byte
		budget  float64
	}{
		{"PeerConnected", peerConnected, 2}, // One copy of the message, one interface value.
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

// TestP3WhatIsKeptIsTheTexts keeps notifications of much larger messages: with unknown
// fields, repeated values and other elements of a batch.
func TestP3WhatIsKeptIsTheTexts(t *testing.T) {
	long := strings.Repeat("x", 900<<10)
	for name, message := range map[string][]byte{
		"unknown field":      payload(2, text(1, "room"), text(2, "peer"), text(9, long)),
		"unknown member":     append(text(99, long), payload(2, text(1, "room"), text(2, "peer"))...),
		"replaced text":      payload(2, text(1, long), text(1, "room"), text(2, "peer")),
		"replaced member":    append(payload(16, text(3, long)), payload(17, text(1, "room"), text(2, "peer"))...),
		"element of a batch": payload(33, payload(1, payload(2, text(1, "room"), text(9, long)))),
		"track":              payload(17, text(1, "room"), payload(4, text(1, "id"), text(9, long))),
	} {
		const kept = 100
		var before, after runtime.MemStats
		list := make([]decode.Notification, 0, kept)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range kept {
			var err error
			if list, err = decode.Append(list, message); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 1<<20 {
			t.Errorf("%s: %d notifications keep %d bytes", name, len(list), used)
		}
		runtime.KeepAlive(list)
	}
}

// TestRoomAllocations checks that the rooms that aren't asked for cost no allocation.
func TestRoomAllocations(t *testing.T) {
	measure := func(rooms int) float64 {
		report := generatedReport(rooms, 5_000*rooms)
		return testing.AllocsPerRun(20, func() {
			if _, ok, err := report.Room("room-000"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		})
	}
	few, many := measure(1), measure(100)
	if many > few || many > 30 {
		t.Errorf("%v allocations for one of 100 rooms, %v for the only one", many, few)
	}
}

func TestMetricAccessAllocations(t *testing.T) {
	room, ok, err := storedReport(t, "protocol.json").Room("room-1")
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	rate := decode.InboundRTPBytesReceived.PerSecond()
	got := testing.AllocsPerRun(100, func() {
		endpoint, _ := room.Endpoint("E1")
		track, _ := endpoint.Track("E1:T1:")
		n, _ := track.Int(decode.InboundRTPBytesReceived)
		f, _ := track.Float(rate)
		s, _ := track.Text(decode.InboundRTPEncoding)
		if n != 379567 || f != 68355.6 || s != "VP8" {
			t.Fatal(n, f, s)
		}
	})
	if got > 0 {
		t.Errorf("%v allocations to look up metrics, want none", got)
	}
}
