package main

import (
	"context"
	"encoding/json"
	"fmt"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// plainMetrics is the same loop with a consumer of metrics.
type plainMetrics struct{ plainSide }

func connectPlainMetrics(ctx context.Context, address string) (receiver, error) {
	loop, err := dialPlain(ctx, address, 1,
		pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION, pb.EventType_EVENT_TYPE_METRICS)
	if err != nil {
		return nil, err
	}
	return plainMetrics{loop.consumer(0)}, nil
}

func (m plainMetrics) receive(_ int, p *pace) (tally, error) {
	var seen tally
	for e := range m.events {
		switch e.kind {
		case metricsEvent:
			seen.received++
			if err := checkText(e.text); err != nil {
				return seen, err
			}
			if err := p.received(1); err != nil {
				return seen, err
			}
		case endEvent:
			return seen, nil
		}
	}
	return seen, fmt.Errorf("the loop ended: %w", m.err)
}

// checkText takes the number out of a report and compares it. It lets
// encoding/json pass over the other rooms and peers, which is the best that a
// program without a parser of its own can do.
func checkText(report string) error {
	var rooms, peers, tracks map[string]json.RawMessage
	var track struct {
		BytesReceived int64 `json:"inbound-rtp.bytes_received"`
	}
	if err := json.Unmarshal([]byte(report), &rooms); err != nil {
		return err
	}
	if err := json.Unmarshal(rooms["room_id="+metricsRoom], &peers); err != nil {
		return err
	}
	if err := json.Unmarshal(peers["endpoint_id="+metricsPeer], &tracks); err != nil {
		return err
	}
	if err := json.Unmarshal(tracks["track_id="+metricsTrack], &track); err != nil {
		return err
	}
	return checkNumber(track.BytesReceived)
}
