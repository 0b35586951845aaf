package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// object is a line of output.
type object map[string]any

// objects parses an output that is JSON lines and nothing else.
func objects(t *testing.T, out io.Reader) []object {
	t.Helper()
	var list []object
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var o object
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		list = append(list, o)
	}
	return list
}

// kinds returns the kinds of the objects and their rooms, "peer_added standup".
func kinds(list []object) []string {
	var told []string
	for _, o := range list {
		room := ""
		if id, ok := o["room_id"]; ok {
			room = fmt.Sprint(" ", id)
		}
		told = append(told, fmt.Sprint(o["kind"], room))
	}
	return told
}

// The names of the fields are what programs that read the lines rest on.
func TestJSONLines(t *testing.T) {
	owner := decode.Owner{Type: decode.OwnerComponent, ID: "c"}
	track := decode.Track{ID: "t", Type: decode.TrackTypeVideo, Metadata: `{"a": 1}`}
	since := time.Date(2024, 5, 15, 12, 0, 0, 0, time.FixedZone("", 2*3600))
	for _, test := range []struct {
		n    decode.Notification
		want string // After the time.
	}{
		{decode.RoomCreated{RoomID: "r"}, `"kind":"room_created","room_id":"r"}`},
		{decode.PeerConnected{RoomID: "r", PeerID: "p"}, `"kind":"peer_connected","room_id":"r","peer_id":"p"}`},
		{decode.PeerCrashed{RoomID: "r", PeerID: "p", Reason: "two\nlines"}, `"kind":"peer_crashed","room_id":"r","peer_id":"p","reason":"two\nlines"}`},
		{decode.PeerMetadataUpdated{RoomID: "r", PeerID: "p", Metadata: "{\n}"}, `"kind":"peer_metadata_updated","room_id":"r","peer_id":"p","metadata":{}}`},
		{decode.TrackAdded{RoomID: "r", Owner: owner, Track: track}, `"kind":"track_added","room_id":"r","owner":{"type":"component","id":"c"},"track":{"id":"t","type":"video","metadata":{"a":1}}}`},
		{decode.Unknown{Number: 99, Payload: "\xff"}, `"kind":"unknown","number":99,"payload":"/w=="}`},
		{stream.Gap{}, `"kind":"gap"}`},
		{stream.Gap{Dropped: 3}, `"kind":"gap","dropped":3}`},
		{
			stream.Gap{Dropped: 3, Undecodable: 2, Outages: 1, Since: since, Until: since.Add(1500 * time.Millisecond), From: "a:1", To: "b:1", Err: errors.New("reset")},
			`"kind":"gap","dropped":3,"undecodable":2,"outages":1,"since":"2024-05-15T10:00:00Z","until":"2024-05-15T10:00:01.5Z","from":"a:1","to":"b:1","error":"reset"}`,
		},
		{stream.Report{MetricsReport: decode.MetricsReport{JSON: `{"room_id=r": {}}`}}, `"kind":"metrics_report","skipped":0,"metrics":{"room_id=r":{}}}`},
		{stream.Report{MetricsReport: decode.MetricsReport{JSON: `{`}, Skipped: 2}, `"kind":"metrics_report","skipped":2,"metrics":"{"}`},
	} {
		var out bytes.Buffer
		if err := (jsonLines{&out}).print(test.n); err != nil {
			t.Errorf("%v: %v", test.n, err)
		}
		const clock = `{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z",`
		if want := regexp.MustCompile("^" + clock + regexp.QuoteMeta(test.want) + "\n$"); !want.Match(out.Bytes()) {
			t.Errorf("printed %s, want after the time %s", &out, test.want)
		}
	}
}

func TestJSONOfTheDemo(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	var out, status bytes.Buffer
	if err := run(t.Context(), []string{"-json"}, &out, &status); err != nil {
		t.Fatalf("run: %v", err)
	}
	if !strings.Contains(status.String(), "subscribed to the test server") || !strings.Contains(status.String(), "the conference is over") {
		t.Errorf("status: %s", &status)
	}
	list := objects(t, &out)
	told := kinds(list)
	for _, want := range []string{"room_created standup", "track_added webinar", "gap", "metrics_report", "room_deleted standup"} {
		if !slices.Contains(told, want) {
			t.Errorf("told nothing of %q: %q", want, told)
		}
	}
	before := begin.Truncate(time.Millisecond)
	for _, o := range list {
		at, err := time.Parse(time.RFC3339, fmt.Sprint(o["time"]))
		if err != nil || at.Before(before) || at.After(time.Now()) {
			t.Errorf("%v at %v, which isn't between %v and now (%v)", o["kind"], o["time"], before, err)
		}
		before = at
	}
}

func TestDemoIsFiltered(t *testing.T) {
	t.Parallel()
	const args = "-json -room nowhere -room nobody,webinar -kind room_created -kind room_crashed,track_added"
	want := []string{"room_created webinar", "track_added webinar", "gap", "room_crashed webinar"}
	var out bytes.Buffer
	if err := run(t.Context(), strings.Fields(args), &out, t.Output()); err != nil {
		t.Fatalf("run: %v", err)
	}
	// A second gap, should the machine be that slow, is no fault.
	if told := slices.Compact(kinds(objects(t, &out))); !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestServerIsFiltered(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	out, status := make(lines, 100), make(lines, 100)
	args := "-json -metrics -room one -kind peer_added -addr " + server.Address() + " -token " + jellyfishtest.Token
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, strings.Fields(args), out, status) }()
	status.next(t, "subscribed to "+server.Address())
	if err := server.Send(
		decode.PeerAdded{RoomID: "two", PeerID: "ada"},
		decode.PeerConnected{RoomID: "one", PeerID: "ada"},
		decode.PeerAdded{RoomID: "one", PeerID: "ada"},
	); err != nil {
		t.Fatal(err)
	}
	if line := out.next(t, "peer"); !strings.Contains(line, `"kind":"peer_added","room_id":"one"`) {
		t.Errorf("printed %s", line)
	}
	if err := server.SendMetrics(`{"room_id=two":{}}`); err != nil {
		t.Fatal(err)
	}
	out.next(t, `"metrics":{"room_id=two":{}}`)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v, want no error after Ctrl-C", err)
	}
}

// full is an output that nothing can be written to.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestOutputThatFailsIsAnError(t *testing.T) {
	for _, args := range [][]string{{"-json"}, {"-room", "standup"}, {"-state"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			if err := run(t.Context(), args, full{}, t.Output()); !errors.Is(err, io.ErrShortWrite) {
				t.Errorf("run: %v, want %v", err, io.ErrShortWrite)
			}
		})
	}
}
