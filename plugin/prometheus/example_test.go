package prometheus_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func ExampleNew() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server, err := jellyfishtest.New(jellyfishtest.Config{Address: "127.0.0.1:0"})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: "lobby"}); err != nil {
		log.Fatal(err)
	}
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := view.WaitSynced(ctx); err != nil {
		log.Fatal(err)
	}

	collector, err := prometheus.New(ctx, prometheus.Config{Notifier: notifier, View: view})
	if err != nil {
		log.Fatal(err)
	}
	// http.Handle("GET /metrics", collector.Handler())
	answer := httptest.NewRecorder()
	collector.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if strings.HasPrefix(line, "jellyfish_client_rooms{") || strings.HasPrefix(line, "jellyfish_client_connection_phase{") {
			fmt.Print(line)
		}
	}
	// Output:
	// jellyfish_client_connection_phase{phase="connecting"} 0
	// jellyfish_client_connection_phase{phase="down"} 0
	// jellyfish_client_connection_phase{phase="ended"} 0
	// jellyfish_client_connection_phase{phase="live"} 1
	// jellyfish_client_rooms{status="empty"} 1
	// jellyfish_client_rooms{status="occupied"} 0
}
