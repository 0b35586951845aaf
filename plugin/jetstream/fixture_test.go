package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// patience is how long a test waits for what must come. Nothing depends on how soon.
const patience = 60 * time.Second

// startNATS runs a NATS server of this process.
func startNATS(t testing.TB) *server.Server {
	t.Helper()
	s, err := newNATS(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// newNATS starts a server with a store, as the docs recommend it.
func newNATS(dir string, port int) (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir,
		NoLog: true, NoSigs: true, SyncAlways: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		return nil, fmt.Errorf("NATS doesn't start")
	}
	return s, nil
}

func connect(t testing.TB, url string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(url, ConnectOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// testWriter has a logger write to a test's log, until the test ends.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(line []byte) (int, error) {
	w.t.Logf("%s", line)
	return len(line), nil
}

func testLogger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// running is a bridge that runs.
type running struct {
	*Bridge
	notifier *stream.Notifier
	stop     context.CancelFunc
	done     chan error
}

// runBridge runs a bridge of a Jellyfish server.
func runBridge(t testing.TB, natsURL string, jellyfish *jellyfishtest.Server, config BridgeConfig) *running {
	t.Helper()
	notifier, err := stream.Open(t.Context(), stream.Config{
		ServerAddress: jellyfish.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		t.Fatal(err)
	}
	return runBridgeOn(t, connect(t, natsURL), notifier, notifier, config)
}

func runBridgeOn(t testing.TB, conn *nats.Conn, source stream.Source, notifier *stream.Notifier, config BridgeConfig) *running {
	t.Helper()
	config.Logger = testLogger(t)
	bridge, err := NewBridge(conn, source, config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{bridge, notifier, cancel, make(chan error, 1)}
	ended := make(chan struct{})
	go func() { defer close(ended); r.done <- bridge.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return r
}

// await waits until something is so.
func await(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func (r *running) awaitRole(t testing.TB, role Role) {
	t.Helper()
	await(t, fmt.Sprintf("%v is %v", r.Bridge, role), func() bool { return r.Stats().Role == role })
}

// handOver stops the bridge and waits until it is gone.
func (r *running) handOver(t testing.TB) {
	t.Helper()
	r.stop()
	select {
	case err := <-r.done:
		if err != nil {
			t.Fatalf("hand over: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the bridge doesn't hand over")
	}
}

// numbered is a notification with a body that no other has.
func numbered(room string, n int) decode.Notification {
	return decode.PeerMetadataUpdated{RoomID: room, PeerID: "peer", Metadata: decode.Metadata(fmt.Sprintf(`{"n":%d}`, n))}
}

// numberOf returns the number in a notification that numbered has made.
func numberOf(t testing.TB, n decode.Notification) (room string, number int) {
	t.Helper()
	update, ok := n.(decode.PeerMetadataUpdated)
	if !ok {
		t.Fatalf("an unexpected %v", n)
	}
	var metadata struct{ N int }
	if err := json.Unmarshal([]byte(update.Metadata), &metadata); err != nil {
		t.Fatal(err)
	}
	return update.RoomID, metadata.N
}

func send(t testing.TB, s *jellyfishtest.Server, ns ...decode.Notification) {
	t.Helper()
	if err := s.Send(ns...); err != nil {
		t.Fatal(err)
	}
}

// stored returns all records that a stream has now.
func stored(t testing.TB, conn *nats.Conn, layout Layout) []record {
	t.Helper()
	layout, err := layout.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	f := &follower{layout: layout, js: js, out: make(chan followed), next: 1}
	end, err := f.state(ctx)
	for ; err != nil && ctx.Err() == nil; end, err = f.state(ctx) { // NATS may just be starting.
		sleep(ctx, retryWait)
	}
	done := make(chan struct{})
	go func() { defer close(done); f.run(ctx) }()
	defer func() { cancel(); <-done }()
	var all []record
	for {
		select {
		case f := <-f.out:
			if f.record != nil {
				all = append(all, *f.record)
			}
			if f.upTo >= end.LastSeq {
				return all
			}
		case <-ctx.Done():
			t.Fatal("the stream can't be read")
		}
	}
}

// contents are the numbers of the notifications in records, by room, and the Gaps.
func contents(t testing.TB, records []record) (numbers map[string][]int, gaps []stream.Gap) {
	t.Helper()
	numbers = make(map[string][]int)
	for _, r := range records {
		if r.control {
			continue
		}
		switch n := notificationOf(r.subject, r.body).(type) {
		case stream.Gap:
			gaps = append(gaps, n)
		default:
			room, number := numberOf(t, n)
			numbers[room] = append(numbers[room], number)
		}
	}
	return numbers, gaps
}
