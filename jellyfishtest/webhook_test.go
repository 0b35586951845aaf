package jellyfishtest_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
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
	createRoom(t, server, "") // Has no webhook.

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
	// Nothing is posted between the room's end and the next room.
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
		_, _ = io.Copy(io.Discard, r.Body) // Only then is it seen that the client goes.
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

// heldInbox is an inbox that answers when it is released.
type heldInbox struct {
	inbox
	released chan struct{}
}

func (h heldInbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.inbox.ServeHTTP(w, r)
	<-h.released
}

// withHeldInbox is withWebhooks with an inbox that holds up the first request.
func withHeldInbox(t *testing.T, config jellyfishtest.Webhooks, f func(t *testing.T, server *jellyfishtest.Server, held heldInbox)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		held := heldInbox{newInbox(), make(chan struct{})}
		f(t, jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true, Webhooks: config,
			Receivers: map[string]http.Handler{"receiver.test": held, "other.test": held},
		}), held)
	})
}

func contentOf(t *testing.T, r received) []decode.Notification {
	t.Helper()
	notifications, err := decode.Append(nil, []byte(r.body))
	if err != nil {
		t.Fatal(err)
	}
	return notifications
}

func isBatch(r received) bool { return len(r.body) > 1 && r.body[:2] == "\x8a\x02" }

// Jellyfish protocol, sections 2.3 and 3.5: what waits for a room goes out as
// one batch, in order; voice activity is never batched.
func TestWebhookBatches(t *testing.T) {
	config := jellyfishtest.Webhooks{URL: receiverURL, Batch: true}
	withHeldInbox(t, config, func(t *testing.T, server *jellyfishtest.Server, held heldInbox) {
		peer := func(room, id string) decode.Notification { return decode.PeerAdded{RoomID: room, PeerID: id} }
		vad := func(room string) decode.Notification {
			return decode.VAD{RoomID: room, PeerID: "p", TrackID: "t", Status: decode.VADSpeech}
		}
		viewer := decode.ViewerConnected{StreamID: "s", ViewerID: "v"}
		send(t, server, peer("a", "0"))
		synctest.Wait() // It is on its way.
		send(t, server,
			peer("a", "1"), peer("b", "1"), viewer, peer("a", "2"), vad("b"), peer("a", "3"),
			vad("a"), peer("b", "2"), vad("a"), peer("a", "4"), peer("b", "3"), viewer)
		if err := server.SendBatch(peer("a", "5"), peer("b", "4")); err != nil {
			t.Fatal(err)
		}
		send(t, server, peer("a", "6"), peer("b", "5"))
		close(held.released)

		want := [][]decode.Notification{
			{peer("a", "0")},
			{peer("a", "1"), peer("a", "2"), peer("a", "3")},
			{peer("b", "1")},
			{viewer, viewer},
			{vad("b")},
			{vad("a")},
			{peer("b", "2"), peer("b", "3")},
			{vad("a")},
			{peer("a", "4")},
			{peer("a", "5"), peer("b", "4")},
			{peer("a", "6")},
			{peer("b", "5")},
		}
		for i, ns := range want {
			r := held.take(t)
			if diff := cmp.Diff(ns, contentOf(t, r)); diff != "" {
				t.Errorf("request %d (-want +got):\n%s", i, diff)
			}
			if got := isBatch(r); got != (len(ns) > 1) {
				t.Errorf("request %d with %d notifications: batch is %t", i, len(ns), got)
			}
		}
		held.expectNothing(t)
	})
}

// Rooms with addresses of their own get batches of their own.
func TestSendBatchCallsWebhooks(t *testing.T) {
	withHeldInbox(t, jellyfishtest.Webhooks{URL: receiverURL}, func(t *testing.T, server *jellyfishtest.Server, held heldInbox) {
		close(held.released)
		createRoom(t, server, `{"roomId":"own","webhookUrl":"http://other.test/"}`)
		held.take(t)
		own := decode.RoomDeleted{RoomID: "own"}
		if err := server.SendBatch(created, own, deleted, decode.MetricsReport{JSON: "{}"}, own); err != nil {
			t.Fatal(err)
		}
		first, second := held.take(t), held.take(t)
		if first.Host != "receiver.test" || second.Host != "other.test" || !isBatch(first) || !isBatch(second) {
			t.Errorf("got %q at %s and %q at %s, want batches in order", first.body, first.Host, second.body, second.Host)
		}
		if diff := cmp.Diff([]decode.Notification{created, deleted}, contentOf(t, first)); diff != "" {
			t.Errorf("at Webhooks.URL (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]decode.Notification{own, own}, contentOf(t, second)); diff != "" {
			t.Errorf("at the room's address (-want +got):\n%s", diff)
		}
		held.expectNothing(t)
	})
}

// withWebhooks runs f in a synctest bubble with a server whose webhooks to
// receiver.test end up in the inbox.
func withWebhooks(t *testing.T, config jellyfishtest.Webhooks, f func(t *testing.T, server *jellyfishtest.Server, in inbox)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := newInbox()
		f(t, jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true, Webhooks: config,
			Receivers: map[string]http.Handler{"receiver.test": in},
		}), in)
	})
}

