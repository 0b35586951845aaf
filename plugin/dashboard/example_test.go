package dashboard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The page is mounted beside whatever else a program serves.
func Example() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	view, err := watch.Start(ctx, client, notifier, watch.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := dashboard.New(ctx, dashboard.Config{View: view, Source: notifier})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/jellyfish/", page)

	r := httptest.NewRequest(http.MethodGet, "http://localhost/debug/jellyfish/", nil)
	r.RemoteAddr = "127.0.0.1:4000"
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, r)
	fmt.Println(answer.Code, answer.Header().Get("Content-Type"))
	// Output: 200 text/html; charset=utf-8
}
