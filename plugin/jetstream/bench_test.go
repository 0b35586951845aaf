package jetstream

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// throughputVariable says how many notifications TestThroughput has; 500 otherwise.
const throughputVariable = "JETSTREAM_TEST_THROUGHPUT"

// TestThroughput prints how fast one bridge publishes and four workers consume,
// beside nats.go alone with the same bytes, without and with sync_interval: always.
func TestThroughput(t *testing.T) {
	n := 500
	if text := os.Getenv(throughputVariable); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
	}
	for _, always := range []bool{false, true} {
		t.Run(fmt.Sprintf("sync always %v", always), func(t *testing.T) { compare(t, n, always) })
	}
}

func compare(t *testing.T, n int, always bool) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(),
		NoLog: true, NoSigs: true, SyncAlways: always,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("NATS doesn't start")
	}
	url := s.ClientURL()
	rate := func(d time.Duration) string { return fmt.Sprintf("%.0f/s", float64(n)/d.Seconds()) }

	ours, theirs := Layout{Prefix: "ours"}, Layout{Prefix: "theirs"}
	bridged := timeBridge(t, url, ours, n)
	bare := timeBarePublish(t, url, theirs, n)
	worked := timeWorkers(t, url, ours, n)
	shared := timeBareConsume(t, url, "ours", n, 1000)
	single := timeBareConsume(t, url, "ours", n, 1)
	t.Logf("%d notifications: one bridge %s, nats.go publishing %s; four workers %s, nats.go consuming in 16 consumers %s, with one message in flight each %s",
		n, rate(bridged), rate(bare), rate(worked), rate(shared), rate(single))
}

func benchRoom(i int) string { return fmt.Sprint("room-", i%97) }

// timeBridge measures from the first notification put into the source to the last
// acknowledgement.
func timeBridge(t *testing.T, url string, layout Layout, n int) time.Duration {
	relay := stream.NewRelay(context.Background())
	t.Cleanup(relay.Close)
	b := runBridgeOn(t, connect(t, url), relay, nil, BridgeConfig{Layout: layout, Lease: 300 * time.Millisecond})
	b.awaitRole(t, Leading)
	begin := time.Now()
	for i := range n {
		if err := relay.Put(numbered(benchRoom(i), i)); err != nil {
			t.Fatal(err)
		}
		for i%1000 == 999 && uint64(i) > b.Stats().Published+8000 {
			time.Sleep(time.Millisecond) // Or the queue would overflow.
		}
	}
	await(t, "all published", func() bool { s := b.Stats(); return s.Published-s.Gaps == uint64(n) })
	took := time.Since(begin)
	if gaps := b.Stats().Gaps; gaps != 1 {
		t.Errorf("%d Gaps, want the first leader's", gaps)
	}
	b.handOver(t)
	return took
}

// timeBarePublish publishes the same bodies to the same subjects with 512 in flight.
func timeBarePublish(t *testing.T, url string, layout Layout, n int) time.Duration {
	layout, err := layout.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(connect(t, url), jetstream.WithPublishAsyncMaxPending(maxInFlight))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := layout.ensure(t.Context(), js); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for i := range n {
		notification := numbered(benchRoom(i), i)
		body, err := encode(notification)
		if err != nil {
			t.Fatal(err)
		}
		msg := &nats.Msg{Subject: layout.subject(notification), Data: body}
		if _, err := js.PublishMsgAsync(msg, jetstream.WithStallWait(patience)); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	return time.Since(begin)
}

func timeWorkers(t *testing.T, url string, layout Layout, n int) time.Duration {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var handled atomic.Int64
	var all sync.WaitGroup
	begin := time.Now()
	for range 4 {
		w, err := NewWorker(ctx, connect(t, url), WorkerConfig{Layout: layout})
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			all.Go(func() {
				for d := range w.Deliveries() {
					if _, gap := d.Notification.(stream.Gap); !gap {
						handled.Add(1)
					}
					_ = d.Ack()
				}
			})
		}
	}
	await(t, "all handled", func() bool { return handled.Load() >= int64(n) })
	took := time.Since(begin)
	cancel()
	all.Wait()
	return took
}

// timeBareConsume consumes from the same stream with a consumer a partition.
func timeBareConsume(t *testing.T, url, prefix string, n, inFlight int) time.Duration {
	layout, err := Layout{Prefix: prefix}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	var handled atomic.Int64
	begin := time.Now()
	for p := range layout.Partitions {
		js, err := jetstream.New(connect(t, url))
		if err != nil {
			t.Fatal(err)
		}
		consumer, err := js.CreateConsumer(t.Context(), layout.streamName(), jetstream.ConsumerConfig{
			Durable:        fmt.Sprintf("bare-%d-%d", inFlight, p),
			FilterSubjects: layout.partitionFilters(p), AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: inFlight,
		})
		if err != nil {
			t.Fatal(err)
		}
		consuming, err := consumer.Consume(func(msg jetstream.Msg) {
			if msg.Subject() != layout.gapSubject() {
				handled.Add(1)
			}
			_ = msg.Ack()
		})
		if err != nil {
			t.Fatal(err)
		}
		defer consuming.Stop()
	}
	await(t, "all consumed", func() bool { return handled.Load() >= int64(n) })
	return time.Since(begin)
}