const receiverURL = "http://receiver.test/hook"

func TestWebhooksAreChecked(t *testing.T) {
	for _, config := range []jellyfishtest.Webhooks{
		{JSON: true, Batch: true},
		{JSON: true, Hosted: true},
		{URL: "http://secret@receiver.test"},
		{URL: "//secret@receiver.test/"},
		{URL: "http:secret"},
		{URL: "http://secret@[/"},
	} {
		server, err := jellyfishtest.New(jellyfishtest.Config{InMemory: true, Webhooks: config})
		if err == nil {
			server.Close()
		}
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "Webhooks.") {
			t.Errorf("%+v: got error %v, want one that names what is wrong but not the URL", config, err)
		}
	}
}

// Jellyfish protocol, section 3.2: bytes are spelled as the JSON encoder of the
// server does.
func TestJSONWebhookSpelling(t *testing.T) {
	withWebhooks(t, jellyfishtest.Webhooks{JSON: true, URL: receiverURL}, func(t *testing.T, server *jellyfishtest.Server, in inbox) {
		// The first two characters of each are the tag and the payload's length.
		tests := map[string]string{
			"\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\x0b\f\r\x0e\x0f": `r\u0010` +
				`\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000B\f\r\u000E\u000F`,
			"\x10\x1a\x1f !\"#/<>&\\":      `r\f\u0010\u001A\u001F !\"#/<>&\\`,
			"\x7f\u0080é☃\u2028\U0001f600": `r\u000F` + "\x7f\u0080é☃\u2028\U0001f600",
		}
		for payload, want := range tests {
			send(t, server, decode.Unknown{Number: 14, Payload: payload})
			if got, want := in.take(t).body, `{"notification":"`+want+`"}`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	})
}

// Jellyfish protocol, sections 3.4 and 6: what isn't UTF-8 crashes the sender of
// server 0.3.0. It starts again without what it had in memory.
func TestJSONWebhooksForget(t *testing.T) {
	withWebhooks(t, jellyfishtest.Webhooks{JSON: true}, func(t *testing.T, server *jellyfishtest.Server, in inbox) {
		createRoom(t, server, `{"roomId":"before","webhookUrl":"`+receiverURL+`"}`)
		in.take(t)
		long := strings.Repeat("r", 200)
		createRoom(t, server, `{"roomId":"`+long+`","webhookUrl":"`+receiverURL+`"}`)
		synctest.Wait()
		must(t, server, 204, "DELETE", "/room/before", "")
		must(t, server, 204, "DELETE", "/room/"+long, "")
		in.expectNothing(t)
		createRoom(t, server, `{"roomId":"after","webhookUrl":"`+receiverURL+`"}`)
		if got, want := in.take(t).body, `{"notification":"R\u0007\n\u0005after"}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// What waits for the sender when it crashes is lost, but not the account's
// address. What server 0.3.0 doesn't know isn't sent, nor does it crash the
// sender.
func TestJSONWebhooksLoseWhatWaits(t *testing.T) {
	config := jellyfishtest.Webhooks{JSON: true, URL: receiverURL}
	withHeldInbox(t, config, func(t *testing.T, server *jellyfishtest.Server, held heldInbox) {
		send(t, server, created, decode.RoomCreated{RoomID: strings.Repeat("r", 200)}, deleted)
		held.take(t)
		close(held.released)
		held.expectNothing(t)

		createRoom(t, server, `{"roomId":"room-1","webhookUrl":"http://other.test/"}`)
		held.take(t)
		send(t, server, trackOf("room-1", 1), decode.PeerAdded{RoomID: "room-1"}, decode.Unknown{Number: 40})
		if err := server.SendBatch(created, created); err != nil {
			t.Fatal(err)
		}
		held.expectNothing(t)
		send(t, server, deleted)
		r := held.take(t)
		if want := `{"notification":"Z\b\n\u0006room-1"}`; r.body != want || r.Host != "other.test" {
			t.Errorf("got %s at %s, want %s at other.test", r.body, r.Host, want)
		}
		held.expectNothing(t)
	})
}

// Jellyfish protocol, section 3.5. The signatures were made with OpenSSL.
func TestWebhookSignature(t *testing.T) {
	for signature, config := range map[string]jellyfishtest.Webhooks{
		"sha256=e06936b623f46ad9518720feeff58be75d0254ee953a289fffc5ec76e586b8f1": {SigningSecret: "whsec-test"},
		"sha256=4927a6dc190c7d2a02e303706dea5fbba0a006571fc1e714f5965e4b6b8a75ec": {SigningSecret: "whsec-test", JSON: true},
		"": {},
	} {
		config.URL = receiverURL
		withWebhooks(t, config, func(t *testing.T, server *jellyfishtest.Server, in inbox) {
			send(t, server, created)
			if got := in.take(t).Header.Get("x-fishjam-signature-256"); got != signature {
				t.Errorf("%+v: got signature %q, want %q", config, got, signature)
			}
		})
	}
}
