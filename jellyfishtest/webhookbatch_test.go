package jellyfishtest_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

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
		synctest.Wait() // it is on its way
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
