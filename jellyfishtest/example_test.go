package jellyfishtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

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

// A room that is created over REST, and the notifications of it.
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

// A server that is busy once, and a client that comes again.
func ExampleServer_FailCalls() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	err = server.FailCalls(jellyfishtest.CallFault{
		Method: "GET", Path: "/health", Times: 1,
		Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"1"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		response := get(server, server.Address(), "/health")
		response.Body.Close()
		fmt.Printf("%s, retry after %q\n", response.Status, response.Header.Get("Retry-After"))
	}
	// Output:
	// 503 Service Unavailable, retry after "1"
	// 200 OK, retry after ""
}

// get makes a REST call by an address of a server.
func get(server *jellyfishtest.Server, address, path string) *http.Response {
	request, err := http.NewRequest("GET", "http://"+address+path, nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
	response, err := server.HTTPClient().Do(request)
	if err != nil {
		log.Fatal(err)
	}
	return response
}

// An address that leads to two servers in turn, one of which has been running
// for an hour.
func ExampleBalancer() {
	var servers []*jellyfishtest.Server
	for range 2 {
		server, err := jellyfishtest.New(jellyfishtest.Config{})
		if err != nil {
			log.Fatal(err)
		}
		defer server.Close()
		servers = append(servers, server)
	}
	balancer, err := jellyfishtest.NewBalancer("", servers...)
	if err != nil {
		log.Fatal(err)
	}
	defer balancer.Close()
	servers[1].SetUptime(time.Hour)
	for range 3 {
		response := get(servers[0], balancer.Address(), "/health")
		var health struct{ Data struct{ Uptime int } }
		if err := json.NewDecoder(response.Body).Decode(&health); err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
		fmt.Println("runs for an hour:", health.Data.Uptime >= 3600)
	}
	// Output:
	// runs for an hour: false
	// runs for an hour: true
	// runs for an hour: false
}
