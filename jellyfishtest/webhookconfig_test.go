package jellyfishtest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

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
