package stream_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A health endpoint, which responds with 503 while the server can't be reached.
func ExampleNotifier_State() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer notifier.Close()

	health := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		state := notifier.State()
		if state.Phase != stream.Live {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintln(w, state) // Such as "live on localhost:5002".
	})
	check := func() int {
		answer := httptest.NewRecorder()
		health.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/health", nil))
		return answer.Code
	}

	fmt.Println("the server is up:", check())
	server.Stop()
	for state := range notifier.States() {
		if state.Phase == stream.Down {
			break
		}
	}
	fmt.Println("the server is down:", check())
	// Output:
	// the server is up: 200
	// the server is down: 503
}

// The counters of a subscription whose consumer was too slow.
func ExampleSubscription_Stats() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer notifier.Close()
	slow, err := notifier.Subscribe(ctx, stream.InRooms("lobby"), stream.WithBound(10, 0))
	if err != nil {
		log.Fatal(err)
	}
	other, err := notifier.Subscribe(ctx, stream.InRooms("cellar"))
	if err != nil {
		log.Fatal(err)
	}
	for range 1000 {
		_ = server.Send(decode.PeerConnected{RoomID: "lobby", PeerID: "ada"})
	}
	_ = server.Send(decode.RoomCreated{RoomID: "cellar"})
	if _, err := stream.Await[decode.RoomCreated](ctx, other, nil); err != nil {
		log.Fatal(err)
	}

	slow.Drain()
	var delivered, dropped uint64
	for n := range slow.All() {
		if gap, ok := n.(stream.Gap); ok {
			dropped += gap.Dropped
		} else {
			delivered++
		}
	}
	stats := slow.Stats()
	fmt.Println("its counters agree:", stats.Delivered == delivered, stats.Dropped == dropped)
	fmt.Println("together:", delivered+dropped, "of", notifier.Stats().Received)
	fmt.Println("the other one:", other.Stats().Dropped, "dropped")
	// Output:
	// its counters agree: true true
	// together: 1000 of 1001
	// the other one: 0 dropped
}
