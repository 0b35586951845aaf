package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	p := program.Start(t, run)
	name := strings.Fields(p.Next(t, "recording "))[3]
	lines, err := p.End()
	if err != nil {
		t.Fatalf("run: %v\n%q", err, lines)
	}
	kinds := make(map[string]int)
	for _, line := range lines {
		kind, _, _ := strings.Cut(line, " ")
		kinds[strings.TrimSuffix(kind, ":")]++
	}
	for kind, want := range map[string]int{"room_created": 3, "peer_connected": 3, "track_added": 5, "gap": 1, "room_deleted": 1} {
		if kinds[kind] != want {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, want)
		}
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left behind: %v", name, err)
	}
}

// What is recorded can be read back as it was received, including Gaps and unknown
// messages.
func TestRecordAndReplay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	relay := stream.NewRelay(ctx)
	sub, err := stream.Batches(ctx, relay)
	if err != nil {
		t.Fatal(err)
	}
	since := time.UnixMilli(1_700_000_000_123).UTC()
	want := []decode.Notification{
		decode.RoomCreated{RoomID: "r"},
		decode.PeerConnected{RoomID: "r", PeerID: "p"},
		decode.PeerMetadataUpdated{RoomID: "r", PeerID: "p", Metadata: `{"name":"Ada"}`},
		decode.PeerCrashed{RoomID: "r", PeerID: "p", Reason: "two\nlines"},
		decode.TrackAdded{
			RoomID: "r",
			Owner:  decode.Owner{Type: decode.OwnerComponent, ID: "c"},
			Track:  decode.Track{ID: "t", Type: decode.TrackTypeVideo, Metadata: "null"},
		},
		decode.HLSPlayable{RoomID: "r", ComponentID: "c"},
		decode.VAD{RoomID: "r", PeerID: "p", TrackID: "t", Status: 7},
		decode.Unknown{Number: 99, Payload: "\x01\x02\xff"},
		stream.Gap{Outages: 1, Since: since, Until: since.Add(time.Second), From: "a:1", To: "b:2"},
		decode.RoomDeleted{RoomID: "r"},
	}
	for range 100 { // More than fits into one batch.
		want = append(want, decode.PeerAdded{RoomID: "r", PeerID: "p"})
	}
	if err := relay.Put(want...); err != nil {
		t.Fatal(err)
	}
	relay.Close()
	var log bytes.Buffer
	if err := record(sub, &log); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(log.Bytes(), []byte("\n")); n != len(want) {
		t.Errorf("%d lines for %d notifications", n, len(want))
	}
	var got []decode.Notification
	for n, err := range replay(&log) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (- want, + got):\n%s", diff)
	}
}

// A log is continued in the same file, has everything that was received before SIGTERM,
// and can be read back without a server.
func TestAppend(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	for _, id := range []string{"first", "second"} {
		p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token, "-file", name)
		p.Next(t, "recording "+server.Address())
		if err := server.Send(decode.RoomCreated{RoomID: id}); err != nil {
			t.Fatal(err)
		}
		for !bytes.Contains(read(t, name), []byte(id)) {
			time.Sleep(time.Millisecond)
		}
		p.Signal()
		if _, err := p.End(); err != nil {
			t.Fatalf("run: %v", err)
		}
	}
	lines, err := program.Start(t, run, "-read", name).End()
	if want := []string{`room_created room_id="first"`, `room_created room_id="second"`}; err != nil || !cmp.Equal(lines, want) {
		t.Errorf("run: %v\n%q", err, lines)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestLogThatIsCutShort(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		`{"kind":"room_created","room_id":"r"}`:              nil,
		`{"kind":"room_created","room_id":"r"}` + "\n\n":     nil,
		`{"kind":"room_created","room_id":"r"}` + "\n{\"kin": io.ErrUnexpectedEOF,
	} {
		var err error
		n := 0
		for _, err = range replay(strings.NewReader(text)) {
			n++
		}
		if !errors.Is(err, want) || want != nil && n != 2 {
			t.Errorf("%q: %d elements, the last with %v", text, n, err)
		}
	}
}

// full is a disk without free space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	relay := stream.NewRelay(t.Context())
	sub, err := stream.Batches(t.Context(), relay)
	if err != nil {
		t.Fatal(err)
	}
	if err := relay.Put(decode.RoomCreated{RoomID: "r"}); err != nil {
		t.Fatal(err)
	}
	if err := record(sub, full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("record: %v", err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	missing := filepath.Join(t.TempDir(), "missing", "audit.jsonl")
	for _, test := range []struct{ args, want string }{
		{"-read " + missing, "audit.jsonl"},
		{"-addr " + server.Address() + " -token secret -file " + missing, "audit.jsonl"},
		{"-addr " + server.Address() + " -token secret -file " + filepath.Join(t.TempDir(), "a"), "refused the token"},
	} {
		_, err := program.Start(t, run, strings.Fields(test.args)...).End()
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want one with %q", test.args, err, test.want)
		}
	}
}
