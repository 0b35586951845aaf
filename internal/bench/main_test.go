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
	if status, played := runChild(); played {
		os.Exit(status)
	}
	// With the race detector each child would otherwise linger for a second.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	os.Exit(leak.Main(m))
}

func runSender(t testing.TB) *sender {
	t.Helper()
	s, err := startSender()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func runJellyfish(t testing.TB, rooms, peers int) *jellyfish {
	t.Helper()
	server, err := startJellyfish(rooms, peers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// expectError checks that an error contains the text, or that there is none.
func expectError(t *testing.T, name string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: error %v, want %q in it", name, err, want)
	}
}

func TestRunPrintsATableForEachChosenExperiment(t *testing.T) {
	var out strings.Builder
	args := []string{"-run", "80 B|Metrics 10 kB|Parse", "-rounds", "2", "-messages", "50"}
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}
	rate := `[\d.]+( [kM])? \([\d.]+( [kM])?–[\d.]+( [kM])?\) +\| `
	for name, cells := range map[string]string{
		"PeerConnected 80 B":               `msg/s \(min–max\) +\| rate ÷ plain loop`,
		"library":                          rate + `[\d.]+ \([\d.]+–[\d.]+\) +\|.*\| 0 +\| ≥ 10 × plain loop, CPU`,
		"hand-written loop, decode.Append": rate,
		"sender alone":                     rate + `.*≥ 1.5 × library`,
		"Metrics 10 kB":                    `msg/s`,
		"plain loop":                       rate + `– +\|`,
		"decode.MetricsReport.Parse":       `[\d.]+ [µm]s \(.*CPU ≤ 1.3 × json.Valid`,
	} {
		if !regexp.MustCompile(`(?m)^\| ` + name + ` +\| ` + cells).MatchString(out.String()) {
			t.Errorf("no row for %s in\n%s", name, out.String())
		}
	}
	if strings.Contains(out.String(), "TrackAdded") {
		t.Errorf("a table that was not chosen in\n%s", out.String())
	}
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-rounds", "3", "-messages", "7", "-run", "^Peer", "-check", "-large"})
	if err != nil {
		t.Fatal(err)
	}
	if o.rounds != 3 || o.messages != 7 || o.run.String() != "^Peer" || !o.check || !o.large {
		t.Errorf("options are %+v", o)
	}
	o, err = parseOptions(nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.rounds != 9 || o.messages != 0 || !o.run.MatchString("anything") || o.check || o.large {
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

// The system closes the parent's end of the pipe if the parent dies.
func TestSenderEndsWithItsInput(t *testing.T) {
	s, err := startSender()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if err := s.send(1, 0); err == nil {
		t.Error("a sender that has ended takes a command")
	}
}

func TestChildrenRefuseBadCommands(t *testing.T) {
	for _, line := range []string{
		"dance",
		"prepare a cake",
		"list 3",
		"list 3 few",
		"send",
		"send 3",
		"send 3 0", // Nobody has subscribed.
		"acknowledge",
		"acknowledge 1", // Nothing was sent.
		"trickle",
		"trickle 3 10",
		"trickle 3 10 1 1", // Nobody has subscribed.
		"cut",              // Nobody has subscribed.
	} {
		if err := serve(strings.NewReader(line+"\n"), io.Discard); err == nil {
			t.Errorf("the sender obeys %q", line)
		}
	}
	if err := serve(strings.NewReader(""), io.Discard); err != nil {
		t.Errorf("no command at all: %v", err)
	}
	for _, line := range []string{"dance", "dance 1", "change", "change all", "outage"} {
		if err := serveRooms([]string{"1", "1"}, strings.NewReader(line+"\n"), io.Discard); err == nil {
			t.Errorf("the server of rooms obeys %q", line)
		}
	}
	var answers strings.Builder
	if err := serveRooms([]string{"1", "1"}, strings.NewReader("change 3\noutage 1\n"), &answers); err != nil {
		t.Error(err)
	}
	if lines := strings.Count(answers.String(), "\n"); lines != 1 {
		t.Errorf("answers are %q", answers.String())
	}
}

func TestChildrenRefuseBadArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"3"}, {"three", "3"}, {"3", "three"}, {"0", "3"}, {"3", "0"}} {
		if err := serveRooms(args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("serveRooms(%q) succeeds", args)
		}
	}
	for _, args := range [][]string{
		nil,
		{"3"},
		{"three", "127.0.0.1:1"},
		{"3", "127.0.0.1:1", "no certificate"},
		{"3", "not an address:"},
	} {
		if err := idle(args, io.Discard); err == nil {
			t.Errorf("idle(%q) succeeds", args)
		}
	}
}
