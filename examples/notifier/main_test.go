package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) {
	os.Unsetenv("JELLYFISH_ADDRESS")
	os.Unsetenv("JELLYFISH_TOKEN")
	os.Exit(leak.Main(m))
}

// lines is an output of which each line can be awaited.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// next returns the next line that contains text.
func (l lines) next(t *testing.T, text string) string {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case line := <-l:
			if strings.Contains(line, text) {
				return line
			}
		case <-limit:
			t.Fatalf("no line with %q", text)
		}
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	begin := time.Now()
	if err := run(t.Context(), nil, &out, t.Output()); err != nil {
		t.Fatalf("run: %v\n%s", err, &out)
	}
	if took := time.Since(begin); took >= 15*time.Second {
		t.Errorf("took %v, want less than 15s", took)
	}
	const (
		clock = `(?m)^\d\d:\d\d:\d\d\.\d{3}  `
		id    = `00000000-0000-4000-8000-00000000000`
		alice = ` +standup +peer ` + id + `1`
		carol = ` +standup +peer ` + id + `5`
	)
	for _, want := range []string{
		`(?m)^subscribed to the test server on 127\.0\.0\.1:\d+; a conference follows$`,
		clock + `room_created +standup$`,
		clock + `peer_added` + alice + `$`,
		clock + `peer_connected` + alice + `$`,
		clock + `peer_metadata_updated` + alice + ` +\{"name":"Alice"\}$`,
		clock + `track_added` + alice + ` +audio ` + id + `1:audio \{"active":true\}$`,
		clock + `track_added +webinar +component ` + id + `3 +video 0{15}4 null$`,
		clock + `track_metadata_updated` + alice + ` +audio ` + id + `1:audio \{"active":false\}$`,
		clock + `gap +unknown number missing in \d+ outages? within \d.*\(connection to 127\.0\.0\.1:\d+: .*\)$`,
		clock + `track_removed` + carol + ` +video ` + id + `5:video \{"active":true\}$`,
		clock + `peer_crashed` + carol + ` +unsupported codec$`,
		clock + `component_crashed +webinar +component ` + id + `3$`,
		clock + `room_crashed +webinar$`,
		clock + `peer_disconnected` + alice + `$`,
		clock + `metrics_report +bytes=\d+ metrics=.\{.*`,
		clock + `peer_deleted` + alice + `$`,
		clock + `room_deleted +standup$`,
		`the conference is over\n\z`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("no line matches %s", want)
		}
	}
	if t.Failed() {
		t.Logf("printed:\n%s", &out)
	}
}

func TestDemoIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out := make(lines, 100)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, nil, out, t.Output()) }()
	out.next(t, "room_created")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v, want no error after Ctrl-C", err)
	}
}

func TestServer(t *testing.T) {
	for _, test := range []struct {
		name     string
		args     []string
		line     string
		requests int // The token and what is subscribed to.
	}{
		{"without metrics", nil, "peer_connected          room-1   peer peer-1", 2},
		{"with metrics", []string{"-metrics"}, "bytes=7 metrics=`{\"a\":1}`", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret"})
			t.Setenv("JELLYFISH_ADDRESS", server.Address())
			t.Setenv("JELLYFISH_TOKEN", "secret")
			ctx, cancel := context.WithCancel(t.Context())
			out := make(lines, 100)
			ended := make(chan error, 1)
			go func() { ended <- run(ctx, test.args, out, t.Output()) }()
			out.next(t, "subscribed to "+server.Address())
			if n := len(server.Received()); n != test.requests {
				t.Errorf("sent %d requests, want %d", n, test.requests)
			}
			if err := server.Send(
				decode.MetricsReport{JSON: `{"a":1}`},
				decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"},
			); err != nil {
				t.Fatal(err)
			}
			out.next(t, test.line)
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("run: %v, want no error after Ctrl-C", err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped.Stop()
	for _, test := range []struct {
		args, want string
		status     int
	}{
		{"-nonsense", "flag provided but not defined: -nonsense", 2},
		{"localhost:5002", "an address is given with -addr", 2},
		{"-secure", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-token secret", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-addr localhost:5002", "give -token or set JELLYFISH_TOKEN", 2},
		{"-room standup,", "empty room id", 2},
		{"-room= ", "empty room id", 2},
		{"-kind peer_joined", `no notification has the kind "peer_joined"`, 2},
		{"-kind peer_added -kind peer_deleted,", `no notification has the kind ""`, 2},
		{"-kind gap", `no notification has the kind "gap"`, 2},
		{"-kind metrics_report", "metrics reports are asked for with -metrics", 2},
		{"-addr ::1 -token secret", "ServerAddress", 1},
		{"-addr " + server.Address() + " -token secret", "refused the token", 1},
		{"-addr " + server.Address() + " -token secret -secure", server.Address(), 1},
		{"-addr " + stopped.Address() + " -token secret", stopped.Address(), 1},
	} {
		err := run(t.Context(), strings.Fields(test.args), t.Output(), t.Output())
		switch {
		case err == nil || !strings.Contains(err.Error(), test.want):
			t.Errorf("%s: error %v, want one with %q", test.args, err, test.want)
		case usage.ExitStatus(err) != test.status:
			t.Errorf("%s: exit status %d, want %d", test.args, usage.ExitStatus(err), test.status)
		case strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: error shows the token: %v", test.args, err)
		case len(err.Error()) > 250:
			t.Errorf("%s: long error: %v", test.args, err)
		}
	}
}

func TestHelpShowsNoToken(t *testing.T) {
	t.Setenv("JELLYFISH_TOKEN", "secret")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, &out, t.Output()); err != nil {
		t.Errorf("run: %v", err)
	}
	if text := out.String(); !strings.Contains(text, "JELLYFISH_TOKEN") || strings.Contains(text, "secret") {
		t.Errorf("help: %s", text)
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	to := newTable(&out)
	for _, n := range []decode.Notification{
		decode.RoomCreated{RoomID: "a-room-with-a-long-name"},
		decode.PeerCrashed{RoomID: "r", PeerID: "p", Reason: "two\nlines and a \x1b[31mcolour"},
		decode.HLSPlayable{RoomID: "r", ComponentID: "c"},
		decode.HLSUploaded{RoomID: "r"},
		decode.ViewerConnected{StreamID: "s", ViewerID: "v"},
		stream.Gap{Dropped: 3},
		stream.Gap{Outages: 1, Err: errors.New("reset")},
		stream.Report{MetricsReport: decode.MetricsReport{JSON: `{}`}, Skipped: 2},
	} {
		if err := to.print(n); err != nil {
			t.Fatal(err)
		}
	}
	got := regexp.MustCompile(`(?m)^.{14}`).ReplaceAllString(out.String(), "")
	want := `room_created            a-room-with-a-long-name
peer_crashed            r                        peer p            two.lines and a .[31mcolour
hls_playable            r                        component c
hls_uploaded            r
viewer_connected                                                   stream_id="s" viewer_id="v"
gap                                                                3 dropped
gap                                                                unknown number missing in 1 outage within 0s (reset)
metrics_report                                                     bytes=2 metrics="{}" (after 2 skipped)
`
	if got != want {
		t.Errorf("printed:\n%swant:\n%s", got, want)
	}
}

func TestThePartToCopyIsShort(t *testing.T) {
	source, err := os.ReadFile("watch.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(source, []byte("\n")); n >= 40 {
		t.Errorf("watch.go has %d lines, want fewer than 40", n)
	}
}
