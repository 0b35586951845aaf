package main

import "fmt"

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
	metricsRoom  = "7d1c5a9e-3f52-4b8a-9d1e-0c6b2f4e8a31"
	metricsPeer  = "2b9f0e64-8c17-4d2a-b5f3-71a0c9d8e542"
	metricsTrack = metricsPeer + ":camera"
	metricsValue = 379_567
)

func checkNumber(found int64) error {
	if found != metricsValue {
		return fmt.Errorf("a report says %d bytes, not %d", found, metricsValue)
	}
	return nil
}
