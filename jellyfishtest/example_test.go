package jellyfishtest_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// In a test, where t is at hand, a running server and a client on it take three
// statements:
//
//	server := jellyfishtest.Run(t, jellyfishtest.Config{})
//	cfg := stream.Config{ServerAddress: server.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token)}
//	sub, err := stream.Subscribe(t.Context(), cfg)
func Example() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}

	_ = server.Send(decode.RoomCreated{RoomID: "lobby"})
	fmt.Println((<-sub.Notifications()).Kind())
	server.Cut(jellyfishtest.CutMidFrame)
	fmt.Println((<-sub.Notifications()).Kind())
	// Output:
	// room_created
	// gap
}

// A room that is created over REST, and what a subscriber hears of it.
func Example_room() {
	server, err := jellyfishtest.New(jellyfishtest.Config{SequentialIDs: true})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}

	request, err := http.NewRequestWithContext(ctx, "POST", "http://"+server.Address()+"/room",
		strings.NewReader(`{"maxPeers":10}`))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := server.HTTPClient().Do(request)
	if err != nil {
		log.Fatal(err)
	}
	response.Body.Close()
	fmt.Println(response.Status)
	created := (<-sub.Notifications()).(decode.RoomCreated)
	fmt.Println(created.RoomID)

	if err := server.CrashRoom(created.RoomID); err != nil {
		log.Fatal(err)
	}
	fmt.Println((<-sub.Notifications()).Kind())
	// Output:
	// 201 Created
	// 00000000-0000-4000-8000-000000000001
	// room_crashed
}

// A handler for webhooks, which are signed as Fishjam signs them.
func Example_webhook() {
	called := make(chan string)
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			log.Fatal(err)
		}
		notifications, err := decode.Append(nil, body)
		if err != nil {
			log.Fatal(err)
		}
		called <- fmt.Sprintf("%s %s\n%s\n%s\n", r.Method, r.URL, r.Header.Get("x-fishjam-signature-256"), notifications[0].Kind())
	})
	server, err := jellyfishtest.New(jellyfishtest.Config{
		Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/hook", SigningSecret: "secret"},
		Receivers: map[string]http.Handler{"receiver.test": handler},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	_ = server.Send(decode.RoomCreated{RoomID: "lobby"})
	fmt.Print(<-called)
	// Output:
	// POST /hook
	// sha256=f418e4a8fa37d6d5fed396cd0c3270426f144bd2b8c5ea2b365af9d740b8957d
	// room_created
}
