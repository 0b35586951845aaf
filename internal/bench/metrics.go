package main

import (
	"encoding/json"
	"fmt"
)

// metricsWindow is what the library keeps of reports that nobody has read yet:
// older ones give way, so that the sender must not be further ahead.
const metricsWindow = 4

// metrics compares reports of about the given size in bytes, from each of which
// the consumer takes one number of one peer.
func metrics(name string, size, messages int) comparison {
	return comparison{
		name:     name,
		messages: messages,
		window:   metricsWindow,
		payloads: func() [][]byte { return metricsPayloads(size) },
		library:  connectLibraryMetrics,
		plain:    connectPlainMetrics,
	}
}

// What the consumers look for, and what they must find.
const (
	metricsRoom  = "room_id=7d1c5a9e-3f52-4b8a-9d1e-0c6b2f4e8a31"
	metricsPeer  = "endpoint_id=2b9f0e64-8c17-4d2a-b5f3-71a0c9d8e542"
	metricsTrack = "track_id=2b9f0e64-8c17-4d2a-b5f3-71a0c9d8e542:camera"
	metricsValue = 379_567
)

// checkReport takes the number out of a report, of which unmarshal reads the
// text, and compares it. It lets encoding/json pass over the other rooms and
// peers, which is the best that a plain program can do.
func checkReport(unmarshal func(into any) error) error {
	var rooms, peers, tracks map[string]json.RawMessage
	var track struct {
		BytesReceived int `json:"inbound-rtp.bytes_received"`
	}
	if err := unmarshal(&rooms); err != nil {
		return err
	}
	if err := json.Unmarshal(rooms[metricsRoom], &peers); err != nil {
		return err
	}
	if err := json.Unmarshal(peers[metricsPeer], &tracks); err != nil {
		return err
	}
	if err := json.Unmarshal(tracks[metricsTrack], &track); err != nil {
		return err
	}
	if track.BytesReceived != metricsValue {
		return fmt.Errorf("a report says %d bytes, not %d", track.BytesReceived, metricsValue)
	}
	return nil
}
