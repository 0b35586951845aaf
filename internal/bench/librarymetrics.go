package main

import (
	"context"
	"fmt"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// libraryMetrics is a program that reads the library's metrics.
type libraryMetrics struct{ *librarySide }

func connectLibraryMetrics(ctx context.Context, address string) (receiver, error) {
	side, err := subscribe(ctx, address, stream.WithMetrics())
	if err != nil {
		return nil, err
	}
	return libraryMetrics{side}, nil
}

func (l libraryMetrics) receive(n int, p *pace) (tally, error) {
	var seen tally
	for seen.received+seen.missed < n {
		select {
		case report, ok := <-l.sub.Metrics():
			if !ok {
				return seen, fmt.Errorf("the subscription ended: %w", l.sub.Err())
			}
			seen.received++
			seen.missed += int(report.Skipped)
			if err := checkParsed(report.MetricsReport); err != nil {
				return seen, err
			}
			if err := p.received(1 + int(report.Skipped)); err != nil {
				return seen, err
			}
		case other := <-l.sub.Notifications():
			if gap, ok := other.(stream.Gap); ok {
				return seen, fmt.Errorf("%v", gap)
			}
		}
	}
	return seen, nil
}

// checkParsed takes the number out of a report, of which it asks for one room,
// and compares it.
func checkParsed(report decode.MetricsReport) error {
	room, _, err := report.Room(metricsRoom)
	if err != nil {
		return err
	}
	peer, _ := room.Endpoint(metricsPeer)
	track, _ := peer.Track(metricsTrack)
	bytes, _ := track.Int(decode.InboundRTPBytesReceived)
	return checkNumber(bytes)
}
