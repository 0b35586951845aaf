package decode_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// A receiver for a server that doesn't sign: it recognizes the server by the secret in
// the webhook's URL.
func ExampleRequestDecoder_Decode() {
	webhook := decode.RequestDecoder{URLSecrets: []decode.Secret{decode.NewSecret("secret")}} // From the environment, say.
	notifications := make(chan decode.Notification, 1000)                                     // Read by a goroutine of yours.

	receive := func(w http.ResponseWriter, r *http.Request) {
		// Without a deadline, Decode waits forever for a body that doesn't come. The
		// recorder below has no deadline, and nothing to wait for.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second))
		list, err := webhook.Decode(r)
		if err != nil {
			status := http.StatusBadRequest
			var refused *decode.RequestError
			if errors.As(err, &refused) { // As every error of Decode is.
				status = refused.Status
			}
			http.Error(w, err.Error(), status)
			return
		}
		for _, n := range list {
			select {
			case notifications <- n:
			default:
				log.Print("one notification too many") // The server won't send it again.
			}
		}
	}

	// What the server sends.
	body := []byte("\x12\x10\x0a\x06room-1\x12\x06peer-1")
	for _, password := range []string{"secret", "guess"} {
		request := httptest.NewRequest(http.MethodPost, "/webhook", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/x-protobuf")
		request.SetBasicAuth("jellyfish", password)
		answer := httptest.NewRecorder()
		receive(answer, request)
		fmt.Printf("%d %q\n", answer.Code, answer.Body)
	}
	n := <-notifications
	fmt.Println(n)
	// Output:
	// 200 ""
	// 401 "decode: unverified webhook\n"
	// peer_connected room_id="room-1" peer_id="peer-1"
}

func ExampleRequestDecoder_URL() {
	webhook := decode.RequestDecoder{URLSecrets: []decode.Secret{decode.NewSecret("new+secret"), decode.NewSecret("old-secret")}}
	address, err := webhook.URL("https://example.com/webhook?region=eu")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(address.Reveal()) // The room is created with address itself, as rooms.RoomConfig.WebhookURL.
	// Output:
	// https://jellyfish:new%2Bsecret@example.com/webhook?region=eu
}

// For platforms that pass on only the body, such as a queue or a function.
func ExampleAppendBody() {
	protobuf, err := hex.DecodeString("8a022e0a0a52080a06726f6f6d2d310a1412120a06726f6f6d2d311206706565722d3118010a0a5a080a06726f6f6d2d31")
	if err != nil {
		log.Fatal(err)
	}
	json := []byte(`{"notification":"\u0012\u0010\n\u0006room-1\u0012\u0006peer-1"}`)
	for _, body := range [][]byte{protobuf, json} {
		list, err := decode.AppendBody(nil, body)
		if err != nil {
			log.Fatal(err)
		}
		for _, n := range list {
			fmt.Println(n)
		}
	}
	// Output:
	// room_created room_id="room-1"
	// peer_connected room_id="room-1" peer_id="peer-1" peer_type=webrtc
	// room_deleted room_id="room-1"
	// peer_connected room_id="room-1" peer_id="peer-1"
}

func ExampleCheckSignature() {
	body := []byte("\x12\x10\x0a\x06room-1\x12\x06peer-1")
	before, now := decode.NewSecret("old secret"), decode.NewSecret("new secret")
	signature, err := decode.Sign(before, body) // As in the request's SignatureHeader.
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(decode.CheckSignature(signature, body, now, before))
	fmt.Println(decode.CheckSignature(signature, body, now))
	// Output:
	// <nil>
	// decode: unverified webhook
}

// A receiver's test signs the requests that it sends.
func ExampleSign() {
	secret := decode.NewSecret("test")
	webhook := decode.RequestDecoder{SigningSecrets: []decode.Secret{secret}}
	body := []byte("\x12\x10\x0a\x06room-1\x12\x06peer-1")
	request := httptest.NewRequest(http.MethodPost, "/webhook", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/x-protobuf")
	signature, err := decode.Sign(secret, body)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set(decode.SignatureHeader, signature)

	fmt.Println(webhook.Decode(request))
	// Output:
	// [peer_connected room_id="room-1" peer_id="peer-1"] <nil>
}
