package stream_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A receiver of webhooks, whose address is given to each room that is created.
func ExampleNewWebhook() {
	server, err := jellyfishtest.New(jellyfishtest.Config{})
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
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	requests := decode.RequestDecoder{URLSecrets: []decode.Secret{decode.NewSecret("secret")}} // From the environment, say.
	webhook, err := stream.NewWebhook(ctx, stream.WebhookConfig{Requests: requests})
	if err != nil {
		log.Fatal(err)
	}
	sub, err := webhook.Subscribe(ctx)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhook", webhook)
	receiver := httptest.NewServer(mux) // This stands for http.ListenAndServe.
	defer receiver.Close()

	url, err := requests.URL(receiver.URL + "/webhook")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: "lobby", WebhookURL: url}); err != nil {
		log.Fatal(err)
	}
	if err := client.Delete(ctx, "lobby"); err != nil {
		log.Fatal(err)
	}
	for n := range sub.All() {
		fmt.Println(n)
		if n.Kind() == decode.KindRoomDeleted {
			webhook.Close()
		}
	}
	fmt.Println("ended:", sub.Err())
	// Output:
	// room_created room_id="lobby"
	// room_deleted room_id="lobby"
	// ended: stream: closed
}

// A self-hosted server over its WebSocket and a Fishjam account by webhook, in one
// select.
func ExampleWebhook_Subscribe() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	webhook, err := stream.NewWebhook(ctx, stream.WebhookConfig{
		Requests: decode.RequestDecoder{SigningSecrets: []decode.Secret{decode.NewSecret("from the dashboard")}},
	})
	if err != nil {
		log.Fatal(err)
	}
	receiver := httptest.NewServer(webhook)
	defer receiver.Close()
	own, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer own.Close()
	account, err := jellyfishtest.New(jellyfishtest.Config{Webhooks: jellyfishtest.Webhooks{
		URL:           receiver.URL + "/",
		SigningSecret: "from the dashboard",
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer account.Close()

	bySocket, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  own.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		log.Fatal(err)
	}
	byWebhook, err := webhook.Subscribe(ctx, stream.OfKinds(decode.KindPeerConnected))
	if err != nil {
		log.Fatal(err)
	}
	_ = own.Send(decode.PeerConnected{RoomID: "lobby", PeerID: "ada"})
	_ = account.Send(
		decode.RoomCreated{RoomID: "stage"},
		decode.PeerConnected{RoomID: "stage", PeerID: "bob"},
	)
	for range 2 {
		select {
		case n := <-bySocket.Notifications():
			fmt.Println("own server:", n)
		case n := <-byWebhook.Notifications():
			fmt.Println("account:", n)
		}
	}
	// Unordered output:
	// own server: peer_connected room_id="lobby" peer_id="ada"
	// account: peer_connected room_id="stage" peer_id="bob"
}
