package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
)

func TestMain(m *testing.M) {
	if status, played := playRole(); played {
		os.Exit(status)
	}
	// Under the race detector each child would otherwise linger for a second.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	os.Exit(leak.Main(m))
}

func TestRunPrintsARowForEachChosenExperiment(t *testing.T) {
	var out strings.Builder
	args := []string{"-run", "80 B|10 kB|50,000", "-rounds", "2", "-messages", "50"}
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}
	compared := `[\d.]+( [kM])? +\| [\d.]+( [kM])? +\| [\d.]+ \([\d.]+–[\d.]+\) +\|.*\| 0 +\| 2 of 2 +\|`
	for name, cells := range map[string]string{
		"PeerConnected 80 B":         compared,
		"Metrics 10 kB":              compared,
		"Latency at 50,000 a second": `[\d.]+ [µm]?s +\| [\d.]+ [µm]?s +\|.*\| 1.0 +\|`,
	} {
		if !regexp.MustCompile(`(?m)^\| ` + name + ` +\| ` + cells).MatchString(out.String()) {
			t.Errorf("no row for %s in\n%s", name, out.String())
		}
	}
	if strings.Contains(out.String(), "TrackAdded") {
		t.Errorf("a row that was not chosen in\n%s", out.String())
	}
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-rounds", "3", "-messages", "7", "-run", "^Peer", "-check"})
	if err != nil {
		t.Fatal(err)
	}
	if o.rounds != 3 || o.messages != 7 || o.run.String() != "^Peer" || !o.check {
		t.Errorf("options are %+v", o)
	}
	o, err = parseOptions(nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.rounds != 9 || o.messages != 0 || !o.run.MatchString("anything") || o.check {
		t.Errorf("defaults are %+v", o)
	}
}

func TestRunRefusesBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-rounds", "0"},
		{"-messages", "-1"},
		{"-run", "("},
		{"-run", "no such message"},
		{"surplus"},
	} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("run(%q) succeeds", args)
		}
	}
}
