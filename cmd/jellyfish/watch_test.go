//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// send has a server send notifications that are given as JSON.
func send(t *testing.T, server *jellyfishtest.Server, lines ...string) {
	t.Helper()
	for _, line := range lines {
		n, err := decode.UnmarshalNotification([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Send(n); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWatchUntil(t *testing.T) {
	server := serve(t)
	watch := start(t, access(server), "watch", "-o", "json", "--room", "atrium", "--peer", "ada", "--until", "peer_crashed")
	watch.until(t, "connected to")
	send(t, server,
		`{"kind":"peer_connected","room_id":"lobby","peer_id":"ada"}`,
		`{"kind":"peer_connected","room_id":"atrium","peer_id":"bob"}`,
		`{"kind":"peer_connected","room_id":"atrium","peer_id":"ada"}`,
		`{"kind":"track_added","room_id":"atrium","owner":{"type":"peer","id":"ada"},"track":{"id":"1","type":"audio"}}`,
		`{"kind":"peer_crashed","room_id":"atrium","peer_id":"ada","reason":"unsupported codec"}`,
		`{"kind":"peer_connected","room_id":"atrium","peer_id":"ada"}`)
	if got := watch.status(); got != 0 {
		t.Fatalf("exit status %d, want 0:\n%s", got, watch.log)
	}
	var kinds []string
	for line := range strings.Lines(watch.out.String()) {
		var n struct{ Time, Kind, RoomID string }
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(line, `{"time":"20`) || n.Time == "" {
			t.Errorf("a line without a time: %s", line)
		}
		kinds = append(kinds, n.Kind)
	}
	if got, want := strings.Join(kinds, " "), "peer_connected track_added peer_crashed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWatchCountAndTimeout(t *testing.T) {
	server := serve(t)
	watch := start(t, access(server), "watch", "-n", "2")
	watch.until(t, "connected to")
	send(t, server, `{"kind":"room_created","room_id":"a"}`, `{"kind":"room_created","room_id":"b"}`, `{"kind":"room_created","room_id":"c"}`)
	if got := watch.status(); got != 0 || strings.Count(watch.out.String(), "\n") != 2 {
		t.Errorf("exit status %d:\n%s", got, watch.out)
	}

	_, log, status := execute(t, access(server), "watch", "--until", "hls_playable", "--timeout", "50ms")
	if status != 1 || !strings.Contains(log, "no hls_playable within 50ms") {
		t.Errorf("exit status %d, want 1:\n%s", status, log)
	}
	if _, log, status := execute(t, access(server), "watch", "--timeout", "50ms"); status != 0 {
		t.Errorf("exit status %d, want 0:\n%s", status, log)
	}
}

func TestWatchMarksGapsAndGoesOn(t *testing.T) {
	server := serve(t)
	watch := start(t, access(server), "watch", "--metrics", "--kind", "room_created", "--until", "room_created")
	watch.until(t, "metrics_report")
	server.SendMessage([]byte{0xff})
	watch.until(t, "▓▓")
	watch.until(t, "GAP  1 undecodable")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	watch.until(t, "GAP  1 outage")
	watch.until(t, "down")
	watch.until(t, "live on ")
	send(t, server, `{"kind":"room_created","room_id":"atrium"}`)
	if got := watch.status(); got != 0 {
		t.Errorf("exit status %d, want 0:\n%s", got, watch.log)
	}
}

func TestWatchEndsWithCtrlC(t *testing.T) {
	server := serve(t)
	watch := start(t, access(server), "watch")
	watch.until(t, "connected to")
	watch.interrupt(t)
	if log := watch.log.String(); strings.Contains(log, "context canceled") || strings.Count(log, "\n") != 1 {
		t.Errorf("on the standard error stands\n%s", log)
	}
}

func TestWatchEndsQuietlyWithItsPipe(t *testing.T) {
	server := serve(t)
	watch := exec.Command(built, "watch")
	watch.Env = append(watch.Environ(), access(server)...)
	out, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := &growing{}
	watch.Stderr = log
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { return strings.Contains(log.String(), "connected to") }, log.String)
	send(t, server, `{"kind":"room_created","room_id":"a"}`)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	out.Close()
	ended := make(chan error, 1)
	go func() { ended <- watch.Wait() }()
	wait(t, func() bool {
		send(t, server, `{"kind":"room_created","room_id":"b"}`)
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}, func() string { return "it goes on without its pipe" })
	status := watch.ProcessState.Sys().(syscall.WaitStatus)
	if !(status.Signaled() && status.Signal() == syscall.SIGPIPE) && status.ExitStatus() != 0 {
		t.Errorf("ended with %v", watch.ProcessState)
	}
	if text := log.String(); strings.Contains(text, "pipe") {
		t.Errorf("on the standard error stands\n%s", text)
	}
}

func TestWatchOnATerminalFitsIt(t *testing.T) {
	server := serve(t)
	screen := open(t, 60, 10, access(server), "watch")
	screen.until(t, "connected to")
	send(t, server, `{"kind":"peer_metadata_updated","room_id":"atrium","peer_id":"ada","metadata":"`+strings.Repeat("long ", 30)+`"}`)
	screen.until(t, "peer_metadata_updated")
	screen.until(t, "…")
	if strings.Contains(screen.text(), "long long") {
		t.Errorf("a line isn't cut:\n%s", screen.text())
	}
}
