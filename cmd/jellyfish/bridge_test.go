//go:build unix

package main

import (
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/plugin/jetstream"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// serveNATS starts a NATS server and returns its URL.
func serveNATS(t *testing.T) string {
	t.Helper()
	server, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(func() {
		server.Shutdown()
		server.WaitForShutdown()
	})
	if !server.ReadyForConnections(patience) {
		t.Fatal("NATS doesn't come up")
	}
	return server.ClientURL()
}

// What the server sends arrives in the stream, and the bridge ends by handing over.
func TestBridge(t *testing.T) {
	address, server := serveNATS(t), serve(t)
	p := start(t, access(server), "bridge", "--nats", address, "--prefix", "tests", "--partitions", "2")
	p.until(t, "jetstream: leading") // From here on nothing is missed.

	conn, err := nats.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	worker, err := jetstream.NewWorker(t.Context(), conn, jetstream.WorkerConfig{
		Layout: jetstream.Layout{Prefix: "tests", Partitions: 2}, Group: "testers",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := decode.PeerAdded{RoomID: "atrium", PeerID: "ada"}
	if err := server.Send(want); err != nil {
		t.Fatal(err)
	}
	for deadline := time.After(patience); ; {
		select {
		case d := <-worker.Deliveries():
			if err := d.Ack(); err != nil {
				t.Error(err)
			}
			if _, isGap := d.Notification.(stream.Gap); isGap {
				continue // The stream begins with one.
			}
			if d.Notification != want {
				t.Errorf("delivered %v, want %v", d.Notification, want)
			}
			p.interrupt(t)
			return
		case <-deadline:
			t.Fatalf("nothing was delivered\n%s", p.log)
		}
	}
}

// NATS that isn't there is waited for, and the URL's password isn't shown.
func TestBridgeWaitsForNATS(t *testing.T) {
	p := start(t, access(serve(t)), "bridge", "--nats", "nats://me:s3cret-pass@127.0.0.1:1")
	p.until(t, "NATS can't be reached")
	p.interrupt(t)
	if strings.Contains(p.log.String(), "s3cret-pass") {
		t.Errorf("the password is shown:\n%s", p.log)
	}
}
