package main

import (
	"context"
	"encoding/json"
	"fmt"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// plainMetrics is the same loop with a consumer of metrics.
type plainMetrics struct{ *plainLoop }

func connectPlainMetrics(ctx context.Context, address string) (receiver, error) {
	loop, err := dialPlain(ctx, address,
		pb.EventType_EVENT_TYPE_SERVER_NOTIFICATION, pb.EventType_EVENT_TYPE_METRICS)
	if err != nil {
		return nil, err
	}
	return plainMetrics{loop}, nil
}

func (m plainMetrics) receive(_ int, p *pace) (tally, error) {
	var seen tally
	for e := range m.events {
		switch e.kind {
		case metricsEvent:
			seen.received++
			if err := e.checkReport(); err != nil {
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

func (e event) checkReport() error {
	return checkReport(func(into any) error { return json.Unmarshal([]byte(e.text), into) })
}
