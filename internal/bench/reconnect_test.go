package main

import (
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestEachCutIsMeasured(t *testing.T) {
	s := runSender(t)
	r := reconnect{cuts: 5, backoff: stream.Backoff{Base: time.Millisecond, Healthy: 1}}
	got, err := r.run(t.Context(), s, options{})
	if err != nil {
		t.Fatal(err)
	}
	took := got[0].(reconnectResult).took
	if len(took) != 5 || took[0] <= 0 {
		t.Errorf("took %v", took)
	}
}

func TestReconnectVerdict(t *testing.T) {
	r := reconnectResult{reconnecting(), percentiles{time.Millisecond, 249 * time.Millisecond}}
	expectError(t, "within", r.verdict(nil), "")
	r.took[1] = 250 * time.Millisecond
	expectError(t, "at the bar", r.verdict(nil), "p99 is 250ms")
}
