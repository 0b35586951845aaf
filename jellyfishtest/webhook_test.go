package jellyfishtest_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Jellyfish protocol, sections 3.2 to 3.4 and 9: a room's webhook gets what
// subscribers get, from its creation to its end, each once, whatever it answers.
func TestWebhook(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	received := make(chan *http.Request, 100)
	bodies := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		received <- r
		bodies <- hex.EncodeToString(body)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer receiver.Close()

	watcher := subscribe(t, server)
	room := createRoom(t, server, `{"webhookUrl":"`+receiver.URL+`/hook?a=b","videoCodec":"h264"}`)
	addPeer(t, server, room)
	addComponent(t, server, room, hlsWithS3)
	if err := server.MakePlayable(room); err != nil {
		t.Fatal(err)
	}
	must(t, server, 204, "DELETE", "/room/"+room, "")
	createRoom(t, server, "") // has no webhook

	var want, got []string
	for range 5 {
		_, payload, err := watcher.receive()
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, hex.EncodeToString(payload))
		got = append(got, <-bodies)
		r := <-received
		if r.Method != "POST" || r.URL.RequestURI() != "/hook?a=b" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("got %s %s with %v", r.Method, r.URL, r.Header)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("webhooks (-notifications +got):\n%s", diff)
	}
	watcher.expectKinds(decode.KindHLSUploaded, decode.KindRoomCreated)
	// Nothing comes between the room's end and the next room.
	createRoom(t, server, `{"webhookUrl":"`+receiver.URL+`/","roomId":"room-1"}`)
	if body := <-bodies; body != roomCreated {
		t.Errorf("a webhook came after the room's end: %s", body)
	}
}

// A receiver that hangs is left alone when the server is closed, and what waits
// for it isn't sent.
func TestCloseAbandonsWebhooks(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	reached, left := make(chan struct{}, 10), make(chan struct{}, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that the client goes
		reached <- struct{}{}
		<-r.Context().Done()
		left <- struct{}{}
	}))
	defer receiver.Close()
	addPeer(t, server, createRoom(t, server, `{"webhookUrl":"`+receiver.URL+`/"}`))
	<-reached
	start := time.Now()
	server.Close()
	<-left
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the receiver was left after %v, want at once", took)
	}
	if len(reached) > 0 {
		t.Error("a webhook was called when the server was closed")
	}
}
