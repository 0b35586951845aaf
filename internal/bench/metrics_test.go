package main

import (
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Both consumers take the number of the peer that they look for, and no other.
func TestConsumersFindTheNumber(t *testing.T) {
	const wrong = "354075" // Any other camera's number.
	right := metricsReport(newIdentifiers(), 10_000)
	for name, check := range map[string]func(string) error{
		"library": func(text string) error { return checkParsed(decode.MetricsReport{JSON: text}) },
		"plain":   checkText,
	} {
		if err := check(right); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, text := range []string{
			strings.Replace(right, "379567", wrong, 1),
			strings.Replace(right, metricsRoom, metricsPeer, 1),
			"{}",
			"",
		} {
			if err := check(text); err == nil {
				t.Errorf("%s finds the number in a report of %d bytes that doesn't have it", name, len(text))
			}
		}
	}
}
