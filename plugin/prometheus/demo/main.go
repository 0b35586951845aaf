// Demo holds a conference on an embedded server and shows it as Prometheus metrics,
// until it is interrupted:
//
//	go -C plugin/prometheus run ./demo
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func main() {
	address := flag.String("listen", "127.0.0.1:9464", "where the metrics are, host:port")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *address, func(url string) { fmt.Println(url + "/metrics") }); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and tells when it has begun.
func run(ctx context.Context, address string, ready func(url string)) error {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	collector, err := watching(ctx, client, server.Address())
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", collector.Handler())
	mux.Handle("GET /healthz", collector.Healthz())
	mux.Handle("GET /readyz", collector.Readyz())
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	web := http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	ready("http://" + listener.Addr().String())
	held := hold(ctx, server, client)
	err = errors.Join(held, web.Close())
	if failed := <-served; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	return err
}

// watching returns a collector of all there is to see of a server.
func watching(ctx context.Context, client *rooms.Client, server string) (*prometheus.Collector, error) {
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  server,
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		return nil, err
	}
	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		return nil, err
	}
	return prometheus.New(ctx, prometheus.Config{Notifier: notifier, View: view, WebRTC: true, SingleRooms: 10})
}
